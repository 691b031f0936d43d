"""A notebook's deck: the slides that the cells' slide metadata ask for, as HTML."""

import html
import re
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from book.adapt import FINDING, PREDICT, code_tells, keep_numbers_whole
from book.course import headings
from book.figures import inline
from book.formulas import CLOSING, OPENING, mathml
from book.slide_figures import projected
from book.slide_text import LEAST_WORDS, MOST_WORDS, check_beginnings, chosen, chosen_lines, narrow, on_slide

STYLE = "a11y-high-contrast-light"
MOST_LINES, MOST_COLUMNS = 8, 96  # of code on a slide


@dataclass
class Slide:
    """``kind`` names the layout: opening, prediction, figure, result, finding or plain. ``section`` stands above."""

    kind: str
    parts: list[str] = field(default_factory=list)
    section: str = ""
    notes: list[str] = field(default_factory=list)
    minutes: float = 0  # that a lecture gives it

    @property
    def words(self) -> int:
        """Of its text, without code, output, tables and figures; a formula counts as one."""
        text = re.sub(r"<math.*?</math>", " x ", "".join(self.parts), flags=re.S)
        text = re.sub(r"<(pre|table|svg).*?</\1>|<[^>]*>", " ", text, flags=re.S)
        return len([word for word in text.split() if re.search(r"\w", word)])


def formula(content: str, options: dict[str, bool]) -> str:
    return mathml(content, options["display_mode"])


def keep_punctuation(state: StateCore) -> None:
    """As on the site: a formula in its text stays on one line with the punctuation that opens or closes it."""
    for block in state.tokens:
        found: list[Token] = []
        rest = list(block.children or [])
        while rest:
            token = rest.pop(0)
            if token.type != "math_inline":
                found.append(token)
                continue
            opening = OPENING.search(found[-1].content) if found and found[-1].type == "text" else None
            closing = CLOSING.match(rest[0].content) if rest and rest[0].type == "text" else None
            before, after = opening[0] if opening else "", closing[0] if closing else ""
            if opening:
                found[-1].content = found[-1].content[: opening.start()]
            if closing:
                rest[0].content = rest[0].content[closing.end() :]
            found.append(Token("html_inline", "", 0, content=f'<span class="together">{html.escape(before)}'))
            found.append(token)
            found.append(Token("html_inline", "", 0, content=f"{html.escape(after)}</span>"))
        if block.children:
            block.children = found


MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=formula)
MARKDOWN.core.ruler.push("keep_punctuation", keep_punctuation)


def rendered(markdown: str) -> str:
    """Links between notebooks become links between decks; to solutions and pages, which have none, they are text."""
    markdown = re.sub(r"\[([^]]*)\]\((?:solutions|\.\.)/[^)]*\)", r"\1", markdown)
    return MARKDOWN.render(keep_numbers_whole(re.sub(r"\]\((\d\d_\w+)\.ipynb[^)]*\)", r"](\1.html)", markdown)))


def pieces(markdown: str) -> list[str]:
    """Split a cell where a projected slide should end: before a heading, and before a prediction after a finding."""
    markdown = markdown.split("\n## Exercises")[0]
    starts = [0] + [match.start() for match in re.finditer(r"^## ", markdown, re.M) if match.start() > 0]
    if markdown.startswith(FINDING) and PREDICT in markdown:
        prediction = markdown[: markdown.index(PREDICT)].rfind("\n\n") + 2
        starts = sorted({start for start in starts if start < prediction} | {prediction})
    return [markdown[a:b].strip() for a, b in pairwise([*starts, len(markdown)])]


def kind_of(markdown: str) -> str:
    if markdown.startswith(FINDING):
        return "finding"
    return "opening" if markdown.startswith("# ") else "prediction" if PREDICT in markdown else "plain"


def markdown_slides(markdown: str, most: int, show: list[str]) -> list[Slide]:
    """``show`` says which sentences of a cell stand on its slides; without it the length decides. The rest is notes."""
    check_beginnings(markdown, show)
    found: list[Slide] = []
    aside: list[str] = []
    for piece in filter(None, pieces(markdown)):
        shown, left = chosen(piece, show) if show else on_slide(piece, most)
        aside += [rendered(left)] if left else []
        if not show or any(one.removesuffix("…") in piece for one in show):
            found.append(Slide(kind_of(piece), [rendered(shown)]))
        if found:
            found[-1].notes += aside
            aside = []
    return found


def text_of(output: NotebookNode) -> str:
    data = output.get("data", {})
    return str(output.get("text") or data.get("text/markdown") or data.get("text/plain", ""))


def output_html(output: NotebookNode, show: list[str]) -> str:
    """``show`` picks the lines of an output that is longer than a slide."""
    if show:
        lines = chosen_lines(text_of(output), show)
        return f'<pre class="output">{html.escape(narrow(lines, MOST_COLUMNS))}</pre>' if lines else ""
    data = output.get("data", {})
    if "image/png" in data:
        stored = output.metadata.get("image/png", {})
        if "svg" in stored:
            return inline(projected(stored["svg"]), stored["alt"])
        alt = html.escape(stored.get("alt", ""), quote=True)
        return f'<img class="figure" alt="{alt}" src="data:image/png;base64,{data["image/png"].strip()}">'
    if "text/html" in data:
        return f'<div class="html">{data["text/html"]}</div>'
    if "text/markdown" in data:
        return rendered(data["text/markdown"])
    return f'<pre class="output">{html.escape(narrow(text_of(output), MOST_COLUMNS)).rstrip()}</pre>'


def fits(code: str) -> bool:
    """Whether a hall can read it: more lines, or longer ones, are the speaker's."""
    lines = code.splitlines()
    return len(lines) <= MOST_LINES and max(map(len, lines), default=0) <= MOST_COLUMNS


def set_aside(cell: NotebookNode) -> bool:
    """Whether the code goes to the speaker: a hall cannot read it, or it tells what the hall is to guess."""
    return not fits(cell.source) or code_tells(cell)


def code_slide(cell: NotebookNode) -> Slide:
    """A figure or a table fills its slide; elsewhere short code stands first and its output follows on a click.

    ``show`` picks lines of the output; of code without output, lines of the code.
    """
    show = cell.metadata.get("slideshow", {}).get("show", [])
    check_beginnings("".join(map(text_of, cell.outputs)) or cell.source, show)
    outputs = [output_html(output, show) for output in cell.outputs]
    shown = [output for output in outputs if re.search("<svg|<img|<table", output)]
    source = cell.source
    if show and not cell.outputs:
        source = re.sub(r"(?m)^ {4,}", " " * 4, chosen_lines(source, show))  # out of its block, a line needs no more
    code = highlight(source, PythonLexer(), HtmlFormatter(style=STYLE))
    if shown:
        return Slide("figure", shown)
    answers = [output for output in outputs if output]
    if answers and set_aside(cell):
        return Slide("result", answers, notes=[code])
    hidden = "fragment" if "hide-output" in cell.metadata.get("tags", []) else "shown"
    return Slide("result", [code, *(f'<div class="{hidden}">{output}</div>' for output in answers)])


def of_cell(cell: NotebookNode, most: int = MOST_WORDS) -> list[Slide]:
    if cell.cell_type == "code":
        return [code_slide(cell)]
    return markdown_slides(cell.source, most, cell.metadata.get("slideshow", {}).get("show", []))


def join(slide: Slide, cell: NotebookNode, *, hidden: bool) -> list[Slide]:
    """Go on with a slide; what of the cell begins slides of its own is returned."""
    first, *others = of_cell(cell, max(LEAST_WORDS, MOST_WORDS - slide.words))
    # A result without its code is the answer itself, so it waits for a click where it was to be guessed.
    guessed = first.kind == "result" and set_aside(cell) and "hide-output" in cell.metadata.get("tags", [])
    slide.parts.append(
        f'<div class="{"fragment " if hidden or guessed else ""}{first.kind}">{"".join(first.parts)}</div>'
    )
    slide.notes += first.notes
    return others


def slides(notebook: NotebookNode) -> list[Slide]:
    """The slides of a notebook, in order.

    As in nbconvert, a cell of type ``slide`` begins a slide, ``-`` goes on with it, a ``fragment`` appears in it on a
    click, and ``skip`` is left out.
    """
    deck: list[Slide] = []
    section = ""
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "skip")
        found = headings(cell.source) if cell.cell_type == "markdown" else []
        if kind in ("-", "fragment") and deck:
            deck += join(deck[-1], cell, hidden=kind == "fragment")
        elif kind == "slide":
            above = MARKDOWN.renderInline(section)
            for slide in of_cell(cell):
                heading = re.match(r"<h\d>(.*?)</h\d>", slide.parts[0], re.S)
                slide.section, above = ("", heading[1]) if heading else (above, above)
                deck.append(slide)
        section = found[-1] if found else section
    return deck
