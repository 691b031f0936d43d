"""Run all notebooks again and again and compare every stored text output, strictly.

    python -m tools.soak [NOTEBOOK ...] [--rounds 20] [--minutes 60] [--seed 0]

Without names it runs notebooks/*.ipynb and notebooks/solutions/*.ipynb. Each round takes the notebooks in a random
order, in fresh kernels, with 1, 2 or 4 threads and a random PYTHONHASHSEED. It stops before a round that would pass
the time limit. Exit status 1 if any output differed, or a cell raised that should not.
"""

import argparse
import os
import random
import sys
import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.options import ROOT, above_zero, at_least_one, notebooks
from tools.run import CUT_SHORT, client_for

THREADS = (1, 2, 4)
# Pixels differ between machines, and the number of a widget is drawn at random.
NOT_COMPARED = {"image/png", "image/jpeg", "application/vnd.jupyter.widget-view+json"}


def texts(cell: NotebookNode) -> list[str]:
    """What nbval's strict mode compares of a cell: streams, errors, and all of a display but its pixels."""
    found: dict[str, str] = {}
    others = []
    for output in cell.outputs:
        if output.output_type == "stream":
            found[output.name] = found.get(output.name, "") + output.text
        elif output.output_type == "error":
            others.append(f"{output.ename}: {output.evalue}")
        else:
            others += [f"{kind}: {data}" for kind, data in sorted(output.data.items()) if kind not in NOT_COMPARED]
    return [f"{name}: {text}" for name, text in sorted(found.items())] + others


def differing_cells(stored: NotebookNode, executed: NotebookNode) -> list[int]:
    """Execution counts of the code cells whose texts differ, those tagged nbval-ignore-output left out."""
    pairs = [
        (cell, again)
        for cell, again in zip(stored.cells, executed.cells, strict=True)
        if cell.cell_type == "code" and "nbval-ignore-output" not in cell.metadata.get("tags", [])
    ]
    return [cell.execution_count for cell, again in pairs if texts(cell) != texts(again)]


def run_once(path: Path, threads: int, hash_seed: int) -> str:
    """What differs from what is stored, or nothing."""
    stored = nbformat.read(path, as_version=4)
    executed = nbformat.read(path, as_version=4)
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "PYTHONHASHSEED": str(hash_seed),
    }
    error = ""
    try:
        client_for(executed, path.parent).execute(env=environment)
    except CUT_SHORT as raised:
        error = f"{type(raised).__name__}, "
    cells = differing_cells(stored, executed)
    return f"{error}cells {cells}" if error or cells else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK")
    parser.add_argument("--rounds", type=at_least_one, default=20)
    parser.add_argument("--minutes", type=above_zero, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chooser = random.Random(options.seed)
    paths = notebooks(parser, options.notebooks)
    started = time.monotonic()
    longest, done = 0.0, 0
    differences: list[str] = []
    for number in range(1, options.rounds + 1):
        if time.monotonic() - started + longest > 60 * options.minutes:
            print(f"stopped before round {number}: the time limit of {options.minutes:g} minutes is near")
            break
        round_started = time.monotonic()
        threads, hash_seed = THREADS[(number - 1) % len(THREADS)], chooser.randrange(2**32)
        runs = ((path, run_once(path, threads, hash_seed)) for path in chooser.sample(paths, len(paths)))
        found = [f"round {number}, {path.relative_to(ROOT)}, {threads} threads: {what}" for path, what in runs if what]
        differences += found
        done = number
        longest = max(longest, time.monotonic() - round_started)
        print(f"round {number:>2}: {threads} threads, hash seed {hash_seed}, {len(found)} notebooks differ", flush=True)
    print(f"\n{done} rounds of {len(paths)} notebooks in {(time.monotonic() - started) / 60:.1f} minutes")
    print("\n".join(differences) or "every stored text output came out the same")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
