"""The lecture of 50 minutes: slides of several notebooks, picked by ``lecture.toml``, with time marks and notes.

    python -m book.lecture

writes its table into the teaching guide.
"""

import re
import sys
import tomllib
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from itertools import accumulate
from typing import Any

import nbformat
from nbformat import NotebookNode

from book.course import GUIDE, ROOT, CourseError, Lesson, headings, lessons
from book.deck import MARKDOWN, Slide, kind_of, rendered, slides

PLAN = ROOT / "book" / "lecture.toml"
TABLE = re.compile(r"(?<=<!-- the lecture, by make map -->\n).*?(?=<!-- end of the lecture -->)", re.S)


def plan() -> list[dict[str, Any]]:
    """The parts, each with what it is about and its slides."""
    return tomllib.loads(PLAN.read_text(encoding="utf-8"))["part"]


def cell_of(lesson: Lesson, name: str) -> NotebookNode:
    """Raises CourseError where the notebook has no such cell."""
    for cell in lesson.notebook.cells:
        if cell.id == name:
            return cell
    raise CourseError(f"lecture.toml asks for cell {name!r} of {lesson.path.name}, which has none of that id")


def section_of(lesson: Lesson, name: str) -> str:
    """The heading under which a cell stands."""
    found = ""
    for cell in lesson.notebook.cells:
        if cell.id == name:
            return found
        if cell.cell_type == "markdown":
            found = [found, *headings(cell.source)][-1]
    return found


def joined(lesson: Lesson, wanted: dict[str, Any]) -> Slide:
    """One slide of several cells: the first begins it, text appears in it on a click, results as they do in a deck."""
    chosen = []
    for number, name in enumerate(wanted["cells"]):
        cell = nbformat.from_dict(cell_of(lesson, name))
        kind = "slide" if number == 0 else "-" if cell.cell_type == "code" else "fragment"
        show = wanted.get("show", {}).get(name, cell.metadata.get("slideshow", {}).get("show", []))
        cell.metadata["slideshow"] = nbformat.from_dict({"slide_type": kind, "show": show})
        chosen.append(cell)
    slide = slides(nbformat.v4.new_notebook(cells=chosen))[0]
    if not any(cell.cell_type == "markdown" and headings(cell.source) for cell in chosen):
        slide.section = MARKDOWN.renderInline(section_of(lesson, wanted["cells"][0]))
    return slide


def clock(minutes: float) -> str:
    return f"{minutes:g}".replace(".5", "½").removeprefix("0½") or "½"


def slide_of(wanted: dict[str, Any], start: float, course: dict[str, Lesson]) -> Slide:
    text = wanted.get("text", "").strip()
    slide = joined(course[wanted["from"]], wanted) if "cells" in wanted else Slide(kind_of(text))
    if text and slide.parts:
        heading, body = re.fullmatch(r"(<h\d>.*?</h\d>\n)?(.*)", slide.parts[0], re.S).groups("")
        slide.parts[0] = rendered(text) + body if text.startswith("#") else heading + rendered(text) + body
    elif text:
        slide.parts = [rendered(text)]
    slide.section = "" if text.startswith("#") else slide.section
    slide.minutes = wanted["minutes"]
    mark = f"**Minute {clock(start)} to {clock(start + slide.minutes)}.** {wanted['say'].strip()}"
    slide.notes.insert(0, rendered(mark))
    return slide


def lecture(course: list[Lesson]) -> list[Slide]:
    numbered = {lesson.number: lesson for lesson in course}
    wanted = [one for part in plan() for one in part["slide"]]
    starts = accumulate((one["minutes"] for one in wanted), initial=0)
    return [slide_of(one, start, numbered) for one, start in zip(wanted, starts, strict=False)]


def with_lecture(guide: str) -> str:
    """The teaching guide with a row for each part of the lecture."""
    if TABLE.search(guide) is None:
        raise CourseError("book/teaching.md lacks the two markers between which the lecture stands: bring them back")
    rows, start, first = [], 0.0, 1
    for part in plan():
        end, last = start + sum(one["minutes"] for one in part["slide"]), first + len(part["slide"]) - 1
        sources = " and ".join(dict.fromkeys(one["from"] for one in part["slide"] if "from" in one))
        rows.append(f"| {clock(start)}–{clock(end)} | {part['what']} | {first}–{last} | {sources} |")
        start, first = end, last + 1
    table = ["| minutes | what | slides | from notebook |", "|---|---|---|---|", *rows]
    return TABLE.sub(lambda _: "\n".join(["", *table, "", ""]), guide)


if __name__ == "__main__":
    ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter).parse_args()
    try:
        lecture(lessons())
        GUIDE.write_text(with_lecture(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
    except CourseError as error:
        sys.exit(str(error))
