"""The front page and the teaching guide keep what they promise: links, figure, commands, answers."""

import base64
import re

import nbformat
import pytest

from book.course import GUIDE, ROOT

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_links_lead_somewhere(target):
    assert target.startswith("https://") or (ROOT / target).exists()


def test_figure_is_the_one_of_its_notebook():
    name = re.search(r"!\[.{40,}\]\((.+\.png)\)", README)[1]
    stored = [
        base64.b64decode(output.data["image/png"])
        for cell in nbformat.read(ROOT / "notebooks" / "07_seven_thousand_classes.ipynb", as_version=4).cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert (ROOT / name).read_bytes() in stored


def test_make_targets_that_it_names_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.M)


def test_quiz_has_ten_answers_out_of_sight_each_with_its_cell():
    answers = re.findall(r"<details>.*?</details>", GUIDE.read_text(encoding="utf-8"), re.S)
    assert len(answers) == 10
    assert all(".ipynb#" in answer for answer in answers)
