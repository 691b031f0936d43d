"""Every result number of three or more digits in prose stands in an output of its notebook."""

import re
from pathlib import Path

from nbformat import NotebookNode

GIVENS = Path(__file__).with_name("givens")
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


def test_numbers_in_prose_are_earned(lesson):
    number = re.match(r"# (\d\d)", lesson.cells[0].source)[1]
    listed = (GIVENS / f"notebook_{number}.txt").read_text().splitlines()
    givens = {canonical(line.partition("#")[0].strip()) for line in listed}
    prose = "\n".join(NOT_PROSE.sub(" ", cell.source) for cell in lesson.cells if cell.cell_type == "markdown")
    stated = {number for number in numbers(prose) if has_three_digits(number)}
    assert stated - printed(lesson) - givens == set()
    assert givens <= numbers(prose), "a given that the prose does not use"


def test_reader_of_numbers_sees_separators_and_decimals():
    assert numbers("from 27 to 704 409, above 25\u00a0000; k* = 76.080, 1.5e-3 and 25,000.00") == {
        "27", "704409", "25000", "76.08", "1.5e-3",
    }  # fmt: skip
