"""The form of the committed notebooks, as rules: each yields one sentence for what it refuses. nbval runs the cells."""

import itertools
import json
import re
from collections.abc import Callable, Iterator

import pytest
from conftest import placed, refuse
from nbformat import NotebookNode

from book.course import Lesson
from book.deck import slides
from helpers.plots.frame import SHORTEST_ALT
from tools.run import VIEW

MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|tmp|usr|var|mnt|srv|workspace|Users|opt|private)/\w|[A-Z]:\\\\")
LONG_NUMBER = re.compile(r"\d+\.\d{10,}")
OBJECT_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
MOST_CODE_CELLS = 33
MOST_LINES = 20
SLIDES = range(15, 26)
SLIDE_TYPES = ("slide", "-", "fragment", "skip")
OPENING = ("**The question.**", "**You will be able to**", "**Before you start.**", "**Time.**")
CLOSING = ["## What you measured", "## Exercises", "## Next"]

Rule = Callable[[NotebookNode], Iterator[str]]


def headings(notebook: NotebookNode) -> list[str]:
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [line for text in texts for line in text.splitlines() if re.match(r"#+ ", line)]


def run_in_order(notebook):
    counts = [cell.execution_count for _, cell in placed(notebook, "code")]
    if counts != list(range(1, len(counts) + 1)):
        yield "its cells were not run once each, from top to bottom: run it with python -m tools.run and its path"
    views = [place for place, output in outputs(notebook) if VIEW in output.get("data", {})]
    if notebook.metadata.kernelspec.name != "python3" or "widgets" in notebook.metadata or views:
        yield "its metadata belong to one machine: run it with python -m tools.run and its path"


def outputs(notebook):
    return [(place, output) for place, cell in placed(notebook, "code") for output in cell.outputs]


def no_warnings(notebook):
    for place, output in outputs(notebook):
        if output.get("name") == "stderr" or output.output_type == "error":
            said = output.get("text") or output.get("evalue")
            yield f"{place} writes a warning or raises: mend it, or catch it and print it: {said[:200]}"


def no_machine(notebook):
    for place, output in outputs(notebook):
        data = {kind: text for kind, text in output.get("data", {}).items() if "image" not in kind}
        text = json.dumps({**output, "data": data})
        if found := MACHINE_PATH.search(text) or OBJECT_ADDRESS.search(text):
            yield f"{place} prints {found[0]}, which differs on every machine: print something else"


def few_digits(notebook):
    for place, output in outputs(notebook):
        if found := LONG_NUMBER.search(output.get("text", "")):
            yield f"{place} prints {found[0]}, whose last digits another processor changes: print fewer, as by :.4f"


def alternative_text(notebook):
    for place, output in outputs(notebook):
        for kind in (kind for kind in output.get("data", {}) if kind.startswith("image/")):
            if len(output.metadata.get(kind, {}).get("alt", "")) < SHORTEST_ALT:
                yield f"{place} says of its picture less than {SHORTEST_ALT} characters: say more in show(alt=...)"


def cells_fit_a_slide(notebook):
    for place, cell in placed(notebook, "code"):
        if (lines := len(cell.source.splitlines())) > MOST_LINES:
            yield f"{place} has {lines} lines, and {MOST_LINES} fit a slide: split it, or move what repeats to helpers/"


def headings_nest(notebook):
    levels = [len(heading.split()[0]) for heading in headings(notebook)]
    if levels[:1] != [1] or levels.count(1) != 1:
        yield "it should have one title, a line with one #, and begin with it"
    for heading, (before, after) in zip(headings(notebook)[1:], itertools.pairwise(levels), strict=True):
        if after > before + 1:
            yield f'its heading "{heading}" skips a level: take away a #'


def opening_and_closing(notebook):
    places = [notebook.cells[0].source.find(part) for part in OPENING]
    if -1 in places or places != sorted(places):
        yield f"its first cell should hold {' '.join(OPENING)} in this order"
    if [heading for heading in headings(notebook) if heading.startswith("## ")][-3:] != CLOSING:
        yield f"it should end in the headings {', '.join(CLOSING)}"
        return
    closing = "\n".join(cell.source for cell in notebook.cells).split(CLOSING[0])[1].split("\n## ")[0]
    for where, text in (("first cell", notebook.cells[0].source), (f"section {CLOSING[0]}", closing)):
        if (found := len(re.findall(r"^- ", text, re.M))) != 3:
            yield f"its {where} has {found} bullets; three are promised and three are kept"


def not_too_long(notebook):
    shown = re.compile(r"check\(|^(moving|replicated)\(.*\)$", re.M)  # nothing to read: an exercise, a figure, a table
    found = sum(not shown.search(cell.source) for _, cell in placed(notebook, "code"))
    if found > MOST_CODE_CELLS:
        yield f"it has {found} code cells before its exercises, and {MOST_CODE_CELLS} at most: join or drop some"


def predictions(notebook):
    found = 0
    for number, (cell, following) in enumerate(itertools.pairwise(notebook.cells), 1):
        if cell.cell_type != "markdown" or "**Predict.**" not in cell.source:
            continue
        found += 1
        if "hide-output" not in following.metadata.get("tags", []) or not following.get("outputs"):
            yield f"cell {number} asks for a prediction: the next cell should show the result, with the tag hide-output"
    if found < 3:
        yield f"it has {found} cells with **Predict.**, and three at least are wanted"


def deck(notebook):
    for number, cell in enumerate(notebook.cells, 1):
        if cell.metadata.get("slideshow", {}).get("slide_type") not in SLIDE_TYPES:
            yield f"cell {number} does not say its place in the deck: give it a slide type, {', '.join(SLIDE_TYPES)}"
    kinds = [slide.kind for slide in slides(notebook)]
    if len(kinds) not in SLIDES:
        yield (
            f"its deck has {len(kinds)} slides, and {SLIDES[0]} to {SLIDES[-1]} make a lecture: "
            "change the slide type of some cells (skip and notes take one away, - and fragment join two)"
        )
    if lacking := {"opening", "prediction", "figure", "finding"} - set(kinds):
        yield f"its deck has no slide of the kinds {', '.join(sorted(lacking))}"


EVERY = [run_in_order, no_warnings, no_machine, few_digits, alternative_text, cells_fit_a_slide, headings_nest]
LESSON = [opening_and_closing, not_too_long, predictions, deck]


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.__name__)
def test_notebook(any_notebook: Lesson, rule: Rule):
    refuse(rule(any_notebook.notebook), of=any_notebook.path)


@pytest.mark.parametrize("rule", LESSON, ids=lambda rule: rule.__name__)
def test_lesson(lesson: Lesson, rule: Rule):
    refuse(rule(lesson.notebook), of=lesson.path)
