"""Each check accepts its solution, tells an untouched stub from an answer, and refuses wrong answers with hints."""

import functools
import importlib
import math
import re
from collections.abc import Callable
from typing import Any

import nbformat
import numpy as np
import pytest
import torch
from conftest import LESSONS, SOLUTIONS

from helpers.arguments import LARGEST_SEED
from helpers.exercises.core import ROUNDS, Ask, RefusedError, check, judge
from helpers.exercises.notebook_05 import moves

SEEDS = (0, 1, 2)
# What each exercise hands to an answer: hints quote it, so that two learners who compare theirs see the same.
ASKED = {
    "1.1": [1.80995, 1.57857, 2.94639],
    "1.2": [26.2905, "indices mean indices sum probabilities mean smoothing mean"],
    "1.3": [0.761975],
    "2.1": [1.68584, 0.980315, 2.74605, 11.2898],
    "2.2": [0.17387, 1.67507, 15.9462, "samples weights"],
    "2.3": [1.72498, 12.9729, 1.47321],
    "3.1": [0.817156, 0.2287, 2.67464],
    "3.2": [458.016, 0.0767882, "None samples weights"],
    "3.3": [0.768572, 0.647651, 0.00503139],
    "4.1": [0.783668, 0.2875, 3.54737, 0.772426],
    "4.2": [1.27328, 102.797, 73.0524],
    "4.3": [17.45, 1020.98],
    "5.1": [0.813765, 1.85847e-06, 0.943955],
    "5.2": [2.37139, 1.44867, 0.96159, 0.345644],
    "5.3": [0.990632],
    "6.1": [1.61529, 3.82423],
    "6.2": [5663.75, 32111.0, 0.600096, 0.093141],
    "6.3": [1970.2],
    "7.1": [0.580894, 7.34676, 353.066],
    "7.2": [5.39851, "Adam SGD", "samples weights"],
    "7.3": [99.7523],
    "8.1": [427.145, 2.81611],
    "8.2": [14.7449],
    "8.3": [14.6798],
    "9.1": ["torch.bfloat16 torch.float16 torch.float32", 10.4501, 12.0142],
    "9.2": [1654.05, 5550.21, 3251760.0],
    "9.3": [3059.15],
    "10.1": [2530.79, 0.527563],
    "10.2": [26.2905, "indices mean indices sum probabilities mean", "Adam SGD"],
    "10.3": [13632.5],
}


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


def given(number: str) -> Any:
    """What tests/answers holds for a notebook: WRONG answers, and RIGHT ones of another kind than the solution."""
    return importlib.import_module(f"answers.notebook_{int(number.partition('.')[0]):02d}")


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
    wrong = given(number).WRONG[number]
    assert len(wrong) >= 2
    for words, answer in wrong.items():
        verdict, hint = judge(number, answer, seed=seed)
        assert verdict == "not yet"
        assert words in hint, answer.__name__


@pytest.mark.parametrize("number", exercises())
def test_right_answers_of_another_kind_are_right(number):
    for answer in getattr(given(number), "RIGHT", {}).get(number, []):
        assert judge(number, answer) == ("right", ""), answer.__name__


@pytest.mark.parametrize("number", exercises())
@pytest.mark.parametrize("constant", [0.0, 1.0, "converges", True])
def test_no_constant_passes(number, constant):
    assert judge(number, lambda *_: constant)[0] == "not yet"


NO_ANSWERS = [
    *(math.nan, math.inf, -math.inf, 10**400, 1j, "1", b"1", {1: 2}, {1, 2}, object(), len, [], ()),
    *(("a", "b"), (None, ...), ([math.nan], [math.nan]), ([], []), (1, 2), (math.inf, math.inf), [[1.0], [1.0, 2.0]]),
    *(torch.tensor([]), torch.tensor(math.nan), torch.tensor([True, False]), torch.tensor([1j, 2j])),
    *(torch.eye(3).to_sparse(), torch.eye(2, requires_grad=True), torch.full((2, 3), math.inf), np.array(["a", "b"])),
]


@pytest.mark.parametrize("number", exercises())
def test_what_is_no_answer_gets_a_hint(number):
    for value in NO_ANSWERS:
        verdict, hint = judge(number, lambda *_, value=value: value)
        assert verdict == "not yet", value
        assert len(hint) > 20, value


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


def test_the_largest_seed_is_the_last_that_is_taken():
    largest = LARGEST_SEED // ROUNDS**3
    assert judge("1.2", solution("1.2"), seed=largest) == ("right", "")
    with pytest.raises(ValueError, match="seed"):
        judge("1.2", solution("1.2"), seed=largest + 1)


def test_an_answer_cannot_alter_what_it_is_judged_by():
    asked = torch.ones(3)
    assert torch.equal(Ask(lambda t: t.zero_())(asked), torch.zeros(3))
    assert torch.equal(asked, torch.ones(3))


def asked(number: str, **seed: int) -> list[tuple[Any, ...]]:
    """The arguments of all calls by which an exercise judges its solution."""
    seen = []

    def recorded(*given):
        seen.append(given)
        return solution(number)(*given)

    assert judge(number, recorded, **seed) == ("right", "")
    return seen


def summary(calls: list[tuple[Any, ...]]) -> list[float | str]:
    """For each argument the mean size of its numbers, to 6 digits, or its words."""
    said: list[float | str] = []
    for values in zip(*calls, strict=True):
        if isinstance(values[0], int | float | torch.Tensor):
            sizes = torch.cat([torch.as_tensor(value, dtype=torch.float64).abs().flatten() for value in values])
            said.append(float(f"{float(sizes.mean()):.6g}"))
        else:
            said.append(" ".join(sorted({str(value) for value in values})))
    return said


@pytest.mark.parametrize("number", exercises())
def test_inputs_follow_the_seed_alone(number):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = summary(asked(number))
    assert torch.equal(torch.get_rng_state(), before)
    assert first == [pytest.approx(value, rel=1e-4) if isinstance(value, float) else value for value in ASKED[number]]
    assert summary(asked(number, seed=1)) != first


def test_inputs_are_drawn_anew_each_round():
    first = [given[0].flatten()[0].item() for given in asked("1.1")]
    assert len(set(first)) == len(first) == ROUNDS
    assert not set(first) & {given[0].flatten()[0].item() for given in asked("1.1", seed=1)}


@pytest.mark.parametrize(
    "returned", [([1.0], [math.nan]), ([math.nan], [1.0]), ([1.0], "a"), ("a", [1.0]), [[1.0]], 1.0]
)
def test_a_pair_is_two_lists_of_numbers(returned):
    with pytest.raises(RefusedError, match="two, please"):
        Ask(lambda: returned).pair(wanted="two, please")


def test_what_came_back_instead_is_described():
    assert judge("3.2", lambda *_: torch.zeros(2, 3))[1] == "Return one number; yours is a tensor of shape (2, 3)."
    assert judge("3.2", lambda *_: "two")[1] == "Return one number; yours is a str."
    assert judge("3.2", lambda *_: math.nan)[1].startswith("Return one number; yours is nan")
    assert judge("8.1", lambda counts, _: counts * math.nan)[1].startswith("Return numbers; some of yours are nan")
    assert Ask(lambda: [1, 2]).tensor(shape=(2,)).dtype == torch.float64


@pytest.mark.parametrize("seed", SEEDS)
def test_adam_that_judges_5_3_is_pytorchs(seed):
    gradients = torch.randn(20, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    place = torch.zeros((), dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([place], lr=1.0, eps=0.0)
    for g in gradients:
        place.grad = g.clone()
        adam.step()
    assert moves(gradients) == pytest.approx(place.item(), rel=1e-12)
