"""The index of questions and the table of symptoms: two files that people edit, and the two pages made of them.

    python -m book.questions

writes book/questions.md and book/symptoms.md from book/questions.toml and book/symptoms.toml.
"""

import re
import sys
import tomllib
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from myst_parser.slugs import github_slugify

from book.adapt import keep_numbers_whole
from book.course import ROOT, CourseError, Lesson, lessons

BOOK = ROOT / "book"
TOP = """# Questions people ask

Each in the words of somebody who asked it, or close to them, with an answer of two lines and the section that shows
it. A number in an answer is printed there. What you see rather than ask stands in the
[table of symptoms](symptoms.md).

"""
SYMPTOMS_TOP = """# Symptoms

What you see, why, a line that tells whether it is so in your run, and the cure. In the lines, `z` are the logits
(N, K) and `y` the labels (N,), both without ignored samples, `w` the weights (K,), `n` the counts of the training set
(K,), `B` is the batch size, `w_max` the largest weight of a class with samples where the average sample weighs one,
and `F` is `torch.nn.functional`. A line takes for granted what its cause begins with: the loss, the divisor, the
optimiser, the format. True, it points to the cause; false, away from it.

"""
HOSTS = {
    r"https://github\.com/([\w-]+/[\w.-]+)/(?:issues|pull)/(\d+)": r"\1 \2",
    r"https://discuss\.pytorch\.org/t/[\w-]+/(\d+)": r"PyTorch forum \1",
    r"https://(\w+)\.stackexchange\.com/questions/(\d+)": r"Stack Exchange, \1 \2",
}


@dataclass(frozen=True)
class Question:
    """``shown`` is "01 · Heading", empty where the course does not cover it; ``thread`` is empty if asked often."""

    group: str
    asked: str
    answer: str
    shown: str = ""
    thread: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Symptom:
    """``test`` is a line of Python, true where the symptom has this cause; ``names`` says what else it uses."""

    seen: str
    cause: str
    test: str
    cure: str
    shown: str
    names: str = ""


def questions() -> list[Question]:
    rows = tomllib.loads((BOOK / "questions.toml").read_text(encoding="utf-8"))["question"]
    return [Question(**row | {"words": tuple(row.get("words", ()))}) for row in rows]


def symptoms() -> list[Symptom]:
    rows = tomllib.loads((BOOK / "symptoms.toml").read_text(encoding="utf-8"))["symptom"]
    return [Symptom(**row) for row in rows]


def plain(heading: str) -> str:
    """A heading as it is read: without the marks of code and emphasis, and with the content of its links."""
    return re.sub(r"[`*]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)).strip()


def place(shown: str, course: Iterable[Lesson]) -> tuple[Lesson, str]:
    """The lesson and the heading of a "01 · Heading". Raises CourseError where there is no such notebook or heading."""
    number, _, heading = shown.partition(" · ")
    lesson = next((lesson for lesson in course if lesson.path.name.startswith(f"{number}_")), None)
    if lesson is None:
        raise CourseError(f'"{shown}": there is no notebook {number}')
    if heading not in map(plain, lesson.headings):
        raise CourseError(f'"{shown}": {lesson.path.name} has no heading "{heading}"')
    return lesson, heading


def address(lesson: Lesson, heading: str) -> str:
    """Of a heading of a notebook, from a page in book/."""
    return f"../notebooks/{lesson.path.name}#{github_slugify(keep_numbers_whole(plain(heading)))}"


def link(shown: str, course: Iterable[Lesson]) -> str:
    lesson, heading = place(shown, course)
    return f"[{lesson.path.name[:2]}, *{heading}*]({address(lesson, heading)})"


def cited(thread: str) -> str:
    """A link to a thread, named by where it stands and its number."""
    for pattern, name in HOSTS.items():
        if found := re.fullmatch(pattern, thread):
            return f"[{found.expand(name)}]({thread})"
    raise CourseError(f"{thread}: not an address of a thread that we know how to name; add its host to HOSTS")


def entries(words: Iterable[str]) -> str:
    """Entries of Sphinx's index: its search finds these as they are written, numbers and two words together too."""
    return "".join(f"```{{index}} single: {form}\n```\n\n" for word in words for form in spellings(word))


def spellings(word: str) -> list[str]:
    """A number with spaces is written with plain ones, with some that hold, and with narrow ones that hold."""
    spaces = " \u00a0\u202f" if re.fullmatch(r"[\d ]+", word) else " "
    return list(dict.fromkeys(word.replace(" ", space) for space in spaces))


def paragraph(question: Question, course: list[Lesson], *, indexed: bool) -> str:
    where = f"Shown in {link(question.shown, course)}." if question.shown else "**Not covered.**"
    asked = f" Asked in {cited(question.thread)}." if question.thread else " Asked often."
    also = f" Also: {', '.join(question.words)}." if question.words else ""
    index = entries(question.words) if indexed else ""
    return f"### {question.asked}\n\n{index}{question.answer}\n\n{where}{asked}{also}\n\n"


def questions_page(course: list[Lesson], *, indexed: bool = False) -> str:
    """``indexed``: for the site, where other words go into the index that its search reads."""
    parts = [TOP]
    for group, own in groupby(questions(), key=lambda question: question.group):
        parts.append(f"## {group}\n\n")
        parts += [paragraph(question, course, indexed=indexed) for question in own]
    return "".join(parts).rstrip() + "\n"


def symptoms_page(course: list[Lesson]) -> str:
    rows = symptoms()
    parts = [SYMPTOMS_TOP, "| you see | because |\n|---|---|\n"]
    parts += [f"| [{row.seen}](#{github_slugify(row.seen)}) | {row.cause} |\n" for row in rows]
    parts.append("\n")
    for row in rows:
        names = f" {row.names[0].upper()}{row.names[1:]}." if row.names else ""
        parts.append(f"## {row.seen}\n\n{row.cause}\n\n**Test.**{names}\n\n```python\n{row.test}\n```\n\n")
        parts.append(f"**Cure.** {row.cure} Shown in {link(row.shown, course)}.\n\n")
    return "".join(parts).rstrip() + "\n"


PAGES = {"questions.md": questions_page, "symptoms.md": symptoms_page}


def main(folder: Path = BOOK) -> None:
    course = lessons()
    for name, page in PAGES.items():
        (folder / name).write_text(page(course), encoding="utf-8")


if __name__ == "__main__":
    ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter).parse_args()
    try:
        main()
    except CourseError as error:
        sys.exit(str(error))
