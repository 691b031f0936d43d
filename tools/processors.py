"""Run every notebook and solution on other processors, acted out by this one, and compare all text outputs strictly.

    python -m tools.processors [NOTEBOOK ...] [--arithmetics NAME ...] [--orders 0] [--lanes 2]

Without names it runs notebooks/*.ipynb and notebooks/solutions/*.ipynb under every arithmetic of ``ARITHMETICS``, each
in a fresh kernel. Ends in a table of notebook x arithmetic that names the differing cells, and the first line in which
each differs. Exit status 1 if there is one.
"""

import argparse
import itertools
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tools.options import ROOT, at_least_one, notebooks
from tools.run import client_for
from tools.soak import differing_cells, texts


def threads(number: int) -> dict[str, str]:
    return {"OMP_NUM_THREADS": str(number), "MKL_NUM_THREADS": str(number)}


def summation_order(seed: int) -> dict[str, str]:
    return {"SUMMATION_ORDER": str(seed), "PYTHONPATH": str(ROOT / "tools" / "other_order")}


# Environment variables by which torch, its libraries and numpy pick other instructions. numpy changed its names in 2.4.
ARITHMETICS = {
    "as it is": {},
    "1 thread": threads(1),
    "2 threads": threads(2),
    "4 threads": threads(4),
    "no vectors": {"ATEN_CPU_CAPABILITY": "default"},
    "MKL compatible": {"MKL_CBWR": "COMPATIBLE"},
    "AVX2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "DNNL_MAX_CPU_ISA": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR AVX512F",
    },
    "old": {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "COMPATIBLE",
        "DNNL_MAX_CPU_ISA": "SSE41",
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR AVX2 FMA3",
    },
    "order 1": summation_order(1),
    "order 2": summation_order(2),
    "order 3": summation_order(3),
}


@dataclass
class Difference:
    cell: int  # execution count
    stored: str  # the first line that differs
    found: str

    def __str__(self) -> str:
        return f"cell {self.cell}\n    stored  {self.stored}\n    found   {self.found}"


def first_difference(stored: list[str], found: list[str]) -> tuple[str, str]:
    pairs = itertools.zip_longest("\n".join(stored).splitlines(), "\n".join(found).splitlines(), fillvalue="(nothing)")
    return next(pair for pair in pairs if pair[0] != pair[1])


def differences(path: Path, arithmetic: dict[str, str]) -> list[Difference]:
    """The cells of a notebook whose texts differ from the stored ones when its kernel runs with these variables."""
    stored, executed = (nbformat.read(path, as_version=4) for _ in range(2))
    client = client_for(executed, path.parent)
    client.allow_errors = True  # the cells after a failing one are compared too
    environment = {**os.environ, **arithmetic}
    if "PYTHONPATH" in arithmetic and os.environ.get("PYTHONPATH"):
        environment["PYTHONPATH"] = os.pathsep.join([arithmetic["PYTHONPATH"], os.environ["PYTHONPATH"]])
    client.execute(env=environment)
    pairs = zip(stored.cells, executed.cells, strict=True)
    cells = {cell.execution_count: (cell, again) for cell, again in pairs if cell.cell_type == "code"}
    return [
        Difference(number, *first_difference(*map(texts, cells[number])))
        for number in differing_cells(stored, executed)
    ]


def table(found: dict[tuple[str, str], list[Difference]], rows: list[str], columns: list[str]) -> str:
    words = [["", *columns]]
    for row in rows:
        cells = [" ".join(str(d.cell) for d in found[row, column]) or "·" for column in columns]
        words.append([row, *cells])
    widths = [max(map(len, column)) for column in zip(*words, strict=True)]
    return "\n".join("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)) for line in words)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK")
    parser.add_argument("--arithmetics", nargs="+", choices=ARITHMETICS, default=list(ARITHMETICS), metavar="NAME")
    parser.add_argument("--orders", type=at_least_one, default=0, help="this many further summation orders")
    parser.add_argument("--lanes", type=at_least_one, default=2, help="notebooks that run at a time")
    options = parser.parse_args()
    arithmetics = {name: ARITHMETICS[name] for name in options.arithmetics}
    arithmetics |= {f"order {seed}": summation_order(seed) for seed in range(4, 4 + options.orders)}
    paths = notebooks(parser, options.notebooks)
    jobs = [(path, name) for name in arithmetics for path in paths]
    started = time.monotonic()

    def run(job: tuple[Path, str]) -> list[Difference]:
        path, name = job
        return differences(path, arithmetics[name])

    found = {}
    with ThreadPoolExecutor(options.lanes) as pool:
        for number, ((path, name), cells) in enumerate(zip(jobs, pool.map(run, jobs), strict=True), 1):
            row = os.path.relpath(path.with_suffix(""), ROOT / "notebooks")
            found[row, name] = cells
            verdict = f"DIFFERS in {', '.join(str(d.cell) for d in cells)}" if cells else "same"
            minutes = (time.monotonic() - started) / 60
            print(f"[{number}/{len(jobs)}, {minutes:.1f} min] {name:<14} {row:<38} {verdict}", flush=True)
    rows = list(dict.fromkeys(row for row, _ in found))
    print(f"\ncells that differ, by their numbers\n{table(found, rows, list(arithmetics))}")
    for (row, name), cells in found.items():
        for difference in cells:
            print(f"\n{row}, {name}, {difference}")
    total = sum(map(len, found.values()))
    print(f"\n{total} differing cells in {len(found)} runs, {(time.monotonic() - started) / 60:.1f} minutes")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
