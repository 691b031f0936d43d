"""Every result number of three or more digits in prose stands in an output of its notebook."""

import re
from collections.abc import Iterator

from conftest import LESSONS, opened, placed, refuse
from nbformat import NotebookNode

from book.course import GUIDE, Lesson

NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:[ \u00a0\u202f,]\d{3})+(?:\.\d+)?(?![\d])|\d+(?:\.\d+)?(?:e[+-]?\d+)?")
NOT_PROSE = re.compile(
    r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)|https?://\S+|arXiv[: ]*[\d.]+|\b(?:19|20)\d\d\b", re.S
)


def canonical(number: str) -> str:
    """The digits alone: "25 000", "25,000" and "25000.0" are one number."""
    digits = re.sub(r"[ \u00a0\u202f,]", "", number)
    return re.sub(r"(\.\d*?)0+$", r"\1", digits).rstrip(".") if "e" not in digits else digits


def numbers(text: str) -> set[str]:
    return {canonical(number) for number in NUMBER.findall(text)}


def has_three_digits(number: str) -> bool:
    mantissa = number.split("e")[0].replace(".", "").lstrip("0")
    return len(mantissa) >= 3


def printed(notebook: NotebookNode) -> set[str]:
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            texts += [output.get("text", ""), output.get("evalue", "")]
            texts += [
                text
                for kind, text in output.get("data", {}).items()
                if kind in ("text/plain", "text/html", "text/markdown")
            ]
    return numbers("\n".join(texts))


def stated(text: str) -> dict[str, str]:
    """The numbers of three or more digits in a text: their canonical form, and how they stand there."""
    found = {canonical(number): number for number in NUMBER.findall(NOT_PROSE.sub(" ", text))}
    return {number: written for number, written in found.items() if has_three_digits(number)}


def unearned(lesson: Lesson) -> Iterator[str]:
    """Numbers of the prose with neither an output nor a reason, and reasons that are none or that no number needs."""
    given = lesson.notebook.metadata.get("course", {}).get("givens", {})
    if not isinstance(given, dict):
        yield f'its metadata say "givens": {given!r}; expected each number with its reason, {{"25000": "the asker\'s"}}'
        return
    known = printed(lesson.notebook) | set(map(canonical, given))
    used: set[str] = set()
    for place, cell in placed(lesson.notebook, "markdown"):
        used |= numbers(NOT_PROSE.sub(" ", cell.source))
        for number, written in stated(cell.source).items():
            if number not in known:
                yield (
                    f"{place} says {written}, which no output of the notebook prints: let a code cell print it, or "
                    f'give its reason in the notebook\'s metadata, "course": {{"givens": {{"{number}": "..."}}}}'
                )
    for number, reason in given.items():
        if not isinstance(reason, str) or not reason.strip():
            yield f'its metadata give {number} without a reason: write "{number}": "where it comes from"'
        if canonical(number) not in used:
            yield f"its metadata give {number}, which its prose does not use: remove that line"


def test_numbers_in_prose_are_earned(lesson):
    refuse(unearned(lesson), of=lesson.path)


def test_numbers_of_the_guide_stand_in_the_notebooks():
    notebooks = [opened(path).notebook for path in LESSONS]
    prose = "\n".join(cell.source for notebook in notebooks for _, cell in placed(notebook, "markdown"))
    known = numbers(prose).union(*map(printed, notebooks))
    said = stated(GUIDE.read_text(encoding="utf-8"))
    refuse((f"it says {said[number]}, which stands in no notebook" for number in said.keys() - known), of=GUIDE)


def test_reader_of_numbers_sees_separators_and_decimals():
    assert numbers("from 27 to 704,409, above 25\u00a0000; k* = 76.080, 1.5e-3 and 25,000.00") == {
        "27", "704409", "25000", "76.08", "1.5e-3",
    }  # fmt: skip
