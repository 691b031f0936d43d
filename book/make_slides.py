"""Write a reveal.js deck for each notebook and one for the lecture, and the teaching guide.

Everything that they load lies beside them.
"""

import importlib.util
import re
import shutil
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from pygments.formatters import HtmlFormatter

from book.course import GUIDE, lessons
from book.deck import STYLE, Slide, rendered, slides
from book.formulas import style_sheet
from book.lecture import lecture
from book.target import empty_folder

BOOK = Path(__file__).resolve().parent
LOOK = BOOK / "slides"
REVEAL = ("dist/reset.css", "dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js")


def reveal_folder() -> Path:
    """sphinx-revealjs is installed for the copy of reveal.js that it carries; its Sphinx builder is not used."""
    spec = importlib.util.find_spec("sphinx_revealjs")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("sphinx-revealjs is missing: install requirements.txt")
    return Path(spec.origin).parent / "_static" / "revealjs"


def copy_assets(target: Path) -> None:
    target.mkdir(parents=True)
    for name in REVEAL:
        shutil.copy(reveal_folder() / name, target)
    (target / "formulas.css").write_text(style_sheet(), encoding="utf-8")
    for path in (LOOK / "deck.css", LOOK / "deck.js", LOOK / "worksheet.css"):
        shutil.copy(path, target)
    (target / "code.css").write_text(HtmlFormatter(style=STYLE).get_style_defs(".highlight"), encoding="utf-8")


def decks() -> dict[str, tuple[str, list[Slide]]]:
    """Title and slides of the lecture and of each notebook, by the name of the file."""
    course = lessons()
    of_each = {lesson.path.stem: (f"{lesson.number} · {lesson.question}", slides(lesson.notebook)) for lesson in course}
    return {"lecture": ("The lecture of 50 minutes", lecture(course)), **of_each}


def write(target: Path) -> None:
    copy_assets(target / "assets")
    environment = Environment(loader=FileSystemLoader(LOOK), autoescape=select_autoescape(default=True))
    template = environment.get_template("deck.html")
    found = decks()
    for name, (title, deck) in found.items():
        page = template.render(title=title.replace("`", ""), slides=deck)
        (target / f"{name}.html").write_text(page, encoding="utf-8")
    titles = {name: rendered(title).removeprefix("<p>").removesuffix("</p>\n") for name, (title, _) in found.items()}
    guide = re.sub(r"\]\(\.\./notebooks/(\d\d_\w+)\.ipynb[^)]*\)", r"](\1.html)", GUIDE.read_text(encoding="utf-8"))
    guide = re.sub(r"\[([^]]*)\]\(\w+\.md[^)]*\)", r"\1", guide)  # pages of the site
    page = environment.get_template("guide.html").render(guide=rendered(guide))
    (target / "guide.html").write_text(page, encoding="utf-8")
    index = environment.get_template("index.html").render(decks=titles)
    (target / "index.html").write_text(index, encoding="utf-8")


if __name__ == "__main__":
    write(empty_folder(__doc__, "slides"))
