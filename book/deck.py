"""A notebook's deck: the slides that the cells' slide metadata ask for, as HTML."""

import html
import re
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from book.adapt import FINDING, PREDICT, keep_numbers_whole

STYLE = "a11y-high-contrast-light"


@dataclass
class Slide:
    """``kind`` names the layout: opening, prediction, figure, result, finding or plain. ``section`` stands above."""

    kind: str
    parts: list[str] = field(default_factory=list)
    section: str = ""
    notes: list[str] = field(default_factory=list)


def formula(content: str, options: dict[str, bool]) -> str:
    left, right = (r"\[", r"\]") if options["display_mode"] else (r"\(", r"\)")
    return f"{left}{html.escape(content)}{right}"


MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=formula)


def rendered(markdown: str) -> str:
    """Links between notebooks become links between decks; the solutions have none."""
    markdown = re.sub(r"\[([^]]*)\]\(solutions/[^)]*\)", r"\1", markdown)
    return MARKDOWN.render(keep_numbers_whole(re.sub(r"\]\((\d\d_\w+)\.ipynb", r"](\1.html", markdown)))


def pieces(markdown: str) -> list[str]:
    """Split a cell where a projected slide should end: before a heading, and before a prediction after a finding."""
    markdown = markdown.split("\n## Exercises")[0]
    starts = [0] + [match.start() for match in re.finditer(r"^## ", markdown, re.M) if match.start() > 0]
    if markdown.startswith(FINDING) and PREDICT in markdown:
        prediction = markdown[: markdown.index(PREDICT)].rfind("\n\n") + 2
        starts = sorted({start for start in starts if start < prediction} | {prediction})
    return [markdown[a:b].strip() for a, b in pairwise([*starts, len(markdown)])]


def markdown_slide(markdown: str) -> Slide:
    """A finding shows its first paragraph, the speaker's notes hold the rest."""
    if not markdown.startswith(FINDING):
        kind = "opening" if markdown.startswith("# ") else "prediction" if PREDICT in markdown else "plain"
        return Slide(kind, [rendered(markdown)])
    first, _, rest = markdown.partition("\n\n")
    if first.endswith(":") or len(first) < 60:
        second, _, rest = rest.partition("\n\n")
        first = f"{first}\n\n{second}"
    return Slide("finding", [rendered(first)], notes=[rendered(rest)] if rest else [])


def output_html(output: NotebookNode) -> str:
    data = output.get("data", {})
    if "image/png" in data:
        alt = html.escape(output.metadata.get("image/png", {}).get("alt", ""), quote=True)
        return f'<img class="figure" alt="{alt}" src="data:image/png;base64,{data["image/png"].strip()}">'
    if "text/html" in data:
        return f'<div class="html">{data["text/html"]}</div>'
    if "text/markdown" in data:
        return rendered(data["text/markdown"])
    if output.output_type == "error":
        return f'<pre class="output error">{html.escape(f"{output.ename}: {output.evalue}")}</pre>'
    return f'<pre class="output">{html.escape(output.get("text") or data.get("text/plain", "")).rstrip()}</pre>'


def code_slide(cell: NotebookNode) -> Slide:
    """A figure or a table fills its slide; elsewhere the code stands first and its output follows on a click."""
    outputs = [output_html(output) for output in cell.outputs]
    shown = [output for output in outputs if "<img" in output or "<table" in output]
    if shown:
        return Slide("figure", shown)
    code = highlight(cell.source, PythonLexer(), HtmlFormatter(style=STYLE))
    hidden = "fragment" if "hide-output" in cell.metadata.get("tags", []) else "shown"
    return Slide("result", [code, *(f'<div class="{hidden}">{output}</div>' for output in outputs)])


def of_cell(cell: NotebookNode) -> list[Slide]:
    if cell.cell_type == "code":
        return [code_slide(cell)]
    return [markdown_slide(piece) for piece in pieces(cell.source) if piece]


def headings(markdown: str) -> list[str]:
    return re.findall(r"^##+ (.+)$", markdown, re.M)


def slides(notebook: NotebookNode) -> list[Slide]:
    """The slides of a notebook, in order.

    As in nbconvert, a cell of type ``slide`` begins a slide, ``-`` goes on with it, a ``fragment`` appears in it on a
    click, ``notes`` are the speaker's, and ``skip`` is left out.
    """
    deck: list[Slide] = []
    section = ""
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "skip")
        found = headings(cell.source) if cell.cell_type == "markdown" else []
        if kind == "notes" and deck:
            deck[-1].notes.append(rendered(cell.source))
        elif kind in ("-", "fragment") and deck:
            first, *others = of_cell(cell)
            shown = "fragment " if kind == "fragment" else ""
            deck[-1].parts += [f'<div class="{shown}{first.kind}">{"".join(first.parts)}</div>']
            deck[-1].notes += first.notes
            deck += others
        elif kind in ("slide", "subslide"):
            new = of_cell(cell)
            if not found:
                for slide in new:
                    slide.section = MARKDOWN.renderInline(section)
            deck += new
        section = found[-1] if found else section
    return deck
