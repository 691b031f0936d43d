"""What the course consists of. Each notebook says its number, question, minutes and part; all else reads them here.

    python -m book.course

writes the map of the notebooks into README.md, and their questions and minutes into the teaching guide.
"""

import os
import re
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
README, GUIDE = ROOT / "README.md", ROOT / "book" / "teaching.md"
NAME = "[0-9][0-9]_*.ipynb"
# What "course": {"part": ...} in a notebook's metadata may say, and the name of that part on the site.
PARTS = {
    "I": "The thread's own argument",
    "II": "Real data, optimisers, machines",
    "III": "What people ask next",
}
MAP = re.compile(r"(?<=<!-- the map, by make map -->\n).*?(?=<!-- end of the map -->)", re.S)
SECTION = re.compile(r"^### (\d\d) · (?:(?!^### ).)*?\*\*Timing\.\*\* \d+ minutes", re.M | re.S)


def repository() -> str:
    """Owner and name of the course's repository on GitHub, from COURSE_REPOSITORY; empty where that is not set.

    Raises ValueError for anything but an owner, a slash and a name.
    """
    name = os.environ.get("COURSE_REPOSITORY", "")
    if name and not re.fullmatch(r"[\w-]+/[\w.-]+", name):
        raise ValueError(f"COURSE_REPOSITORY is {name!r}; expected an owner and a name, such as owner/course")
    return name


def headings(markdown: str) -> list[str]:
    """Of the second and third level, in order and as they are written: those that have an address on the site."""
    return re.findall(r"^#{2,3} (.+)$", markdown, re.M)


class CourseError(ValueError):
    """A notebook lacks a word that the course reads; the message says which, and where it belongs."""


@dataclass(frozen=True)
class Lesson:
    path: Path
    notebook: NotebookNode

    @property
    def number(self) -> str:
        number = self.path.name[:2]
        return self._words(rf"\A# ({number}) · ", f'begin with "# {number} · ", as its file does')

    @property
    def question(self) -> str:
        return self._words(r"\A# \d\d · (.+\?)$", "ask its question in the title, with a question mark")

    @property
    def minutes(self) -> int:
        return int(self._words(r"^\*\*Time\.\*\* (?:About )?(\d+) minutes", 'say "**Time.** 25 minutes to read"'))

    @property
    def part(self) -> str:
        part = self.notebook.metadata.get("course", {}).get("part")
        if part not in PARTS:
            raise CourseError(
                f'{self.path.name}: the notebook\'s metadata should say to which part it belongs, "course": '
                f'{{"part": "II"}}, one of {", ".join(PARTS)}; they say {part!r}'
            )
        return part

    @property
    def headings(self) -> list[str]:
        return headings("\n".join(cell.source for cell in self.notebook.cells if cell.cell_type == "markdown"))

    def _words(self, pattern: str, wanted: str) -> str:
        found = re.search(pattern, self.notebook.cells[0].source, re.M)
        if found is None:
            raise CourseError(f"{self.path.name}: its first cell should {wanted}")
        return found[1]


def read(path: Path) -> Lesson:
    return Lesson(path, nbformat.read(path, as_version=4))


def lessons() -> list[Lesson]:
    """All notebooks, in order."""
    return [read(path) for path in sorted((ROOT / "notebooks").glob(NAME))]


def with_map(readme: str, course: list[Lesson]) -> str:
    """The README with a row for each notebook between its two markers."""
    rows = [
        f"| {lesson.part} | [{lesson.path.stem}](notebooks/{lesson.path.name}) | {lesson.question} | {lesson.minutes} |"
        for lesson in course
    ]
    if MAP.search(readme) is None:
        raise CourseError("README.md lacks the two markers between which the map stands: bring them back from git")
    table = ["| part | notebook | its question | minutes |", "|---|---|---|---|", *rows]
    return MAP.sub(lambda _: "\n".join(["", *table, "", ""]), readme)


def with_questions(guide: str, course: list[Lesson]) -> str:
    """The teaching guide with each notebook's question and minutes in its section."""
    known = {lesson.path.name[:2]: lesson for lesson in course}

    def renewed(section: re.Match[str]) -> str:
        if section[1] not in known:
            return section[0]
        lesson = known[section[1]]
        body = section[0].partition("\n")[2]
        heading = f"### {lesson.number} · {lesson.question}\n"
        return heading + re.sub(r"\d+ minutes$", f"{lesson.minutes} minutes", body)

    return SECTION.sub(renewed, guide)


def main() -> None:
    for path, renew in ((README, with_map), (GUIDE, with_questions)):
        path.write_text(renew(path.read_text(encoding="utf-8"), lessons()), encoding="utf-8")


if __name__ == "__main__":
    ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter).parse_args()
    try:
        main()
    except CourseError as error:
        sys.exit(str(error))
