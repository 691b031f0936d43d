"""What Sphinx adds to the pages: numbers of code cells, names in wide tables, a notebook's companions, the head."""

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from book.companions import copy_notebooks, with_companions
from book.head import CARD, address, description, sitemap, tags

# A number in the margin. It is drawn by the style sheet, so that the search finds no page by it, and it is no stop of
# the tab key: thirty of them would stand between a reader and the next fold.
CELL_LINK = '<a class="cell-link" href="#cell-{0}" data-cell="{0}" aria-label="Link to cell {0}" tabindex="-1"></a>'
WIDE = 4  # columns that a phone has no room for


def number_cells(_app: Sphinx, doctree: nodes.document, _name: str) -> None:
    """Each code cell gets the number that Jupyter shows, as an anchor and as a link to it."""
    cells = [node for node in doctree.findall(nodes.container) if node.get("nb_element") == "cell_code"]
    for number, cell in enumerate(cells, 1):
        cell["ids"].append(f"cell-{number}")
        cell.insert(0, nodes.raw("", CELL_LINK.format(number), format="html"))


def name_columns(_app: Sphinx, doctree: nodes.document, _name: str) -> None:
    """Each cell of a wide table says its column, for a phone, where the cells of a row stand one below the other."""
    for table in doctree.findall(nodes.table):
        head, *rows = table.findall(nodes.row)
        names = [cell.astext() for cell in head]
        if len(names) < WIDE:
            continue
        table["classes"].append("stacks")
        for row in rows:
            for name, cell in list(zip(names, row, strict=True))[1:]:
                if not cell.astext().strip():
                    cell["classes"].append("empty")
                elif name:
                    cell.insert(0, nodes.raw("", f'<span class="column">{escape(name)}</span> ', format="html"))


def complete(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """What is added after the page is written, so that the search does not find every notebook by it."""
    if "body" in context:
        context["body"] = with_companions(context["body"], page, Path(app.outdir))
    title, words = context.get("title", app.config.project), description(doctree)
    context["metatags"] = context.get("metatags", "") + tags(title, words, page)


def add_files(app: Sphinx, error: Exception | None) -> None:
    if error is not None:
        return
    site = Path(app.outdir)
    copy_notebooks(site)
    if address():
        from book.card import draw_card  # which loads torch: a build without an address does without

        draw_card(site / "_static" / CARD)
        (site / "sitemap.xml").write_text(sitemap(list(app.env.found_docs)), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-resolved", number_cells)
    app.connect("doctree-resolved", name_columns)
    app.connect("html-page-context", complete)
    app.connect("build-finished", add_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
