"""What Sphinx adds to the pages: a number on each code cell, links to a notebook's companions, words for the head."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# A number in the margin. It is drawn by the style sheet, so that the search finds no page by it, and it is no stop of
# the tab key: thirty of them would stand between a reader and the next fold.
CELL_LINK = '<a class="cell-link" href="#cell-{0}" data-cell="{0}" aria-label="Link to cell {0}" tabindex="-1"></a>'


def number_cells(_app: Sphinx, doctree: nodes.document, _name: str) -> None:
    """Each code cell gets the number that Jupyter shows, as an anchor and as a link to it."""
    cells = [node for node in doctree.findall(nodes.container) if node.get("nb_element") == "cell_code"]
    for number, cell in enumerate(cells, 1):
        cell["ids"].append(f"cell-{number}")
        cell.insert(0, nodes.raw("", CELL_LINK.format(number), format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-resolved", number_cells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
