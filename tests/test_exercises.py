"""Each check accepts its solution, tells an untouched stub from an answer, and refuses wrong answers with hints."""

import functools
import importlib
import re
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
import torch
from conftest import LESSONS, SOLUTIONS

from helpers.exercises.core import ROUNDS, Ask, check, judge

SEEDS = (0, 1, 2)


def answers(path, source_filter: Callable[[str], bool]) -> dict[str, Callable[..., Any]]:
    """Run the chosen code cells of a notebook with a ``check`` that collects the answers by number."""
    collected: dict[str, Callable[..., Any]] = {}
    namespace: dict[str, Any] = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and source_filter(cell.source):
            source = re.sub(r"^from helpers.exercises import check$", "", cell.source, flags=re.M)
            namespace["check"] = collected.__setitem__
            exec(compile(source, path.name, "exec"), namespace)
    return collected


def exercises() -> list[str]:
    return [f"{int(path.name[:2])}.{i}" for path in LESSONS for i in (1, 2, 3)]


@functools.cache
def solutions(notebook: int) -> dict[str, Callable[..., Any]]:
    return answers(SOLUTIONS[notebook - 1], lambda _: True)


def solution(number: str) -> Callable[..., Any]:
    return solutions(int(number.partition(".")[0]))[number]


@pytest.fixture(scope="module")
def stubs() -> dict[str, Callable[..., Any]]:
    return {number: answer for path in LESSONS for number, answer in answers(path, lambda s: "check(" in s).items()}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("number", exercises())
def test_solution_is_right(number, seed):
    assert judge(number, solution(number), seed=seed) == ("right", "")


@pytest.mark.parametrize("number", exercises())
def test_stub_is_not_answered(number, stubs, capsys):
    check(number, stubs[number])
    assert capsys.readouterr().out == f"Exercise {number}: not answered yet.\n"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("number", exercises())
def test_wrong_answers_get_their_own_hints(number, seed):
    wrong = importlib.import_module(f"wrong_answers.notebook_{int(number.partition('.')[0]):02d}").WRONG[number]
    assert len(wrong) >= 2
    for words, answer in wrong.items():
        verdict, hint = judge(number, answer, seed=seed)
        assert verdict == "not yet"
        assert words in hint, answer.__name__


@pytest.mark.parametrize("number", exercises())
@pytest.mark.parametrize("constant", [0.0, 1.0, "converges", True])
def test_no_constant_passes(number, constant):
    assert judge(number, lambda *_: constant)[0] == "not yet"


def test_an_answer_that_raises_is_refused_with_its_error():
    def broken(*_):
        raise ZeroDivisionError("by nought")

    verdict, hint = judge("1.1", broken)
    assert verdict == "not yet"
    assert "ZeroDivisionError: by nought" in hint


def test_unknown_exercise_and_called_answer_are_errors():
    with pytest.raises(ValueError, match=r"'99.1', and there is no such exercise"):
        judge("99.1", lambda: 1)
    with pytest.raises(TypeError, match=r"number is 1\.1"):
        judge(1.1, lambda: 1)
    with pytest.raises(TypeError, match="without"):
        judge("1.1", 3.0)


def test_an_answer_cannot_alter_what_it_is_judged_by():
    asked = torch.ones(3)
    assert torch.equal(Ask(lambda t: t.zero_())(asked), torch.zeros(3))
    assert torch.equal(asked, torch.ones(3))


def test_inputs_are_drawn_anew_each_round_and_follow_the_seed():
    def arguments(**seed):
        seen = []

        def recorded(*given):
            seen.append(given[0].flatten()[0].item())
            return solution("1.1")(*given)

        assert judge("1.1", recorded, **seed) == ("right", "")
        return seen

    first = arguments(seed=0)
    assert len(set(first)) == len(first) >= ROUNDS
    assert arguments() == first
    assert not set(arguments(seed=1)) & set(first)


def test_what_came_back_instead_is_described():
    assert judge("3.2", lambda *_: torch.zeros(2, 3))[1] == "Return one number; yours is a tensor of shape (2, 3)."
    assert judge("3.2", lambda *_: "two")[1] == "Return one number; yours is a str."
    assert Ask(lambda: [1, 2]).tensor(shape=(2,)).dtype == torch.float64
