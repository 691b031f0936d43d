"""Mutation testing of helpers/ with mutmut, in a copy of the working tree, bounded in time.

    python -m tools.mutate_helpers [MODULE ...] [--minutes 30]

Modules are named by their files, for instance weights or diagnosis/facts; without a name all are mutated. mutmut
changes one operator, number, argument or string at a time and runs the tests that reach the function. It ends a mutant
that takes too long, which counts as noticed. Its switch does not reach processes that a test starts: what survives in a
module that works in such is tried once more, in the file. Exit status 1 where a module is below 95 %: judge what lived.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mutmut.mutation.diff_apply import apply_mutant, get_diff_for_mutant

from tools.options import ROOT, above_zero, at_least_one, check_known

MODULES = [
    str(path.relative_to(ROOT / "helpers").with_suffix(""))
    for path in sorted(ROOT.glob("helpers/**/*.py"))
    if path.stem != "__init__"
]
# These look at whole notebooks and the site, or at files: slow, and no test of a helper.
ELSEWHERE = re.compile(r"test_(classroom|course|layers|mark|notebooks|offline|site)\.py")
# These work in processes that their tests start, where mutmut's switch does not reach.
APART = ("distributed", "launcher", "ranks")
LAUNCHED_BY = {"launcher": ["distributed"], "ranks": ["launcher", "distributed"]}  # whose tests launch processes too
# The module of one notebook, whose claims are what its rules are tested by.
CLAIMED = {"tail": ["test_claims_14"]}
ENOUGH = 0.95
# What mutmut stores of a mutant: the exit status of pytest, or a number of its own.
SURVIVED, UNTESTED, NOT_REACHED = 0, (5, 33), None
# A changed word in a message is no changed behaviour: the tests pin down what a message names, not its wording.
MESSAGE = re.compile(r"-|\+\s*(raise \w+Error\(|return f?\"|f?\"|.*\"XX\w)")


def tests_of(module: str) -> list[str]:
    """The test files that import a module's file or folder: of its name, else of no claim, else any; or else all."""
    files = [path for path in sorted(ROOT.glob("tests/test_*.py")) if not ELSEWHERE.fullmatch(path.name)]
    texts = {path.stem: path.read_text(encoding="utf-8") for path in files}
    name, stem = module.split("/")[0], module.split("/")[-1]
    texts = {test: text for test, text in texts.items() if name == "moving" or "chromium" not in text}
    imports = re.compile(rf"^from helpers(\.{name}\b| import .*\b{name}\b)", re.M)
    near = [test for test, text in texts.items() if imports.search(text)]
    far = [test for test, text in texts.items() if "from helpers" in text and test[5:] not in APART]
    own, no_claim = [test for test in near if stem in test], [test for test in near if "claims" not in test]
    return own + CLAIMED.get(module, []) or no_claim or near or [test for test in far if "claims" not in test]


def configuration(modules: list[str]) -> str:
    tests = sorted({f"tests/{test}.py" for module in modules for test in tests_of(module)})
    return f"""
[tool.mutmut]
source_paths = ["helpers"]
only_mutate = {[f"helpers/{module}.py" for module in modules]}
also_copy = ["tests", "tools", "book", "data", "helpers", "notebooks", "pyproject.toml"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-o", "addopts=", "-p", "no:cacheprovider"]
use_git_change_detection = false
"""


def undecorated(source: str) -> str:
    """The same module with ``styled`` applied at its end: mutmut leaves out functions that carry a decorator."""
    names = re.findall(r"^@styled\ndef (\w+)", source, re.M)
    return source.replace("@styled\n", "") + "".join(f"\n{name} = styled({name})" for name in names)


def run_mutmut(folder: Path, seconds: float, workers: int) -> str:
    """What it printed. On its path Python must find the copy alone, not this checkout."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MPLBACKEND": "agg", "PYTHONPATH": ""}
    command = [sys.executable, "-m", "mutmut", "run", f"--max-children={workers}"]
    said = folder / "said.txt"
    with said.open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its workers too
            process.wait()
    return said.read_text()


def changed_lines(module: str, mutant: str) -> list[str]:
    """The lines that differ, from mutmut's diff of the function."""
    diff = get_diff_for_mutant(mutant, path=f"helpers/{module}.py").splitlines()
    return [line for line in diff if re.match(r"[-+](?![-+])", line)]


def try_apart(folder: Path, module: str, mutants: list[str], deadline: float) -> dict[str, int | None]:
    """The exit status of a module's tests for each mutant, written into the module's file."""
    file = folder / "helpers" / f"{module}.py"
    original = file.read_text()
    files = [f"tests/test_{name}.py" for name in (module, *LAUNCHED_BY.get(module, ()))]
    tests = [sys.executable, "-m", "pytest", "-x", "-q", "-o", "addopts=", "-p", "no:cacheprovider"]
    tests += [file for file in files if (folder / file).is_file()]

    def status(limit_s: float) -> int:
        try:
            done = subprocess.run(tests, cwd=folder, capture_output=True, timeout=limit_s)
            return done.returncode
        except subprocess.TimeoutExpired:
            return 1

    started = time.monotonic()
    codes: dict[str, int | None] = dict.fromkeys(mutants, NOT_REACHED)
    if status(max(deadline - started, 0.0)) != 0:
        print(f"{' '.join(files)}: fails, or takes too long, on {module} as it is")
        return codes
    limit_s = 5 * (time.monotonic() - started)  # a mutant that hangs, not a busy machine
    for mutant in mutants:
        if time.monotonic() > deadline:
            break
        apply_mutant(mutant)
        codes[mutant] = status(limit_s)
        file.write_text(original)
    return codes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=MODULES)
    parser.add_argument("--minutes", type=above_zero, default=30.0)
    parser.add_argument("--workers", type=at_least_one, default=os.cpu_count(), help="mutants that are tried at a time")
    options = parser.parse_args()
    check_known(parser, options.modules, MODULES)
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):  # mutmut reads the current folder
        folder = Path(name)
        for part in ("helpers", "tests", "tools", "book", "data", "notebooks"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for file in (folder / "helpers" / "plots").glob("*.py"):
            file.write_text(undecorated(file.read_text()))
        settings = (ROOT / "pyproject.toml").read_text() + configuration(options.modules)
        (folder / "pyproject.toml").write_text(settings)
        deadline = time.monotonic() + 60 * options.minutes
        said = run_mutmut(folder, 60 * options.minutes, options.workers)
        rows, survivors = [], []
        for module in options.modules:
            stored = folder / "mutants" / "helpers" / f"{module}.py.meta"
            codes = json.loads(stored.read_text())["exit_code_by_key"] if stored.is_file() else {}
            if module in APART:
                left = [m for m, code in codes.items() if code in (SURVIVED, *UNTESTED)]
                codes |= try_apart(folder, module, left, deadline)
            lived = {m: changed_lines(module, m) for m, code in codes.items() if code in (SURVIVED, *UNTESTED)}
            words = {m for m, lines in lived.items() if lines and all(MESSAGE.match(line) for line in lines)}
            survivors += [f"{m}\n    " + "\n    ".join(lines) for m, lines in lived.items() if m not in words]
            run = sum(code is not NOT_REACHED for code in codes.values()) - len(words)
            rows.append((module, len(codes), len(words), run, run - len(lived) + len(words)))
    if not any(run for *_, run, _ in rows):
        print(f"{said[-2000:]}\nno mutant was run: mutmut ended or was ended before, and its last words stand above")
        return 1
    print(f"{'module':<22} mutants  wording   run  noticed")
    for *row, run, noticed in rows:
        print("{:<22} {:>7}  {:>7}  {:>4}  {:>7}  {:>4.0%}".format(*row, run, noticed, noticed / max(run, 1)))
    print("\n".join(["", "survivors:", *survivors]) if survivors else "no survivor")
    return 0 if all(run and noticed >= ENOUGH * run for *_, run, noticed in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
