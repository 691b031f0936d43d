"""A notebook of the course, made ready for the site: what follows a prediction is folded, figures have their text."""

import re
from collections.abc import Iterator

from nbformat import NotebookNode

from book.cards import with_card
from book.figures import INSIDE_NUMBER, draw_as_svg
from book.folds import VERDICT, name_fold

PREDICT = "**Predict.**"
FINDING = "**What happened.**"
SUMMARY = "<span class='closed'>Show</span><span class='open'>Hide</span> what happened"

COLUMNS = re.compile(r"\S {2}")
# Code, formulas and addresses, in which a space is not typography.
VERBATIM = re.compile(r"(```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)\n]*\))", re.S)


def keep_numbers_whole(markdown: str) -> str:
    """ "5 %" and "1 : 2 : 3" do not break at the end of a line: their spaces become some that hold."""
    pieces = VERBATIM.split(markdown)
    pieces[::2] = [INSIDE_NUMBER.sub("\u00a0", piece) for piece in pieces[::2]]
    return "".join(pieces)


def visible_part(markdown: str) -> int:
    """Where a finding ends: at the next heading or the next prediction, else at the end of the cell."""
    stop = re.search(r"^(?:#+ |.*\*\*Predict\.\*\*)", markdown, re.M)
    return stop.start() if stop else len(markdown)


def fold_finding(markdown: str, summary: str = SUMMARY) -> str:
    """Put the paragraphs of a finding into a ``details`` element, which opens without a script."""
    start = markdown.find(FINDING)
    if start < 0:
        return markdown
    before, finding = markdown[:start], markdown[start:]
    end = visible_part(finding)
    folded = f"<details class='finding'>\n<summary>{summary}</summary>\n\n{finding[:end].rstrip()}\n\n</details>\n\n"
    return before + folded + finding[end:]


def figure_texts(cell: NotebookNode) -> Iterator[str]:
    """The alternative text of each picture of a cell, as the helper ``show`` left it in the output's metadata."""
    for output in cell.get("outputs", []):
        for kind in output.get("data", {}):
            if kind.startswith("image/"):
                yield output.metadata.get(kind, {}).get("alt", "")


def give_alternative_text(cell: NotebookNode) -> None:
    """MyST-NB takes the text of a picture from its cell, so a cell can have one picture."""
    texts = list(figure_texts(cell))
    if len(texts) > 1:
        raise ValueError(f"two pictures in one cell, of which only one would get its text: {cell.source[:80]!r}")
    if texts:
        cell.metadata["mystnb"] = {"image": {"alt": " ".join(texts[0].split())}}


def point_links_at_pages(cell: NotebookNode) -> None:
    """Links in Markdown are Sphinx's task; those that an output holds as HTML are not known to it."""
    for output in cell.get("outputs", []):
        if "text/html" in output.get("data", {}):
            output.data["text/html"] = re.sub(r"(\d\d_\w+)\.ipynb\b", r"\1.html", output.data["text/html"])


def has_picture(cell: NotebookNode) -> bool:
    return any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))


def code_tells(cell: NotebookNode) -> bool:
    """Whether the code says what comes out: a figure's title is its finding, and a verdict names its condition."""
    return has_picture(cell) or VERDICT.search(cell.source) is not None


def results(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that answer a prediction; between it and its explanation a figure is part of the answer."""
    found = []
    awaited = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            awaited = cell.source.rfind(PREDICT) > cell.source.rfind(FINDING)
        elif "hide-output" in cell.metadata.get("tags", []) or (awaited and has_picture(cell)):
            found.append(cell)
    return found


def fold_result(cell: NotebookNode) -> None:
    """Fold a result, with its code where that tells it."""
    tags = cell.metadata.get("tags", [])
    if code_tells(cell):
        cell.metadata["tags"] = [*(tag for tag in tags if tag != "hide-output"), "hide-cell"]


def mark_prose(cell: NotebookNode) -> None:
    """Tag a cell that prints sentences, no columns: on a narrow window its lines break where a table would scroll."""
    printed = [output.get("text", "") for output in cell.outputs]
    if any(printed) and not any(COLUMNS.search(text) for text in printed):
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "prose"]


def adapt(notebook: NotebookNode) -> NotebookNode:
    """Change a notebook in place for the site, and return it."""
    for cell in results(notebook):
        fold_result(cell)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = keep_numbers_whole(with_card(fold_finding(cell.source), cell))
        elif cell.cell_type == "code":
            give_alternative_text(cell)
            point_links_at_pages(cell)
            name_fold(cell)
            mark_prose(cell)
            draw_as_svg(cell)
    return notebook
