"""Pack the course for a class.

Students get it without outputs and solutions, with folded judges and a worksheet of the predictions. The teacher gets
everything, with the slides, the guide, and the key to the worksheet.
"""

import re
import shutil
import tempfile
import tomllib
import zipfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from book import make_slides, worksheet
from book.adapt import code_tells, fold_finding, results
from book.browser import NoBrowserError
from book.course import ROOT, lessons
from book.sealed import seal
from book.target import empty_folder

START = """# How large should class weights be?

{audience}

You need Python 3.11 or newer. In this folder:

```
python -m venv .venv
.venv/bin/python -m pip install --requirement requirements.txt
.venv/bin/jupyter lab notebooks/01_weighted_cross_entropy.ipynb
```

On Windows it is `.venv\\Scripts\\` in place of `.venv/bin/`. On Linux pip usually takes PyTorch's build for CUDA, about
3 GB; for the one for CPUs, about 200 MB, run the command of [Get started](https://pytorch.org/get-started/locally/)
with `.venv/bin/python -m pip` first.
"""
AUDIENCE = {
    "student": "The notebooks, without their outputs. Where a cell says **Predict**, guess first, then run the next. "
    "Then open **What happened**. `worksheet` has all predictions on paper. The exercises check themselves; the "
    "files that do so are folded, as the right answers are in them.",
    "teacher": "The notebooks with their outputs, and the solutions of all exercises in `notebooks/solutions`. Open "
    "`slides/index.html` for the decks, the lecture among them, and `slides/guide.html` for the teaching guide. "
    "`worksheet` has all predictions on paper, and their key.",
}
LICENCE = """
## Licence

Code: MIT, see `LICENSE`. Text and figures: CC BY 4.0, see `LICENSE-text`. Data: see `data/README.md`.
"""


def without_outputs(notebook: NotebookNode) -> NotebookNode:
    """As a student gets it: nothing has run, findings and code that tells them are folded, cards hold no answers.

    No link leads to solutions that are not there.
    """
    for cell in results(notebook):
        cell.metadata["jupyter"] = {"source_hidden": code_tells(cell)}
    for cell in notebook.cells:
        cell.metadata.pop("predict", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            source = re.sub(r"\[([^]]*)\]\(solutions/[^)]*\)", r"\1", cell.source)
            cell.source = fold_finding(source, "What happened")
    return notebook


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def needed_to_run(requirements: str, pyproject: str) -> str:
    """The pins of what the notebooks import; what tests and the site need is not for the class."""
    project = tomllib.loads(pyproject)["project"]
    wanted = names([*project["dependencies"], *project["optional-dependencies"]["libraries"]])
    pins = [line for line in requirements.splitlines() if "==" in line and names([line]) <= wanted]
    return "\n".join(["# The versions last tested.", *pins, "-e .[libraries]", ""])


def handouts(folder: Path) -> None:
    """The slides and the worksheets, made once for both copies. Without a browser the worksheets stay HTML."""
    make_slides.write(folder / "slides")
    try:
        worksheet.write(folder / "worksheet", lessons())
    except NoBrowserError as error:
        print(f"the worksheets stay HTML: {error}")
        return
    for path in folder.glob("worksheet/*.html"):
        path.unlink()
    shutil.rmtree(folder / "worksheet" / "assets")


def fill(folder: Path, audience: str, made: Path) -> None:
    """Write one copy of the course into an empty folder, with what ``handouts`` made."""
    for path in sorted((ROOT / "notebooks").rglob("[0-9][0-9]_*.ipynb")):
        relative = path.relative_to(ROOT)
        if ".ipynb_checkpoints" in path.parts or (audience == "student" and "solutions" in path.parts):
            continue
        (folder / relative).parent.mkdir(parents=True, exist_ok=True)
        notebook = nbformat.read(path, as_version=4)
        nbformat.write(without_outputs(notebook) if audience == "student" else notebook, folder / relative)
    leftovers = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", ".ipynb_checkpoints")
    for name in ("helpers", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=leftovers)
    if audience == "student":
        seal(folder / "helpers" / "exercises")
        shutil.copytree(made / "worksheet", folder / "worksheet", ignore=shutil.ignore_patterns("worksheet-key.*"))
    else:
        shutil.copytree(made, folder, dirs_exist_ok=True)
    for name in ("pyproject.toml", "LICENSE", "LICENSE-text"):
        shutil.copy(ROOT / name, folder)
    files = [(ROOT / name).read_text(encoding="utf-8") for name in ("requirements.txt", "pyproject.toml")]
    (folder / "requirements.txt").write_text(needed_to_run(*files), encoding="utf-8")
    (folder / "README.md").write_text(START.format(audience=AUDIENCE[audience]) + LICENCE, encoding="utf-8")


def pack(folder: Path, archive: Path) -> None:
    """Zip a folder with fixed times, so that the same course gives the same bytes."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = zipfile.ZipInfo(str(path.relative_to(folder.parent)), date_time=(2000, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(info, path.read_bytes())


def write(target: Path) -> None:
    with tempfile.TemporaryDirectory() as made:
        handouts(Path(made))
        for audience in AUDIENCE:
            folder = target / f"class-weights-{audience}"
            folder.mkdir(parents=True)
            fill(folder, audience, Path(made))
            pack(folder, folder.with_suffix(".zip"))


if __name__ == "__main__":
    write(empty_folder(__doc__, "classroom"))
