"""Open the course in JupyterLab, on working copies in my/, which belong to the reader.

    python -m tools.lab [--renew NUMBER ...] [OPTION OF JUPYTERLAB ...]

A copy that is there is never written over. What answers a prediction is closed in a copy, until its reader opens it
or runs the cell. ``--renew 04`` takes a fresh copy, moves the old one to my/kept, and starts nothing.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import nbformat
from ipykernel.kernelspec import install
from jupyterlab.labapp import LabApp
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from book.adapt import code_tells, fold_finding, results
from tools.options import ROOT
from tools.run import NO_NOTEBOOK

ORIGINALS, MINE = ROOT / "notebooks", ROOT / "my"
PATTERN = "[0-9][0-9]_*.ipynb"
KERNEL = {"name": "class-weights", "display_name": "Class weights course", "language": "python"}
CLOSED = "Guess first. Then run the cell, or click here.\n"
ELSEWHERE = (
    "*If the next cell finds no module named `helpers`, this notebook runs in another Python than the course's: choose "
    f"the kernel **{KERNEL['display_name']}** at the top right, or start with `make lab`.*"
)


def close(cell: NotebookNode, *, code: bool) -> None:
    """JupyterLab opens a closed output when its cell runs, and closed code by a click.

    Of what is closed it shows the first line, so that line is made one which tells nothing.
    """
    cell.metadata["jupyter"] = {"source_hidden": code, "outputs_hidden": True}
    cell.outputs.insert(0, new_output("stream", name="stdout", text=CLOSED))


def for_guessing(notebook: NotebookNode) -> NotebookNode:
    """The notebook with what answers a prediction closed: outputs, findings, and code whose title tells the finding."""
    for cell in results(notebook):
        close(cell, code=code_tells(cell))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            source = cell.source.replace("](solutions/", "](../notebooks/solutions/")
            cell.source = fold_finding(source, "What happened")
    first = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(first, new_markdown_cell(ELSEWHERE, id="elsewhere"))
    notebook.metadata["kernelspec"] = KERNEL
    return notebook


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copy(original: Path, target: Path) -> None:
    notebook = for_guessing(nbformat.read(original, as_version=4))
    notebook.metadata["copy_of"] = digest(original)
    target.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, target)


def keep(path: Path) -> Path:
    """Move a file to ``kept`` beside it, under the first number that is free."""
    folder = path.parent / "kept"
    folder.mkdir(exist_ok=True)
    number = 1
    while (target := folder / f"{path.stem}_{number}.ipynb").exists():
        number += 1
    return path.rename(target)


def copies(mine: Path = MINE) -> dict[str, str]:
    """Write the copies that are missing. Returns, by name, why others should be renewed."""
    stale = {}
    for original in sorted(ORIGINALS.glob(PATTERN)):
        target = mine / original.name
        if not target.exists():
            copy(original, target)
            continue
        try:
            if nbformat.read(target, as_version=4).metadata.get("copy_of") != digest(original):
                stale[original.name] = "has changed since your copy was made"
        except NO_NOTEBOOK:
            stale[original.name] = "is empty or broken in my/"
    return stale


def renew(number: str, mine: Path = MINE) -> None:
    """Take a fresh copy of a notebook; an old one is kept.

    Raises ValueError if no notebook has that number.
    """
    found = sorted(path for path in ORIGINALS.glob(PATTERN) if path.name.startswith(f"{number}_"))
    if not found:
        raise ValueError(f"no notebook has the number {number!r}; give two digits, such as 04")
    target = mine / found[0].name
    if target.exists():
        print(f"{target.name}: yours is now my/kept/{keep(target).name}")
    copy(found[0], target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renew", nargs="+", metavar="NUMBER")
    arguments, options = parser.parse_known_args()
    if arguments.renew:
        try:
            for number in arguments.renew:
                renew(number)
        except ValueError as error:
            parser.error(str(error))
        return
    for name, why in copies().items():
        print(f"{name} {why}; make renew ARGS={name[:2]} takes a fresh one, keeps yours")
    install(prefix=sys.prefix, kernel_name=KERNEL["name"], display_name=KERNEL["display_name"])
    first = min(path.name for path in MINE.glob(PATTERN))
    LabApp.launch_instance([f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/my/{first}", *options])


if __name__ == "__main__":
    main()
