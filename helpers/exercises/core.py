"""What an exercise is, and how an answer to it is judged.

An exercise is declared once, in ``notebook_NN.py``: its inputs, the right answer, and what a learner may do instead,
each with its hint: the formula stands below the hint that it gets, so ruff leaves the declarations alone. The judge
and the tests read the same declaration.
"""

import importlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator

from helpers.exercises.answers import Answer, NotAnsweredError, RefusedError, Submission, close, read_like

ROUNDS = 40  # inputs drawn for each judgement
SILENT = "it returns nothing."


@dataclass(frozen=True)
class Exercise:
    """An exercise with one right answer, which a learner's must equal on all drawn inputs."""

    number: str
    insight: str  # said after "right."
    second: str  # said below the hint, from the second wrong try on
    draw: Callable[[Generator], tuple[Any, ...]]
    right: Answer
    wrong: dict[str, Answer]  # from a hint to what a learner may return in place of the right answer
    otherwise: str  # the hint for an answer that is neither right nor a known wrong one

    def hint(self, submission: Submission, generator: Generator) -> str | None:
        """None if the submission is right, else the hint of the wrong answer that it equals on all inputs."""
        cases = [self.draw(generator) for _ in range(ROUNDS)]
        found = [read_like(submission(*case), self.right(*case)) for case in cases]

        def equals(answer: Answer) -> bool:
            return all(close(value, answer(*case)) for value, case in zip(found, cases, strict=True))

        if equals(self.right):
            return None
        return next((hint for hint, answer in self.wrong.items() if equals(answer)), self.otherwise)


@dataclass(frozen=True)
class Flaw:
    """What a counterexample must not have.

    ``found`` gets what was seen of the answer, then the inputs. It returns something false where the flaw is absent,
    else True or the words for the ``{}`` in the hint. ``answer`` is a wrong answer that has this flaw and none before.
    """

    hint: str
    found: Callable[..., bool | str]
    answer: Answer


@dataclass(frozen=True)
class Counterexample:
    """An exercise with many right answers: those without a flaw on any drawn input."""

    number: str
    insight: str
    second: str
    draw: Callable[[Generator], tuple[Any, ...]]
    see: Callable[..., Any]  # from the submission and the inputs to what the flaws are sought in
    right: Answer  # one of many
    wrong: tuple[Flaw, ...]  # in the order in which they are sought

    def hint(self, submission: Submission, generator: Generator) -> str | None:
        """None if the submission has no flaw, else the hint of the first."""
        for _ in range(ROUNDS):
            inputs = self.draw(generator)
            seen = self.see(submission, *inputs)
            for flaw in self.wrong:
                if detail := flaw.found(seen, *inputs):
                    return flaw.hint.format(detail)
        return None


def of_notebook(number: str) -> tuple[Exercise | Counterexample, ...]:
    """All exercises of the notebook to which ``number`` belongs; none if there is no such notebook."""
    try:
        return importlib.import_module(f"helpers.exercises.notebook_{number.partition('.')[0]:0>2}").EXERCISES
    except ModuleNotFoundError:
        return ()


def find_exercise(number: str) -> Exercise | Counterexample:
    """The declaration of the exercise.

    Raises ValueError for a number that no notebook has.
    """
    for exercise in of_notebook(str(number)):
        if exercise.number == number:
            return exercise
    raise ValueError(f'number is {number!r}, and there is no such exercise; expected a text such as "1.2"')


def judge(number: str, answer: Answer, *, seed: int | None = None) -> tuple[str, str]:
    """The verdict and what to say with it: "right" and the insight, "not yet" and a hint, or "not answered" and "".

    Inputs are drawn from ``seed``, or anew from the operating system's randomness where it is None.
    Raises ValueError or TypeError for a number that no notebook has, or an answer that is no function.
    """
    exercise = find_exercise(number)
    if not callable(answer):
        raise TypeError(f"answer is a {type(answer).__name__}; expected the function that you wrote, without ()")
    generator = torch.Generator()
    if seed is None:
        generator.seed()
    else:
        generator.manual_seed(seed)
    try:
        hint = exercise.hint(Submission(answer), generator)
    except NotAnsweredError:
        return "not answered", ""
    except RefusedError as refused:
        return "not yet", str(refused)
    return ("right", exercise.insight) if hint is None else ("not yet", hint)


class Check:
    """What a notebook calls: ``check("1.2", answer)`` prints what ``judge`` says of the answer.

    It remembers, as long as its kernel lives, what was right and how often an answer was wrong: a second hint needs
    to know that there was a first. Nothing is written, since the answers stand in the notebook: to run it is to know.
    """

    def __init__(self) -> None:
        self._right: set[str] = set()
        self._wrong: Counter[str] = Counter()

    def __call__(self, number: str, answer: Answer) -> None:
        verdict, words = judge(number, answer)
        print(f"Exercise {number}: {verdict}. {words}" if words else f"Exercise {number}: {verdict} yet: {SILENT}")
        if verdict == "right":
            self._right.add(number)
            print(self._progress(number))
        else:
            self._right.discard(number)
        if verdict == "not yet":
            self._wrong[number] += 1
            if self._wrong[number] > 1:
                print(f"A second hint: {find_exercise(number).second}")

    def _progress(self, number: str) -> str:
        numbers = {exercise.number for exercise in of_notebook(number)}
        right = len(self._right & numbers)
        if right == len(numbers):
            return f"All {right} exercises of this notebook are right."
        return f"{right} of the {len(numbers)} exercises of this notebook {'is' if right == 1 else 'are'} right."


check = Check()  # an exception to "no global state": a second hint needs to know of the first
