"""The package is a stack of floors: no module imports one above it or beside it."""

import graphlib
import re
from pathlib import Path

import pytest
from conftest import refuse

from book.course import ROOT

# What each module may import from the package, apart from `arguments`, which all may.
ALLOWED = {
    "arguments": set(),
    "datasets": set(),
    "losses": {"arguments"},
    "weights": set(),
    "replication": {"datasets", "tables"},
    "models": set(),
    "parallel": set(),
    "launcher": set(),
    "ranks": set(),
    "training": {"arguments", "losses"},
    "stability": {"arguments"},
    "ensembles": {"arguments"},
    "distributed": {"arguments", "losses"},
    "diagnosis": {"arguments", "colours", "diagnosis", "weights"},
    "colours": set(),
    "plots": {"colours", "plots"},
    "moving": {"moving", "datasets", "weights", "stability"},
    "tables": set(),
    "operating": set(),
    "tail": {"datasets"},
    "exercises": {"exercises", "weights", "stability", "diagnosis"},
}
MODULES = sorted(
    path for path in (ROOT / "helpers").rglob("*.py") if path.parent.name != "helpers" or path.stem != "__init__"
)
IDS = [path.relative_to(ROOT / "helpers").as_posix() for path in MODULES]
MOST_LINES = 200


def test_no_files_import_each_other_in_a_circle():
    names = [f"helpers.{name.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}" for name in IDS]
    below = [re.findall(r"^from (helpers[\w.]+) import", path.read_text(encoding="utf-8"), re.M) for path in MODULES]
    circles = []
    try:
        graphlib.TopologicalSorter(dict(zip(names, below, strict=True))).prepare()
    except graphlib.CycleError as error:
        circles.append(" -> ".join(error.args[1]))
    refuse(f"these import each other in a circle: {circle}" for circle in circles)


def imported(path: Path) -> set[str]:
    """What a file imports from the package: names such as ``weights``."""
    text = path.read_text(encoding="utf-8")
    return set(re.findall(r"^\s*(?:from|import) helpers\.(\w+)", text, re.M)) | {
        name.strip() for names in re.findall(r"^\s*from helpers import (.+)", text, re.M) for name in names.split(",")
    }


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_imports_go_down(path):
    module = path.relative_to(ROOT / "helpers").parts[0].removesuffix(".py")
    if module not in ALLOWED:
        refuse(["it is new: say in ALLOWED in tests/test_layers.py what it may import"], of=path)
    upward = imported(path) - ALLOWED[module] - {"arguments"}
    refuse((f"it imports helpers.{name}, which does not lie below it" for name in sorted(upward)), of=path)


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_a_file_is_read_in_a_sitting(path):
    if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES:
        refuse([f"it has {lines} lines, and {MOST_LINES} are read in a sitting: split it in two"], of=path)
