"""Lay out the sources of the site, from the README, the notebooks with their stored outputs and the teaching guide."""

import itertools
import re
import shutil
from pathlib import Path

import nbformat

from book.adapt import adapt, keep_numbers_whole
from book.bibliography import REFERENCES, bibliography_page
from book.course import PARTS, ROOT, Lesson, lessons
from book.landing import PICTURED, front_page, in_theme, run_page
from book.moving import calculator, with_figures
from book.objectives import objectives_page
from book.questions import questions_page, symptoms_page
from book.target import empty_folder
from helpers.datasets import stored_runs

BOOK = ROOT / "book"
# The pages beside the notebooks, in the order of the contents.
BESIDE = {
    "Your case": ["book/calculator", "book/questions", "book/symptoms", "book/sheet"],
    "With the course": [
        *("run", "notebooks/solutions/index", "book/replication", "book/glossary", "book/bibliography"),
        *("book/teaching", "book/objectives", "data/README"),
    ],
}
SOLUTIONS = """# Solutions

Try an exercise first. Each page here gives one way to solve the three exercises of its notebook, with the reason.

"""


REPLICATIONS = """# Does it hold elsewhere?

Each notebook's conclusions, run again on draws that no notebook uses, and under settings other than its own. A
conclusion that does not hold says here when it does. Made by `make replicate`; the file is `data/replication.json`.

"""


def replications(rows: list[dict[str, str]], course: list[Lesson]) -> str:
    """A section a notebook, with a table of its conclusions and how often each held."""
    pages = {lesson.number: lesson for lesson in course}
    parts = [REPLICATIONS]
    for number, own in itertools.groupby(rows, key=lambda row: row["notebook"]):
        lesson = pages[number]
        parts.append(f"## [{number} · {lesson.question}](../notebooks/{lesson.path.name})\n\n")
        parts.append("| conclusion | tried | held in |\n|---|---|---|\n")
        for sentence, settings in itertools.groupby(own, key=lambda row: row["sentence"]):
            for i, row in enumerate(settings):
                held = f"{row['held'].count('1')}\u00a0of\u00a0{len(row['held'])}"
                parts.append(f"| {sentence if not i else ''} | {row['setting']} | {held} |\n")
        parts.append("\n")
    return "".join(parts)


def toctree(entries: list[str], *, caption: str = "", hidden: bool = True) -> str:
    options = ([":hidden:"] if hidden else []) + ([f":caption: {caption}"] if caption else [])
    return "\n".join(["```{toctree}", ":maxdepth: 1", *options, "", *entries, "```", ""])


def contents(course: list[Lesson]) -> str:
    """The order of the site."""
    pages = {part: [f"notebooks/{lesson.path.stem}" for lesson in course if lesson.part == part] for part in PARTS}
    trees = [toctree(pages[part], caption=f"Part {part} · {name}") for part, name in PARTS.items() if pages[part]]
    return "\n".join(trees + [toctree(entries, caption=caption) for caption, entries in BESIDE.items()])


def local_files(markdown: str) -> list[str]:
    """The pictures and files of the repository to which a page links, without pages of the site."""
    links = re.findall(r"\]\(([^)#\s]+)\)|<img[^>]*src=\"([^\"]+)\"", markdown)
    paths = [first or second for first, second in links]
    return [path for path in paths if (ROOT / path).is_file() and not path.endswith((".md", ".ipynb"))]


def prepare(target: Path) -> None:
    """Write the sources below ``target``, in the folders of the repository, so that relative links keep their sense."""
    for path in sorted((ROOT / "notebooks").rglob("[0-9][0-9]_*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        copy = target / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        # First what moves, which is no picture whose code would be folded.
        nbformat.write(adapt(with_figures(nbformat.read(path, as_version=4))), copy)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pictured = nbformat.read(PICTURED, as_version=4)
    for path in local_files(readme):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target / path)
    for name, page in (("index", front_page(readme, lessons()) + contents(lessons())), ("run", run_page(readme))):
        (target / f"{name}.md").write_text(in_theme(keep_numbers_whole(page), pictured), encoding="utf-8")
    solved = sorted(path.stem for path in (target / "notebooks" / "solutions").glob("*.ipynb"))
    solutions = SOLUTIONS + toctree(solved, hidden=False)
    (target / "notebooks" / "solutions" / "index.md").write_text(solutions, encoding="utf-8")
    (target / "data").mkdir(exist_ok=True)
    data = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    (target / "data" / "README.md").write_text(data, encoding="utf-8")
    write_book(target / "book", lessons())
    shutil.copy(REFERENCES, target / REFERENCES.name)


def write_book(folder: Path, course: list[Lesson]) -> None:
    """The pages beside the notebooks: those that people write, and those that are made of a file."""
    folder.mkdir(exist_ok=True)
    rows = stored_runs("replication.json")["rows"]
    pages = {name: (BOOK / f"{name}.md").read_text(encoding="utf-8") for name in ("teaching", "glossary", "sheet")}
    pages["replication"] = replications(rows, course)
    pages["questions"] = questions_page(course, indexed=True)
    pages["symptoms"] = symptoms_page(course)
    pages["calculator"] = calculator()
    pages["objectives"] = objectives_page(course)
    pages["bibliography"] = bibliography_page(course)
    for name, page in pages.items():
        (folder / f"{name}.md").write_text(keep_numbers_whole(page), encoding="utf-8")


if __name__ == "__main__":
    prepare(empty_folder(__doc__, "source"))
