"""What answers in the pages of the site: the figures that move, each at the end of a section, and the calculator.

Module and data stand in the page, since a browser that reads the site from the file system loads no module of a file.
"""

import re
from html import escape
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from book.course import ROOT
from helpers.moving import FIGURES, data_of, module

HEADING = re.compile(r"^## ", re.M)
PAGE = """``````{{raw}} html
<div id="moving-{name}"><p>{words}</p></div>
<script type="module">
{module}
const el = document.getElementById("moving-{name}");
render({{ model: {{ data: {data} }}, el }});
</script>
``````"""
CALCULATOR = """# Diagnose your own counts

Paste how many samples each class has, or the labels themselves, or a table from a CSV file. The page says what class
weights will do to your training, gives the weights and a learning rate for them, and the code. It computes what
`helpers.diagnosis.diagnose` computes, in your browser: **nothing that you paste leaves this page.** Where each sentence
comes from, the notebook beside it shows; all together are ruled on in [notebook 10](../notebooks/10_verdict.ipynb).

"""


def as_markdown(name: str, words: str, data: str) -> str:
    """A module as MyST: words for where no script runs, and the script that replaces them."""
    own = module(name)
    if "</script" in own:
        raise ValueError(f"the module {name} holds the end of a script element, which would end it on a page")
    return PAGE.format(name=name, words=escape(words), module=own, data=data)


def calculator() -> str:
    """The page on which readers diagnose their own counts."""
    words = "This page computes where scripts run. Elsewhere: python -m helpers.diagnosis counts.csv, in the course."
    return CALCULATOR + as_markdown("calculator", words, "null") + "\n"


def close_section(notebook: NotebookNode, section: str, markdown: str, path: Path) -> None:
    """Put ``markdown`` at the end of a section, in a cell of its own before the next heading of that level."""
    inside = False
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        start = cell.source.find(f"## {section}\n") if not inside else 0
        if start < 0:
            continue
        nearest = HEADING.search(cell.source, start + (0 if inside else 1))
        inside = True
        if nearest:
            before, after = cell.source[: nearest.start()].rstrip(), cell.source[nearest.start() :]
            cells = [new_markdown_cell(text) for text in (before, markdown, after) if text]
            notebook.cells[i : i + 1] = cells
            return
    raise ValueError(f"{path.name} has no section {section!r} that another one follows: see FIGURES in helpers.moving")


def with_figures(notebook: NotebookNode, path: Path) -> NotebookNode:
    """Put its figures into an adapted notebook, in place, and return it; solutions have none."""
    if path.parent == ROOT / "notebooks":
        for name, figure in FIGURES.items():
            if path.name.startswith(figure.notebook):
                words = f"{figure.alt} This figure moves where scripts run."
                close_section(notebook, figure.section, as_markdown(name, words, data_of(name)), path)
    return notebook
