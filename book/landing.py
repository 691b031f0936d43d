"""The front page of the site, and the page that says how to run the course. Both are the README, section by section."""

import re

from nbformat import NotebookNode

from book.cards import TALLY_OF_COURSE
from book.course import MAP, PARTS, ROOT, CourseError, Lesson, repository
from book.figures import drawn

# What the front page takes of the README; the sections that stay are the page "Run it yourself".
PICTURE, ANSWER, DOORS, COURSE = "One picture", "The answer in five lines", "Three doors", "The map"
HEADING = re.compile(r"^## (.+)\n", re.M)
DOOR = re.compile(r"^- \*\*(\w[\w ]*)\.\*\* (.*?\]\(([^)]+)\).*)$", re.M)
IMAGE = re.compile(r"^!\[([^]]*)\]\([^)]*\)$", re.M)
PICTURED = ROOT / "notebooks" / "07_seven_thousand_classes.ipynb"  # whose figure the README shows
OPENING = "---\nhide-toc: true\n---\n"
RUN = "# Run it yourself\n\n"
RUNNING = (
    "The pages show what the notebooks printed. To run and change them, [run it yourself](run.md): two commands.\n"
)
# What the site has beside what the README names.
COUNTS, CALCULATOR = (
    "put them into [notebook 10]",
    "put them into the [calculator](book/calculator.md), or into [notebook 10]",
)


def badges(name: str) -> str:
    """Links to a repository's tests and to a copy of the course that runs on Binder."""
    home = f"https://github.com/{name}"
    tests = f"[![Tests]({home}/actions/workflows/tests.yml/badge.svg)]({home}/actions/workflows/tests.yml)"
    binder = f"https://mybinder.org/v2/gh/{name}/main?urlpath=lab/tree/notebooks/01_weighted_cross_entropy.ipynb"
    return f"{tests} [![Run on Binder](https://mybinder.org/badge_logo.svg)]({binder})\n\n"


def divided(readme: str) -> tuple[str, dict[str, str]]:
    """What stands before the first section, and the text of each section by its heading."""
    opening, *rest = HEADING.split(readme)
    found = dict(zip(rest[::2], rest[1::2], strict=True))
    for heading in (PICTURE, ANSWER, DOORS, COURSE):
        if heading not in found:
            raise CourseError(
                f'README.md has no section "## {heading}", of which the front page of the site is made: bring it back, '
                "or change its name in book/landing.py too"
            )
    return opening, found


def doors(section: str) -> str:
    """The list as three cards, each headed by a link to where its first link leads, with the site's calculator."""
    if COUNTS not in section:
        raise CourseError(
            f'README.md: "## {DOORS}" does not say "{COUNTS}", where the site adds its calculator: say so again, or '
            "change COUNTS in book/landing.py too"
        )
    section = section.replace(COUNTS, CALCULATOR).strip()
    cards, count = DOOR.subn(lambda door: f"- [{door[1]}]({door[3]})\n\n  {door[2]}\n", section)
    if count != 3:
        raise CourseError(f'README.md: "## {DOORS}" should be a list of three, as in "- **Learn.** ... [a](link) ..."')
    return f'<div class="doors">\n\n{cards}\n</div>\n\n'


def parts(course: list[Lesson]) -> str:
    """The notebooks of each part, by their questions."""
    page = ""
    for part, name in PARTS.items():
        page += f"- **Part {part} · {name}**\n\n"
        for lesson in course:
            if lesson.part == part:
                title = f"{lesson.number} · {lesson.question}"
                page += f"  - [{title}](notebooks/{lesson.path.name}) <small>{lesson.minutes} minutes</small>\n"
        page += "\n"
    return f'<div class="parts">\n\n{page}</div>\n\n'


def front_page(readme: str, course: list[Lesson]) -> str:
    """The question, one picture, the answer, the doors and the map."""
    opening, found = divided(readme)
    page = f"{OPENING}{opening}{found[PICTURE].strip()}\n\n"
    page += f"## {ANSWER}\n\n{found[ANSWER].strip()}\n\n## {DOORS}\n\n{doors(found[DOORS])}"
    words = MAP.sub("", found[COURSE]).replace("<!-- the map, by make map -->\n<!-- end of the map -->", "")
    page += f"## {COURSE}\n\n{parts(course)}{TALLY_OF_COURSE}\n\n{words.strip()}\n\n{RUNNING}"
    # A link within the README to one of its other sections.
    return re.sub(r"\]\(#", "](run.md#", solutions_page(page))


def in_theme(page: str, notebook: NotebookNode) -> str:
    """The picture as the notebook's SVG, found by its alternative text, so that it is dark in the dark."""

    def svg(image: re.Match[str]) -> str:
        found = drawn(notebook, image[1])
        return f"``````{{raw}} html\n{found}\n``````" if found else image[0]

    return IMAGE.sub(svg, page)


def run_page(readme: str) -> str:
    """How to install, run, teach and test the course."""
    _, found = divided(readme)
    rest = {name: text for name, text in found.items() if name not in (PICTURE, ANSWER, DOORS, COURSE)}
    page = RUN + (badges(repository()) if repository() else "")
    return solutions_page(page + "".join(f"## {name}\n{text}" for name, text in rest.items()))


def solutions_page(markdown: str) -> str:
    """Where the README links to a folder, the site has a page."""
    return markdown.replace("(notebooks/solutions)", "(notebooks/solutions/index.md)")
