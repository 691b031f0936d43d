"""What ``check`` says of a second wrong try: a further hint, which is true, leads somewhere, and is no answer."""

import ast
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from conftest import LESSONS, SOLUTIONS, code_cells, opened, refuse
from test_exercises import NUMBERS, solution

from helpers.exercises.core import Check, Exercise, find_exercise

NUMERIC = [number for number in NUMBERS if isinstance(find_exercise(number), Exercise)]


def t(*values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def labels(*values: int) -> torch.Tensor:
    return torch.tensor(values)


# The small case of each hint, and the result that the hint tells, found in these words.
CASES: dict[str, tuple[tuple[Any, ...], str]] = {
    "1.1": ((t(1, 3), labels(0, 1), t(1, 3)), "The default is {:g}"),
    "1.2": ((labels(0), t(1, 3), 0.2), "the loss {:.3f}"),
    "2.1": ((2.0, -2.0, 1.0, 10.0), "to {:.3f}"),
    "2.2": ((t(3, 1), t(0.75, 0.25)), "are {:g} and {:g}"),
    "3.1": ((t([0, 0]), t([0.5, 0.5]), t(1, 3)), "row is ({:g}, {:g})"),
    "3.2": ((t(3, 1), t(1, 1)), "gradient is ({:g}, {:g})"),
    "4.1": ((t([0]), t(0), t(1, 1), t(0, 0)), "bound is {:g}"),
    "5.1": ((t(3, 4), 1.0, 0.5), "asked for is {:.4f}"),
    "5.2": ((1.0, 1.0, 1.0, 0.5), "places are {:.3f}, {:.3f} and {:g}"),
    "6.1": ((t([0, 0]), t(1, 1), t(3, 1), t(0.5, 0.5)), "are {:g} and {:g}"),
    "6.2": ((10, 100, 0.5, 0.1), "precision of {:.3f}"),
    "7.1": ((0.1, t(1, 5), t(3, 1)), "0.1 becomes {:g}"),
    "7.2": ((t(1, 4), 2, 1 / 3), "1/3 at {:g}"),
    "8.1": ((t(1, 1), t(1, 3)), "are {:g} and {:g}"),
    "8.2": ((t(1, 3),), "{:g} times, on the heavy rank {:.3f} times"),
    "9.2": ((torch.bfloat16, 3.0), "stops at {:,.0f}"),
    "10.1": ((t(4, 1), 0.5), "weights {:.3f} and {:.3f}"),
    "12.1": ((t([1, 6], [3, 2]),), "ratio is {:g}"),
    "12.2": ((t(90, 10), 0.1, 0.5), "have {:.3f}"),
    "13.1": ((0.5, t(1, 9), t(5, 5)), "factor is {:g}"),
    "13.2": ((1.0, 1.0, 0.75, 1), "part is {:.3f}"),
    "14.1": ((t(1, 1), t(1, 1), 1.0, 0.0), "rate is {:g}"),
    "14.2": ((t(4, 1, 1), 0.5), "speeds {:g}, {:g} and {:g}"),
}
# Hints whose case stops short of the answer, which would be seen in it: their words, and the numbers in them from the
# right answer. The factors of 4.2 are 1 - lr k λ, the student of 11.2 learns at temperature T what softmax(z / T) is.
SHORT_OF_IT: dict[str, tuple[str, Callable[[Any], list[Any]]]] = {
    "4.2": ("for an eigenvalue of 0.5 it is {:g}, for 1.5 it is {:g}, for 2.5 it is {:g}.",
        lambda _: (1 - t(0.5, 1.5, 2.5)).tolist()),
    "9.1": ("At k = 1 the denominator is {:g} and the numerator {:.2f}.",
        lambda right: [1 + 3, torch.finfo(torch.float16).max / right(torch.float16, t(1, 2, 3), labels(0, 2))]),
    "11.1": ("are {:g}, {:g} and {:g}. The second class draws level where it is {:g} times as likely as the first",
        lambda right: [*1 / (odds := right(t(100, 10, 1), 20.0)), odds[1]]),
    "11.2": ("It learns {:g}/4 and {:g}/4, so the two entries of z / 2 are log {:g} apart.",
        lambda right: [*4 * (learned := right(t(0, 0), t(1, 3), 2).sqrt()) / learned.sum(), learned[1] / learned[0]]),
}  # fmt: skip
NO_CASE = {"10.2"}


def test_each_numeric_exercise_has_a_case_or_stops_short_of_one():
    assert sorted([*CASES, *SHORT_OF_IT, *NO_CASE]) == sorted(NUMERIC)
    assert [number for number in NO_CASE if "By hand" in find_exercise(number).second] == []


@pytest.mark.parametrize("number", CASES)
def test_what_a_hint_works_out_is_right(number: str):
    inputs, words = CASES[number]
    exercise = find_exercise(number)
    result = torch.as_tensor(exercise.right(*inputs), dtype=torch.float64).flatten().tolist()
    assert words.format(*result) in exercise.second


@pytest.mark.parametrize("number", SHORT_OF_IT)
def test_cases_that_stop_short_are_right_so_far(number: str):
    words, numbers = SHORT_OF_IT[number]
    exercise = find_exercise(number)
    assert words.format(*map(float, numbers(exercise.right))) in exercise.second


def headings() -> dict[str, list[str]]:
    found = {}
    for path in LESSONS:
        text = "\n".join(cell.source for cell in opened(path).notebook.cells if cell.cell_type == "markdown")
        found[str(int(path.name[:2]))] = re.findall(r"^##+ (.*)$", text.split("\n## What you measured")[0], re.M)
    return found


def test_each_names_a_section_of_its_notebook():
    known = headings()
    for number in NUMBERS:
        named = re.findall(r'"([^"]+)"', find_exercise(number).second)
        own = known[number.partition(".")[0]]
        lost = [name for name in named if not any(heading.endswith(name) for heading in own)]
        refuse(f"the second hint of {number} names {name!r}, which is no section of its notebook" for name in lost)
        assert len(named) == 1, number


def code_of(number: str) -> ast.Module:
    (source,) = code_cells(SOLUTIONS[int(number.partition(".")[0]) - 1], f'check("{number}"')
    return ast.parse(source)


def test_none_holds_code_of_the_answer():
    for number in NUMBERS:
        hint = re.sub(r"\s", "", find_exercise(number).second)
        assert hint[-1] in ".?"
        values = [node.value for node in ast.walk(code_of(number)) if isinstance(node, ast.Return | ast.Assign)]
        code = [ast.unparse(value) for value in values if value and not isinstance(value, ast.Name | ast.Constant)]
        assert code, number
        refuse(f"the second hint of {number} holds {one}" for one in code if re.sub(r"\s", "", one) in hint)


def test_it_is_said_on_the_second_wrong_try_and_not_on_the_first(capsys: pytest.CaptureFixture[str]):
    for number in NUMBERS:
        check, second = Check(), f"A second hint: {find_exercise(number).second}\n"
        said = []
        for answer in (lambda *_: None, lambda *_: "no", lambda *_: None, lambda *_: "no"):
            check(number, answer)
            said.append(capsys.readouterr().out)
        assert ["not yet. " in words for words in said] == [False, True, False, True]
        assert [words.endswith(second) and words != second for words in said] == [False, False, False, True]
        assert "A second hint" not in "".join(said[:3])
        Check()(number, lambda *_: "no")
        assert second not in capsys.readouterr().out


def test_progress_counts_what_is_right_now(capsys: pytest.CaptureFixture[str]):
    check = Check()

    def last(number: str, answer: Any) -> str:
        check(number, answer)
        return capsys.readouterr().out.splitlines()[-1]

    assert last("1.1", solution("1.1")) == "1 of the 3 exercises of this notebook is right."
    assert last("1.1", solution("1.1")) == "1 of the 3 exercises of this notebook is right."
    assert last("2.1", solution("2.1")) == "1 of the 3 exercises of this notebook is right."
    assert last("1.2", solution("1.2")) == "2 of the 3 exercises of this notebook are right."
    assert last("1.1", lambda *_: "no").startswith("Exercise 1.1: not yet.")
    assert last("1.3", solution("1.3")) == "2 of the 3 exercises of this notebook are right."
    assert last("1.1", solution("1.1")) == "All 3 exercises of this notebook are right."
