"""The teaching guide: every number of three or more digits stands in a notebook, and every notebook in the guide."""

import re

from conftest import LESSONS, ROOT
from nbformat import read
from test_prose import NOT_PROSE, has_three_digits, numbers, printed

GUIDE = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")


def test_numbers_of_the_guide_stand_in_the_notebooks():
    notebooks = [read(path, as_version=4) for path in LESSONS]
    prose = [cell.source for notebook in notebooks for cell in notebook.cells if cell.cell_type == "markdown"]
    known = set().union(*(printed(notebook) for notebook in notebooks), numbers("\n".join(prose)))
    stated = {number for number in numbers(NOT_PROSE.sub(" ", GUIDE)) if has_three_digits(number)}
    assert stated - known == set()


def test_each_notebook_has_its_section():
    titles = [read(path, as_version=4).cells[0].source.splitlines()[0].removeprefix("# ") for path in LESSONS]
    sections = re.split(r"^### ", GUIDE, flags=re.M)[1:]
    assert [section.splitlines()[0] for section in sections] == titles
    for section in sections:
        parts = ("**Objective.**", "**Timing.**", "**Misconception.**", "*Question", "stuck.**", "**Ask at the end.**")
        assert all(part in section for part in parts), section


def test_quiz_has_ten_answers_out_of_sight_each_with_its_cell():
    answers = re.findall(r"<details>.*?</details>", GUIDE, flags=re.S)
    assert len(answers) == 10
    assert all(".ipynb#" in answer for answer in answers)
