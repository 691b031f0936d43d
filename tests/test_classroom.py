"""The two copies for a class: what is in them, what is not, and that a student's copy runs and judges."""

import json
import os
import re
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
from browsing import run, where_there_is_a_browser
from conftest import LESSONS, ROOT, SOLUTIONS, opened, placed
from nbformat import NotebookNode

from book import browser, worksheet
from book.adapt import FINDING, PREDICT, code_tells, results
from book.browser import NoBrowserError
from book.sealed import sealed
from tools.run import client_for


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both archives, packed where no browser is found, and unpacked again elsewhere."""
    folder = tmp_path_factory.mktemp("classroom")
    without_browser = f"PATH={Path(sys.executable).parent}"
    run("env", without_browser, sys.executable, "-m", "book.make_classroom", folder / "packed")
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
        assert not any("predict" in cell.metadata for cell in notebook.cells)
        assert "](solutions/" not in "".join(cell.source for cell in notebook.cells)


def test_student_opens_what_happened_after_guessing(copies: Path):
    for name, notebook in notebooks(copies / "class-weights-student").items():
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        shown = re.sub("<details class='finding'>\n<summary>What happened</summary>.*?</details>", "", text, flags=re.S)
        assert [part in shown for part in (PREDICT, FINDING)] == [True, False], name
        assert FINDING in text, name
        assert shown.count(PREDICT) == text.count(PREDICT), name


def test_a_student_opens_what_tells_the_answer(copies: Path):
    found = notebooks(copies / "class-weights-student")
    told = 0
    for path in LESSONS:
        shown = {cell.id: cell for cell in results(nbformat.read(path, as_version=4))}
        hidden = {cell.id: cell.metadata.jupyter.source_hidden for cell in found[path.name].cells if cell.id in shown}
        assert hidden == {name: code_tells(cell) for name, cell in shown.items()}
        told += sum(hidden.values())
    assert told > 40


def test_teacher_has_outputs_and_solutions(copies: Path):
    found = notebooks(copies / "class-weights-teacher")
    assert set(found) == {path.name for path in LESSONS} | {f"solutions/{path.name}" for path in SOLUTIONS}
    for notebook in found.values():
        assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.parametrize("audience", ["student", "teacher"])
def test_copy_holds_what_it_needs(copies: Path, audience: str):
    folder = copies / f"class-weights-{audience}"
    wanted = ("README.md", "LICENSE", "LICENSE-text", "pyproject.toml", "helpers/losses.py", "data/shuttle.npz")
    assert [name for name in wanted if not (folder / name).is_file()] == []
    requirements = (folder / "requirements.txt").read_text(encoding="utf-8")
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["libraries"]]
    pinned = set(re.findall(r"^([\w-]+)==", requirements, re.M))
    assert pinned == {re.match(r"[\w-]+", line)[0] for line in needed}
    assert requirements.endswith("\n-e .[libraries]\n")


def test_who_gets_what(copies: Path):
    student, teacher = (copies / f"class-weights-{audience}" for audience in ("student", "teacher"))
    assert {path.name for path in student.glob("worksheet/*.html")} == {"worksheet.html"}
    assert {path.name for path in teacher.glob("worksheet/*.html")} == {"worksheet.html", "worksheet-key.html"}
    assert {"index.html", "guide.html", "lecture.html"} <= {path.name for path in (teacher / "slides").iterdir()}
    assert not (student / "slides").exists()
    for page in (*student.glob("worksheet/*.html"), *teacher.glob("worksheet/*.html"), *teacher.glob("slides/*.html")):
        loaded = re.findall(r'(?:href|src)="([^"#:]+)[^":]*"', page.read_text(encoding="utf-8"))
        assert loaded
        assert [link for link in loaded if not (page.parent / link).is_file()] == [], page


def answers() -> set[str]:
    """The lines by which a declaration or a solution gives its answer away, if no notebook or helper has them too."""
    lines: set[str] = set()
    for path in (ROOT / "helpers" / "exercises").glob("notebook_*.py"):
        lines |= set(path.read_text(encoding="utf-8").partition("EXERCISES = (")[2].splitlines())
    for path in SOLUTIONS:
        for _, cell in placed(opened(path).notebook, "code"):
            lines |= set(cell.source.splitlines() if "check(" in cell.source else ())
    public = "".join(cell.source for path in LESSONS for cell in opened(path).notebook.cells)
    public += "".join(path.read_text(encoding="utf-8") for path in (ROOT / "helpers").glob("*.py"))
    return {line.strip() for line in lines if len(line.strip()) > 24 and line.strip() not in public}


def test_no_file_of_a_student_shows_an_answer(copies: Path):
    wanted = answers()
    assert len(wanted) > 500
    assert "right=lambda ce, y, w: (w[y] * ce).sum() / w[y].sum()," in wanted
    for path in sorted((copies / "class-weights-student").rglob("*")):
        if path.suffix in (".py", ".md", ".toml", ".txt", ".html", ".js", ".ipynb"):
            text = path.read_text(encoding="utf-8")
            cells = json.loads(text)["cells"] if path.suffix == ".ipynb" else []
            lines = [line for cell in cells for line in cell["source"]] or text.splitlines()
            assert wanted & {line.strip() for line in lines} == set(), path


def test_folding_loses_nothing():
    for path in (ROOT / "helpers" / "exercises").glob("notebook_*.py"):
        source = path.read_text(encoding="utf-8")
        unfolded: list[bytes] = []
        exec(sealed(source, "01"), {"exec": unfolded.append})
        assert unfolded == [source.encode()]


def test_worksheet_has_every_prediction_and_its_answer():
    found = [one for path in LESSONS for one in worksheet.prompts(opened(path))]
    asked = sum(cell.source.count("**Predict.**") for path in LESSONS for cell in opened(path).notebook.cells)
    assert len(found) == asked > 100
    assert [one.number for one in found[:2]] == ["01.1", "01.2"]
    assert [one.number for one in found if len(one.question) < 30 or len(one.answer) < 30] == []
    assert not any("<a " in one.question + one.answer or "Predict." in one.question for one in found)
    rights = {one.number: one.right for one in found}
    assert rights["01.1"].count("<p>") == 2
    assert "704,409" in rights["01.1"]


def test_worksheet_is_printed_without_a_date(tmp_path: Path):
    with where_there_is_a_browser():
        worksheet.write(tmp_path, [opened(LESSONS[0])])
    printed = [(tmp_path / name).read_bytes() for name in ("worksheet.pdf", "worksheet-key.pdf")]
    assert all(
        pdf.startswith(b"%PDF-") and set(re.findall(rb"D:(\d{14})", pdf)) <= {b"20000101000000"} for pdf in printed
    )


def test_without_a_browser_the_worksheet_stays_html(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(browser, "BROWSERS", ("no-such-browser",))
    with pytest.raises(NoBrowserError, match=r"install Chromium"):
        worksheet.write(tmp_path, [opened(LESSONS[0])])
    assert {path.name for path in tmp_path.glob("*.html")} == {"worksheet.html", "worksheet-key.html"}


JUDGE = """
import json
from helpers.exercises.core import Exercise, find_exercise, judge
said = {}
for notebook in range(1, 15):
    number = f"{notebook}.1"
    exercise = find_exercise(number)
    wrong = next(iter(exercise.wrong.values())) if isinstance(exercise, Exercise) else exercise.wrong[0].answer
    said[number] = [judge(number, answer, seed=0)[0] for answer in (exercise.right, wrong, lambda *_: None)]
print(json.dumps(said))
"""


def test_student_copy_runs_and_judges(copies: Path):
    """The first cells run, and each notebook's folded judge tells right from wrong from a stub."""
    folder = copies / "class-weights-student"
    assert "FOLDED" in (folder / "helpers" / "exercises" / "notebook_01.py").read_text(encoding="utf-8")
    notebook = notebooks(folder)["01_weighted_cross_entropy.ipynb"]
    notebook.cells += map(nbformat.v4.new_code_cell, ("import helpers; print(helpers.__file__)", JUDGE))
    client_for(notebook, folder / "notebooks").execute(env={**os.environ, "PYTHONPATH": str(folder)})
    assert notebook.cells[-2].outputs[0].text.strip() == str(folder / "helpers" / "__init__.py")
    said = json.loads(notebook.cells[-1].outputs[0].text)
    assert len(said) == len(LESSONS)
    assert {tuple(verdicts) for verdicts in said.values()} == {("right", "not yet", "not answered")}
