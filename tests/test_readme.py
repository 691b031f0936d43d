"""The front page keeps what it promises: its links, its map, its figure."""

import base64
import re

import nbformat
import pytest
from conftest import LESSONS, ROOT

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_links_lead_somewhere(target):
    assert target.startswith("https://") or (ROOT / target).exists()


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_map_states_question_and_minutes_of_each_notebook(path):
    opening = nbformat.read(path, as_version=4).cells[0].source
    question = re.match(r"# \d\d · (.+)", opening)[1]
    minutes = re.search(r"\*\*Time\.\*\* (?:About )?(\d+) minutes", opening)[1]
    assert f"| [{path.stem}](notebooks/{path.name}) | {question} | {minutes} |" in README


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
