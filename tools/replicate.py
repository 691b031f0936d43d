"""Run each notebook's conclusions on draws that no notebook uses, and store how often they held.

    python -m tools.replicate [NOTEBOOK ...] [--minutes 120] [--lanes 2]

NOTEBOOK is two digits, such as 04; without one, all are run. Each conclusion (``tools/verdicts``) runs on the seeds
from ``FIRST`` on, under each of its settings. Writes data/replication.json: versions, and for each row the settings
and one digit a draw, 1 where the conclusion held. It writes after each row; those that it does not reach keep what was
stored before, if the same versions made it.
"""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch

from tools.options import ROOT, above_zero, at_least_one, check_known
from tools.stored import kept, versions
from tools.verdicts import Verdict

FIRST = 10_000  # above every seed of the notebooks and the tests
STORED = ROOT / "data" / "replication.json"


def verdicts() -> list[Verdict]:
    """All conclusions, in the order of the notebooks."""
    modules = sorted(path.stem for path in (ROOT / "tools" / "verdicts").glob("notebook_*.py"))
    return [v for name in modules for v in importlib.import_module(f"tools.verdicts.{name}").VERDICTS]


def held(verdict: Verdict, setting: str, draw: int) -> bool:
    """Whether a conclusion holds on one draw, on one thread, whatever the draws before it left behind."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return bool(verdict.holds(FIRST + draw, **verdict.settings[setting]))


def held_by_name(notebook: str, name: str, setting: str, draw: int) -> str:
    verdict = next(v for v in verdicts() if (v.notebook, v.name) == (notebook, name))
    return str(int(held(verdict, setting, draw)))


def row_of(verdict: Verdict, setting: str, digits: str) -> dict[str, Any]:
    return {
        "notebook": verdict.notebook,
        "name": verdict.name,
        "sentence": verdict.sentence,
        "setting": setting,
        "first seed": FIRST,
        "held": digits,
    }


def key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["notebook"], row["name"], row["setting"]


def store(rows: Sequence[dict[str, Any]], made_by: dict[str, str]) -> None:
    text = json.dumps({"versions": made_by, "rows": rows}, indent=1, ensure_ascii=False)
    STORED.write_text(f"{text}\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*")
    parser.add_argument("--minutes", type=above_zero, default=120.0)
    parser.add_argument("--lanes", type=at_least_one, default=2, help="draws that run at a time")
    options = parser.parse_args()
    check_known(parser, options.notebooks, (verdict.notebook for verdict in verdicts()))
    today = versions("numpy", "scikit-learn")
    known = {key(row): row for row in kept(parser, STORED, "rows", today, partly=bool(options.notebooks))}
    every = {(v.notebook, v.name, setting): v for v in verdicts() for setting in v.settings}
    started, late = time.monotonic(), []
    with ProcessPoolExecutor(options.lanes) as pool:
        for where, verdict in every.items():
            if options.notebooks and verdict.notebook not in options.notebooks:
                continue
            seconds = time.monotonic() - started
            if seconds > 60 * options.minutes:
                late.append(where)
                continue
            jobs = [pool.submit(held_by_name, *where, draw) for draw in range(verdict.draws)]
            digits = "".join(job.result() for job in jobs)
            known[where] = row_of(verdict, where[2], digits)
            store([known[each] for each in every if each in known], today)
            count = f"{digits.count('1')} of {len(digits)}"
            print(f"[{seconds:.0f} s] {where[0]} {where[1]:<16} {where[2]:<24} held in {count}", flush=True)
    for where in late:
        print("not reached in time:", *where)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
