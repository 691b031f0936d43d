"""What stands beside a notebook: its file, its solutions and deck, and where it runs elsewhere. A line below its title.

The last three are known only where COURSE_REPOSITORY names the repository. A deck is linked where it lies beside the
pages, in ``slides/``: ``make book`` puts it there.
"""

import re
import shutil
from html import escape
from pathlib import Path

from book.course import NAME, ROOT, repository
from book.make_colab import BRANCH

NOTEBOOK = re.compile(r"notebooks/(solutions/)?\d\d_\w+")


def is_notebook(page: str) -> bool:
    return NOTEBOOK.fullmatch(page) is not None


def companions(page: str, site: Path) -> list[tuple[str, str]]:
    """Words and address of each, as seen from the page ``notebooks/NN_name`` or ``notebooks/solutions/NN_name``."""
    name = Path(page).name
    links = [("Download the notebook", f"{name}.ipynb")]
    if "/solutions/" not in page:
        if (ROOT / "notebooks" / "solutions" / f"{name}.ipynb").exists():
            links.append(("Solutions", f"solutions/{name}.html"))
        if (site / "slides" / f"{name}.html").exists():
            links.append(("Slides", f"../slides/{name}.html"))
    links.append(("Run it yourself", f"{'../' * page.count('/')}run.html"))
    if owner := repository():
        links += [
            ("Repository", f"https://github.com/{owner}/blob/main/{page}.ipynb"),
            ("Colab", f"https://colab.research.google.com/github/{owner}/blob/{BRANCH}/{page}.ipynb"),
            ("Binder", f"https://mybinder.org/v2/gh/{owner}/main?urlpath=lab/tree/{page}.ipynb"),
        ]
    return links


def as_html(links: list[tuple[str, str]]) -> str:
    items = ""
    for words, address in links:
        download = " download" if address.endswith(".ipynb") and ":" not in address else ""
        items += f'<li><a href="{escape(address)}"{download}>{words}</a></li>'
    return f'<nav class="companions" aria-label="Beside this notebook"><ul>{items}</ul></nav>'


def copy_notebooks(site: Path) -> None:
    """The files that the pages offer, as they are in the repository: the site's own sources are folded and numbered."""
    for path in sorted((ROOT / "notebooks").rglob(NAME)):
        page = site / path.relative_to(ROOT).with_suffix(".html")
        if page.exists():
            shutil.copy(path, page.with_suffix(".ipynb"))


def with_companions(body: str, page: str, site: Path) -> str:
    """The body of a notebook's page with that line below its title."""
    before, title, after = body.partition("</h1>")
    return before + title + as_html(companions(page, site)) + after if title and is_notebook(page) else body
