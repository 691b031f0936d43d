"""Prediction cards: the questions in a Predict's metadata, as choices and numbers that the reader commits to.

    "predict": {"choices": ["it grows", "it stays", "it shrinks"], "right": 1, "seen": "0.928008"}
    "predict": {"number": 5, "within": 0, "unit": "steps"}

or a list of these, each with its ``ask``. ``seen`` is what the following outputs print if that choice is right, so that
a test notices when they no longer do. Without ``right`` nobody judges the guess. The page holds the questions as lists;
``static/cards.js`` makes forms of them.
"""

import re
from dataclasses import dataclass
from html import escape
from typing import Any

from nbformat import NotebookNode

CLOSING = re.compile(r"^## Exercises$", re.M)
TALLY = '<div class="tally" role="region" aria-label="Your guesses" hidden></div>'
TALLY_OF_COURSE = TALLY.replace("tally", "tally of-course")  # on the front page


class CardError(ValueError):
    """A card that no reader could answer; the message says what is wrong with it."""


@dataclass(frozen=True)
class Choice:
    """One of several answers, in Markdown; ``right`` is the place of the right one, None where nothing judges."""

    choices: tuple[str, ...]
    right: int | None = None
    seen: str = ""
    ask: str = ""

    def __post_init__(self) -> None:
        texts = all(isinstance(text, str) and text.strip() for text in self.choices)
        if not texts or len(set(self.choices)) < max(2, len(self.choices)):
            raise CardError(f"choices should be two or more different texts; they are {list(self.choices)}")
        if self.right is not None and self.right not in range(len(self.choices)):
            raise CardError(f"right should be a place from 0 to {len(self.choices) - 1}; it is {self.right!r}")
        if (self.right is None) == bool(self.seen):
            raise CardError("a right choice needs seen, the words of an output that show it, and no other does")

    @property
    def answer(self) -> str:
        return "" if self.right is None else self.choices[self.right]

    def html(self) -> str:
        judged = "" if self.right is None else f' data-right="{self.right}"'
        items = "\n".join(f"- {text}" for text in self.choices)
        return f'<div class="question"{judged}>\n\n{self.ask}\n\n{items}\n\n</div>'


@dataclass(frozen=True)
class Number:
    """A number, right if it is at most ``within`` away."""

    number: float
    within: float
    unit: str = ""
    ask: str = ""

    def __post_init__(self) -> None:
        if not all(isinstance(value, int | float) for value in (self.number, self.within)) or self.within < 0:
            raise CardError(f"number and within should be numbers, within not negative; they are {self}")

    @property
    def answer(self) -> str:
        return f"{self.number:,} {self.unit}".strip()

    def html(self) -> str:
        judged = f'data-number="{self.number}" data-within="{self.within}" data-unit="{escape(self.unit)}"'
        return f'<div class="question" {judged}>\n\n{self.ask}\n\n</div>'


Question = Choice | Number


def question(fields: dict[str, Any]) -> Question:
    """Raises CardError for fields that make no question."""
    try:
        return Number(**fields) if "number" in fields else Choice(**fields | {"choices": tuple(fields["choices"])})
    except (KeyError, TypeError) as error:
        raise CardError(f"expected choices, right and seen, or number and within; found {dict(fields)}") from error


def questions(cell: NotebookNode) -> list[Question]:
    """What a Predict asks, in order; empty for a cell without a card."""
    found = cell.metadata.get("predict", [])
    asked = [question(dict(fields)) for fields in ([found] if isinstance(found, dict) else found)]
    if len(asked) > 1 and not all(one.ask for one in asked):
        raise CardError("of several questions each should say what it asks: give it an ask")
    return asked


def with_card(markdown: str, cell: NotebookNode) -> str:
    """The text of a cell with its card below; and before the exercises the place where the guesses are counted."""
    markdown = CLOSING.sub(lambda heading: f"{TALLY}\n\n{heading[0]}", markdown)
    parts = [one.html() for one in questions(cell)]
    if not parts:
        return markdown
    name = escape(cell.id)
    group = 'class="guess" role="group" aria-label="Prediction" tabindex="-1"'
    return "\n\n".join([markdown, f'<div {group} id="guess-{name}" data-cell="{name}">', *parts, "</div>"])
