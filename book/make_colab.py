"""Write copies of the notebooks for Google Colab, which opens a notebook without the files that lie around it.

    COURSE_REPOSITORY=owner/course python -m book.make_colab TARGET

Each copy begins with a cell that fetches the course and installs what it needs. The workflow of the site pushes the
copies to a branch of their own, to which the pages link.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from book.course import NAME, ROOT, repository
from book.target import empty_folder

BRANCH = "colab"
LIBRARIES = re.compile(r"^(?:import|from) (?:xgboost|keras|transformers|accelerate)\b", re.M)
# The package alone would lack the data, which lie beside it. The kernel has begun before pip links the package.
SETUP = """# Colab has no copy of the course: fetch one, and install what it needs (some minutes, once).
import sys

!git clone --quiet --depth 1 https://github.com/{owner} /content/course
%pip install --quiet --editable /content/course{extra}
sys.path.insert(0, "/content/course")"""


def for_colab(notebook: NotebookNode, owner: str) -> NotebookNode:
    """Put the cell that installs the course before the first cell of code, in place, and return the notebook."""
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    needs_libraries = any(LIBRARIES.search(notebook.cells[i].source) for i in code)
    setup = new_code_cell(SETUP.format(owner=owner, extra="[libraries]" if needs_libraries else ""), id="colab-setup")
    notebook.cells.insert(code[0], setup)
    return notebook


def write(target: Path) -> None:
    """Raises ValueError where COURSE_REPOSITORY does not say what to fetch."""
    owner = repository()
    if not owner:
        raise ValueError("Colab has to fetch the course from somewhere: set COURSE_REPOSITORY, such as owner/course")
    for path in sorted((ROOT / "notebooks").glob(NAME)) + sorted((ROOT / "notebooks" / "solutions").glob(NAME)):
        copy = target / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(for_colab(nbformat.read(path, as_version=4), owner), copy)


if __name__ == "__main__":
    try:
        write(empty_folder(__doc__, "colab"))
    except ValueError as error:
        sys.exit(str(error))
