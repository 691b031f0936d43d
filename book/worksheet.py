"""A worksheet of all predictions and its key, from the notebooks, as HTML and as PDF by Chromium."""

import html
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from nbformat import NotebookNode

from book.adapt import FINDING, PREDICT, visible_part
from book.browser import PATIENCE, NoBrowserError, chromium
from book.cards import questions
from book.course import ROOT, Lesson, headings, lessons
from book.deck import MARKDOWN, rendered
from book.formulas import style_sheet
from book.slide_text import sentences, units
from book.target import empty_folder

LOOK = ROOT / "book" / "slides"


@dataclass
class Prompt:
    """A prediction: its number, such as 04.3, and as HTML its section, what is asked, and what came out."""

    number: str
    section: str
    question: str
    right: str  # what its card calls right, of each of its questions
    printed: str
    found: str = ""

    @property
    def answer(self) -> str:
        return self.found or self.printed


def without_links(page: str) -> str:
    """On paper a link leads nowhere."""
    return re.sub(r"</?a\b[^>]*>", "", page)


def first_of(finding: str) -> str:
    """The first paragraph of a finding, with the list or the formula that it announces, and no more."""
    text = finding[: visible_part(finding)].removeprefix(FINDING).strip()
    first, *others = units(text)
    return f"{first}\n\n{others[0]}" if others and len(sentences(first)) == 1 and len(first) < 60 else first


def right_of(cell: NotebookNode) -> str:
    """The answers of a prediction's card."""
    lines = [f"{one.ask}: {one.answer}" if one.ask else one.answer for one in questions(cell) if one.answer]
    return "".join(f"<p>{MARKDOWN.renderInline(line)}</p>" for line in lines)


def printed(cell: NotebookNode) -> str:
    """What a cell writes, as a block."""
    text = "".join(output.get("text", "") for output in cell.get("outputs", []) if output.get("name") == "stdout")
    return f"<pre>{html.escape(text.rstrip())}</pre>" if text.strip() else ""


def prompts(lesson: Lesson) -> list[Prompt]:
    """In order. The answer is the finding's first paragraph; without a finding, what the next cell prints."""
    found: list[Prompt] = []
    section = ""
    for cell, following in pairwise(lesson.notebook.cells):
        if cell.cell_type != "markdown":
            continue
        for part in re.split(r"(?=^## )|(?=^\*\*What happened)", cell.source, flags=re.M):
            section = [section, *headings(part)][-1]
            if part.startswith(FINDING) and found and not found[-1].found:
                found[-1].found = without_links(rendered(first_of(part)))
            if PREDICT in part:
                number = f"{lesson.number}.{len(found) + 1}"
                asks, told = asked(part), printed(following)
                found.append(Prompt(number, MARKDOWN.renderInline(section), asks, right_of(cell), told))
    return found


def asked(text: str) -> str:
    """The question and the paragraph that leads to it."""
    whole = [unit for unit in units(text) if not unit.startswith(("#", FINDING))]
    place = next(i for i, unit in enumerate(whole) if PREDICT in unit)
    lead = whole[place - 1 : place] if place and FINDING not in text else []
    return without_links(rendered("\n\n".join([*lead, *whole[place:]]).replace(PREDICT, "").strip()))


def pages(course: list[Lesson]) -> Iterator[tuple[str, str]]:
    """Name and HTML of the worksheet and of its key."""
    environment = Environment(loader=FileSystemLoader(LOOK), autoescape=select_autoescape(default=True))
    template = environment.get_template("worksheet.html")
    asked = [(lesson.number, MARKDOWN.renderInline(lesson.question), prompts(lesson)) for lesson in course]
    for name, key in (("worksheet", False), ("worksheet-key", True)):
        yield name, template.render(course=asked, key=key, count=sum(len(own) for *_, own in asked))


def print_pdf(folder: Path, names: list[str]) -> None:
    """Print pages of a folder beside themselves, without the date. Raises NoBrowserError."""
    with chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        for name in names:
            page.goto((folder / f"{name}.html").as_uri())
            page.evaluate("document.fonts.ready")
            printed = page.pdf(prefer_css_page_size=True, outline=True, tagged=True)
            (folder / f"{name}.pdf").write_bytes(re.sub(rb"D:\d{14}", b"D:20000101000000", printed))


def write(target: Path, course: list[Lesson]) -> None:
    """The pages as HTML, with what they load, then as PDF. Raises NoBrowserError when the HTML is written."""
    (target / "assets").mkdir(parents=True, exist_ok=True)
    (target / "assets" / "formulas.css").write_text(style_sheet(), encoding="utf-8")
    shutil.copy(LOOK / "worksheet.css", target / "assets")
    written = dict(pages(course))
    for name, page in written.items():
        (target / f"{name}.html").write_text(page, encoding="utf-8")
    print_pdf(target, list(written))


if __name__ == "__main__":
    try:
        write(empty_folder(__doc__, "worksheet"), lessons())
    except NoBrowserError as error:
        sys.exit(f"the worksheet stays HTML, to be printed from any browser: {error}")
