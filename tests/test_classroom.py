"""The two copies for a class: what is in them, what is not, and that a student's copy runs."""

import os
import re
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
from browsing import run
from conftest import LESSONS, SOLUTIONS
from nbformat import NotebookNode

from tools.run import client_for


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both archives, packed and unpacked again elsewhere."""
    folder = tmp_path_factory.mktemp("classroom")
    run(sys.executable, "-m", "book.make_classroom", folder / "packed")
    for archive in (folder / "packed").glob("*.zip"):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder / "unpacked")
    return folder / "unpacked"


def notebooks(folder: Path) -> dict[str, NotebookNode]:
    paths = sorted((folder / "notebooks").rglob("*.ipynb"))
    return {str(path.relative_to(folder / "notebooks")): nbformat.read(path, as_version=4) for path in paths}


def test_student_has_no_output_and_no_solution(copies: Path):
    found = notebooks(copies / "class-weights-student")
    assert set(found) == {path.name for path in LESSONS}
    for notebook in found.values():
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
        assert "](solutions/" not in "".join(cell.source for cell in notebook.cells)


def test_teacher_has_outputs_and_solutions(copies: Path):
    found = notebooks(copies / "class-weights-teacher")
    assert set(found) == {path.name for path in LESSONS} | {f"solutions/{path.name}" for path in SOLUTIONS}
    for notebook in found.values():
        assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.parametrize("audience", ["student", "teacher"])
def test_copy_holds_what_it_needs(copies: Path, audience: str):
    folder = copies / f"class-weights-{audience}"
    for name in ("README.md", "LICENSE", "pyproject.toml", "requirements.txt", "helpers/losses.py", "data/shuttle.npz"):
        assert (folder / name).is_file(), name
    requirements = (folder / "requirements.txt").read_text(encoding="utf-8")
    needed = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert re.findall(r"^([\w-]+)==", requirements, re.M) == [re.match(r"[\w-]+", line)[0] for line in needed]
    assert requirements.endswith("\n-e .\n")


def test_student_copy_runs(copies: Path):
    folder = copies / "class-weights-student"
    notebook = notebooks(folder)["01_weighted_cross_entropy.ipynb"]
    notebook.cells.append(nbformat.v4.new_code_cell("import helpers; print(helpers.__file__)"))
    client_for(notebook, folder / "notebooks").execute(env={**os.environ, "PYTHONPATH": str(folder)})
    assert notebook.cells[-1].outputs[0].text.strip() == str(folder / "helpers" / "__init__.py")
