"""The package is a stack of floors: no module imports one above it or beside it."""

import ast

import pytest
from conftest import ROOT

# What each module may import from the package; README.md draws the same map.
ALLOWED = {
    "arguments": set(),
    "datasets": {"arguments"},
    "losses": {"arguments"},
    "weights": {"arguments"},
    "models": {"arguments"},
    "parallel": set(),
    "launcher": set(),
    "training": {"arguments", "losses"},
    "stability": {"arguments"},
    "ensembles": {"arguments", "losses", "training"},
    "distributed": {"losses", "weights", "models", "training"},
    "diagnosis": {"arguments", "diagnosis", "weights"},
    "plots": {"arguments", "plots"},
    "exercises": {"exercises", "datasets", "losses", "weights", "models", "training", "stability", "diagnosis"},
}
MODULES = sorted(
    path for path in (ROOT / "helpers").rglob("*.py") if path.parent.name != "helpers" or path.stem != "__init__"
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "helpers")))
def test_imports_go_down(path):
    module = path.relative_to(ROOT / "helpers").parts[0].removesuffix(".py")
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in getattr(node, "names", [])]
        )
        for name in names:
            if isinstance(node, ast.Import | ast.ImportFrom) and name.startswith("helpers"):
                imported |= {name.split(".")[1]} if "." in name else {a.name for a in node.names}
    assert imported <= ALLOWED[module] | {"arguments"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "helpers")))
def test_a_file_is_read_in_a_sitting(path):
    assert len(path.read_text().splitlines()) <= 200
