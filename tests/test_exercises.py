"""Each exercise accepts its right answers, tells a stub from an answer, and gives each wrong one its own hint.

What is wrong, and what its hint is, stands in the declarations, helpers/exercises/notebook_NN.py.
"""

import functools
import inspect
import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import torch
from conftest import LESSONS, SOLUTIONS, opened, refuse
from torch.nn import functional as F

from book.objectives import exercises
from helpers.exercises.answers import (
    TOLERANCE,
    NotAnsweredError,
    RefusedError,
    Submission,
    close,
    read_like,
    read_pair,
    read_tensor,
)
from helpers.exercises.core import ROUNDS, Check, Exercise, check, find_exercise, judge
from helpers.exercises.draws import sign
from helpers.exercises.notebook_05 import moves
from helpers.exercises.notebook_09 import needed, rescuing_scale

NUMBERS = [f"{int(path.name[:2])}.{i}" for path in LESSONS for i in (1, 2, 3)]
NUMERIC = [number for number in NUMBERS if isinstance(find_exercise(number), Exercise) and number != "4.2"]
SEEDS = (0, 1, 2)


def collected(path: Path, source_filter: Callable[[str], bool]) -> dict[str, Callable[..., Any]]:
    """Run the chosen code cells of a notebook with a ``check`` that collects the answers by number."""
    answers: dict[str, Callable[..., Any]] = {}
    namespace: dict[str, Any] = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and source_filter(cell.source):
            source = re.sub(r"^from helpers.exercises import check$", "", cell.source, flags=re.M)
            namespace["check"] = answers.__setitem__
            exec(compile(source, path.name, "exec"), namespace)
    return answers


@functools.cache
def solution(number: str) -> Callable[..., Any]:
    return collected(SOLUTIONS[int(number.partition(".")[0]) - 1], lambda _: True)[number]


@functools.cache
def stub(number: str) -> Callable[..., Any]:
    return collected(LESSONS[int(number.partition(".")[0]) - 1], lambda source: "check(" in source)[number]


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem[:2])
def test_a_solution_stands_under_the_heading_of_its_exercise(path: Path):
    asked = exercises(opened(path.parents[1] / path.name))
    assert len(asked) == 3
    assert exercises(opened(path)) == asked


def hints(number: str) -> list[tuple[str, Callable[..., Any]]]:
    exercise = find_exercise(number)
    if isinstance(exercise, Exercise):
        return list(exercise.wrong.items())
    return [(flaw.hint, flaw.answer) for flaw in exercise.wrong]


@pytest.mark.parametrize("number", NUMBERS)
def test_right_answer_and_solution_are_right(number):
    exercise = find_exercise(number)
    for whose, answer in (("its declaration", exercise.right), ("the notebook of solutions", solution(number))):
        said = {judge(number, answer, seed=seed) for seed in SEEDS} - {("right", exercise.insight)}
        refuse(
            f"exercise {number}: the right answer of {whose} is judged {verdict!r}: {words}" for verdict, words in said
        )


@pytest.mark.parametrize("number", NUMBERS)
def test_each_wrong_answer_gets_its_own_hint(number):
    assert len(hints(number)) == len(dict(hints(number))) >= 4
    for hint, answer in hints(number):
        before, _, after = hint.partition("{}")
        for verdict, words in {judge(number, answer, seed=seed) for seed in SEEDS}:
            own = words.startswith(before) and words.endswith(after) and words[-1] in ".?" and "True" not in words
            if verdict != "not yet" or not own:
                refuse([f"exercise {number}: the wrong answer under {hint!r} is judged {verdict!r}: {words}"])


@pytest.mark.parametrize("number", NUMERIC)
def test_four_digits_count_and_the_fifth_does_not(number):
    right = find_exercise(number).right
    assert judge(number, lambda *inputs: right(*inputs) * (1 + TOLERANCE / 2), seed=0)[0] == "right"
    verdict, hint = judge(number, lambda *inputs: right(*inputs) * (1 + 2 * TOLERANCE), seed=0)
    assert (verdict, hint) == ("not yet", find_exercise(number).otherwise)


@pytest.mark.parametrize("number", NUMBERS)
def test_stub_is_not_answered_and_asks_for_what_the_solution_takes(number, capsys):
    check(number, stub(number))
    assert capsys.readouterr().out == f"Exercise {number}: not answered yet: it returns nothing.\n"
    assert stub(number).__name__ == solution(number).__name__
    parameters = [inspect.signature(answer).parameters for answer in (stub(number), solution(number))]
    assert [name.lstrip("_") for name in parameters[0]] == [name.lstrip("_") for name in parameters[1]]


def clipped(longest: float) -> Callable[..., Any]:
    return lambda theta, gradient, lr: theta - lr * gradient * min(1.0, longest / float(gradient.norm()))


def leading(by: float) -> Callable[..., Any]:
    """2.3, with a lead of B that does not depend on k."""
    return lambda w, _k, y: (torch.zeros(len(y), len(w)), by * F.one_hot(y, len(w)))


def exponent_found(counts: torch.Tensor, limit: int, share: float) -> float:
    """The solution of 7.2, for a tail that holds the classes of ``limit`` samples as well."""
    return solution("7.2")(counts, limit + 1, share)


# What must not pass, though it did once or nearly does, and how what is said of it begins.
SLIPS: list[tuple[str, Callable[..., Any], str]] = [
    ("1.3", lambda z: (z.argmax(dim=1), [1.999] * 3), "The loss from one-hot rows is only 1.999 times"),
    *[("2.3", leading(by), "B is better on every sample, but it also prints") for by in (1e-2, 1e-3, 1e-4)],
    *[("3.3", clipped(longest), "Your rule differs from plain SGD for some") for longest in (1.0, 0.01, 0.001)],
    ("3.3", lambda theta, gradient, lr: theta.float() - lr * gradient.float(), "Return theta's own dtype, "),
    ("5.3", lambda g: torch.where(g < 0, 10.004, 0.1), "Keep each factor from 0.1 to 10; yours go from 0.1 to 10.004."),
    ("7.2", exponent_found, "Your tail holds a class of `limit` samples too."),
    (
        "7.3",
        lambda _held_out: ([1], [1]),
        "Return two tensors: the pairs that A finds, and the pairs that B finds, of each "
        "word. Yours have the shapes (1,) and (1,), not (",
    ),
    ("8.1", lambda n, _w: 2 * (n / (n[:, None] + n)) @ (n / n.sum()), "Of which class"),
    ("8.1", lambda _n, w: 2 * (w[:, None] / (w[:, None] + w)) @ ((1 / w) / (1 / w).sum()), "Of which class"),
    ("8.1", lambda n, w: 2 * (w[:, None] / (w[:, None] + w)) @ (n * w / (n * w).sum()), "Of which class"),
    ("14.3", lambda k, ratio: 0.37 * find_exercise("14.3").right(k, ratio), "A count is a whole number above zero"),
]


@pytest.mark.parametrize(("number", "answer", "words"), SLIPS)
def test_a_slip_is_not_right(number, answer, words):
    for seed in SEEDS:
        verdict, said = judge(number, answer, seed=seed)
        assert (verdict, said[: len(words)]) == ("not yet", words)


def gradient_of_samples(counts: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """3.2, by PyTorch, from one label for each sample."""
    biases = torch.zeros(len(w), dtype=torch.float64, requires_grad=True)
    y = torch.arange(len(w)).repeat_interleave(counts)
    (gradient,) = torch.autograd.grad(F.cross_entropy(biases.expand(len(y), -1), y, weight=w), biases)
    return gradient


def largest_lr(inputs: torch.Tensor, targets: torch.Tensor, w: torch.Tensor, minimum: torch.Tensor) -> torch.Tensor:
    """4.1, with the labels as indices."""
    x = torch.cat([inputs, torch.ones(len(inputs), 1)], dim=1)
    p = torch.sigmoid(x @ minimum)
    return 2 / torch.linalg.eigvalsh((x.T * (w[targets] * p * (1 - p))) @ x / len(x))[-1]


# Right answers that nearly are not.
UNUSUAL: list[tuple[str, Callable[..., Any]]] = [
    ("3.2", gradient_of_samples),
    ("4.1", largest_lr),
    ("3.3", lambda theta, gradient, lr: theta - lr * (gradient + 1e-4 * theta)),
    ("3.3", lambda theta, gradient, lr: theta - lr**2 * gradient),
    ("3.3", lambda theta, gradient, lr: theta - lr * gradient**3),
    ("3.3", lambda theta, gradient, lr: theta - lr * gradient.tanh()),
    *[("5.3", lambda g, light=light: torch.where(g < 0, 10.0, light)) for light in (0.2, 1.0)],
    ("9.3", lambda num_classes: torch.tensor([1.0, 4 * 2.0**41 / (num_classes - 1)])),
    ("10.3", lambda limit: (1 for _ in range(limit + 1))),
    ("12.3", lambda p, q: 1e-10 * find_exercise("12.3").right(p, q)),
]


@pytest.mark.parametrize(("number", "answer"), UNUSUAL)
def test_an_unusual_answer_is_right(number, answer):
    assert {judge(number, answer, seed=seed)[0] for seed in SEEDS} == {"right"}


NO_ANSWERS = [
    *(0.0, 1.0, True, "glide", math.nan, math.inf, -math.inf, 10**400, 1j, "1", b"1", {1: 2}, {1, 2}, object(), len),
    *([], (), ("a", "b"), (None, ...), ([math.nan], [math.nan]), ([], []), (1, 2), (math.inf, math.inf), [[1], [1, 2]]),
    *(torch.tensor([]), torch.tensor(math.nan), torch.tensor([True, False]), torch.tensor([1j, 2j])),
    torch.zeros(2, device="meta"),
    *({"y": [0], "w": [1]}.values(), Fraction(1, 3)),
    *(torch.eye(3).to_sparse(), torch.eye(2, requires_grad=True), torch.full((2, 3), math.inf), np.array(["a", "b"])),
]


@pytest.mark.parametrize("number", ["1.3", "4.3", "6.3", "7.3", "8.3"])
def test_pairs_may_come_from_a_generator_or_as_numpy_arrays(number):
    def arrays(*inputs: Any) -> tuple[Any, ...]:
        """Read from behind, which torch does not do."""
        return tuple(np.array(torch.as_tensor(part).tolist()[::-1])[::-1] for part in solution(number)(*inputs))

    for answer in (arrays, lambda *inputs: (part for part in solution(number)(*inputs))):
        assert judge(number, answer, seed=0)[0] == "right"


@pytest.mark.parametrize("label", [0.5, 3, -1])
def test_a_label_of_a_rank_is_a_class(label):
    def with_another(w: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Right, but for one label of each rank, beside which its class has others."""
        ranks = tuple(torch.as_tensor(labels, dtype=torch.float64) for labels in solution("8.3")(w))
        for labels in ranks:
            labels[-1] = label
        return ranks

    assert judge("8.3", with_another, seed=0) == ("not yet", "A label is 0, 1 or 2; some of yours are not.")


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_no_answer_gets_a_hint(number):
    for value in NO_ANSWERS:
        verdict, hint = judge(number, lambda *_, value=value: value)
        assert verdict == "not yet", value
        assert len(hint) > 20, value

    def broken(*_):
        raise ZeroDivisionError("by nought")

    assert judge(number, broken) == ("not yet", "Your function raised ZeroDivisionError: by nought")


def first_inputs(number: str, **seed: int) -> list[Any]:
    """The inputs of the first call by which an exercise is judged."""
    seen: list[Any] = []
    judge(number, lambda *inputs: seen.append(inputs), **seed)
    return [value.tolist() if isinstance(value, torch.Tensor) else value for value in seen[0]]


@pytest.mark.parametrize("number", NUMBERS)
def test_inputs_are_fresh_unless_seeded(number):
    before = torch.get_rng_state()
    assert first_inputs(number, seed=5) == first_inputs(number, seed=5)
    assert len({str(first_inputs(number)) for _ in range(6)}) > 1
    assert torch.equal(torch.get_rng_state(), before)


WHOLE = {"y", "targets", "counts", "n", "held_out"}  # what the functions of the notebooks call labels and counts


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name[:2])
def test_types_are_those_that_the_notebook_names(path):
    dtypes = set()
    for number in (f"{int(path.name[:2])}.{i}" for i in (1, 2, 3)):
        inputs: list[Any] = []
        judge(number, lambda *values, inputs=inputs: inputs.append(values), seed=0)
        for name, value in zip(inspect.signature(stub(number)).parameters, inputs[0], strict=True):
            if isinstance(value, torch.Tensor):
                dtypes.add(value.dtype)
                # A power of int64 is float32, too coarse for the search of 7.2; 8.1's solution multiplies matrices.
                whole = name in WHOLE and number not in ("7.2", "8.1")
                assert value.dtype == (torch.int64 if whole else torch.float64), (number, name)
    (text,) = (cell.source for cell in nbformat.read(path, as_version=4).cells if "## Exercises\n" in cell.source)
    named = re.findall(r"`(\w+64)`", text.partition("## Exercises\n")[2].partition("### ")[0])
    assert {getattr(torch, name) for name in named} == dtypes


def test_float32_has_four_digits_of_every_boundary_of_2_1():
    exercise, generator = find_exercise("2.1"), torch.Generator().manual_seed(2)
    for _ in range(1000):  # of which one, without care, has only three
        a, b, w0, w1 = exercise.draw(generator)
        in_float32 = -(torch.tensor(b) + torch.tensor(w1 / w0).log()) / a
        assert close(in_float32, exercise.right(a, b, w0, w1))


def test_both_signs_are_drawn():
    generator = torch.Generator().manual_seed(0)
    assert {sign(generator) for _ in range(50)} == {-1.0, 1.0}


def test_inputs_differ_within_a_judgement():
    seen = []
    judge("2.1", lambda *inputs: seen.append(inputs) or 1.0)
    assert len(set(seen)) == ROUNDS


def test_right_is_said_with_the_insight(capsys):
    check, answer = Check(), solution("1.1")
    capsys.readouterr()  # what the solutions print when they are read
    check("1.1", answer)
    assert capsys.readouterr().out.startswith(f"Exercise 1.1: right. {find_exercise('1.1').insight}\n")
    check("1.1", lambda ce, _y, _w: ce.mean())
    assert capsys.readouterr().out == "Exercise 1.1: not yet. Your result does not depend on the weights.\n"


def test_unknown_exercise_and_called_answer_are_errors():
    for number in ("99.1", "1.4", "", "x", 1.1, None):
        with pytest.raises(ValueError, match=f"number is {number!r}, and there is no such exercise; expected a text"):
            judge(number, len)
    with pytest.raises(TypeError, match="without"):
        judge("1.1", 3.0)


def test_a_submission_works_on_copies_and_owns_up_to_nothing_returned():
    given = torch.ones(3)
    assert torch.equal(Submission(lambda t: t.zero_())(given), torch.zeros(3))
    assert torch.equal(given, torch.ones(3))
    with pytest.raises(NotAnsweredError):
        Submission(lambda: None)()
    sometimes = Submission(lambda x: 1.0 if x > 0 else None)
    assert sometimes(1) == 1.0
    with pytest.raises(RefusedError, match="does every branch return"):
        sometimes(-1)


@pytest.mark.parametrize(
    ("value", "right", "words"),
    [
        ([1.0], 2.0, "Return one number; yours is a list."),
        (torch.zeros(2, 3), 2.0, r"Return one number; yours is a tensor of shape \(2, 3\), float32\."),
        (torch.tensor(1j), 2.0, r"Return one number; yours is a tensor of shape \(\), complex64\."),
        (10**400, 2.0, r"Return one number; yours is an int\."),
        (math.nan, 2.0, "Return one number; yours holds nan"),
        ([1.0, 2.0], torch.zeros(2), r"Return a tensor of shape \(2,\); yours is a list."),
        (torch.zeros(3), torch.zeros(2), r"Return a tensor of shape \(2,\); yours has shape \(3,\)."),
        (1.0, "glides", "Return a text such as 'glides'; yours is a float."),
    ],
)
def test_an_answer_is_read_as_what_the_right_one_is(value, right, words):
    with pytest.raises(RefusedError, match=words):
        read_like(value, right)


class Column:
    """As a column of pandas whose rows have names: an array for numpy, and nothing that torch can read."""

    def __array__(self, *_: Any, **__: Any) -> np.ndarray[Any, Any]:
        return np.array([3.0, 1.0])

    def __len__(self) -> int:
        return 2

    def __getitem__(self, name: Any) -> None:
        raise KeyError(name)


def test_arrays_fractions_and_large_numbers_are_read():
    mixed = (np.float64(3), 1), (np.int64(3), Fraction(1)), [torch.tensor([3.0]), torch.tensor([1.0])]
    for value in (np.array([1.0, 3.0])[::-1], Column(), [3, 1], (3, Fraction(1)), [torch.tensor(3.0), 1], *mixed):
        assert read_tensor(value, "Two, please.", 2).tolist() == [3.0, 1.0]
    assert read_tensor([0.1], "", 1).item() == 0.1  # and not float32's
    assert torch.equal(read_tensor([*torch.eye(2, requires_grad=True)], "", 2, 2), torch.eye(2).double())
    for value, number in ((10**30, 1e30), (Fraction(1, 4), 0.25), (np.float32(0.5), 0.5)):
        assert read_like(value, 1.0) == number


@pytest.mark.parametrize("value", [([1.0], [math.nan]), ([math.inf], [1.0]), ([1.0], "a"), [[1.0]], 1.0, ([1.0], [1j])])
def test_a_pair_is_two_lists_of_numbers(value):
    with pytest.raises(RefusedError, match="two, please"):
        read_pair(value, "two, please")


def test_a_pair_has_the_shapes_asked_for():
    for shapes in ((), ((2,), (1, 1))):
        assert [part.tolist() for part in read_pair(([1, 2], torch.eye(1)), "", *shapes)] == [[1.0, 2.0], [[1.0]]]
    with pytest.raises(RefusedError, match=r"Two. Yours have the shapes \(2,\) and \(1, 1\), not \(2,\) and \(1,\)\."):
        read_pair(([1, 2], torch.eye(1)), "Two.", (2,), (1,))


@pytest.mark.parametrize("value", ["a", 1.0, [], [[1.0]], [math.nan], [-math.inf], [1j], [1.0, 2.0]])
def test_a_tensor_has_finite_numbers_and_the_shape_asked_for(value):
    assert read_tensor([1], "One, please.", 1).tolist() == read_tensor([1], "One, please.", None).tolist() == [1.0]
    with pytest.raises(RefusedError, match="One, please"):
        read_tensor(value, "One, please.", 1)
    if value != [1.0, 2.0]:
        with pytest.raises(RefusedError, match="One, please"):
            read_tensor(value, "One, please.", None)


def test_closeness_is_relative_to_each_number():
    assert close(torch.tensor([1e-9, 1e9]), torch.tensor([1.00005e-9, 1e9]))
    assert not close(torch.tensor([1e-9, 1e9]), torch.tensor([1.0002e-9, 1e9]))
    assert not close(torch.zeros(2), torch.zeros(3))
    assert not close("glides", 1.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_adam_that_judges_5_3_is_pytorchs(seed):
    gradients = torch.randn(20, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    place = torch.zeros((), dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([place], lr=1.0, eps=0.0)
    for g in gradients:
        place.grad = g.clone()
        adam.step()
    assert moves(gradients) == pytest.approx(place.item(), rel=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_sum_of_9_2_stops_where_the_format_stops_it(dtype):
    for w in torch.tensor([0.1, 0.75, 1.0, 3.3, 12.0], dtype=torch.float64).to(dtype):
        total, before = w.clone(), torch.zeros_like(w)
        while total != before:
            before, total = total, total + w
        assert find_exercise("9.2").right(dtype, float(w)) == total.item()


@pytest.mark.parametrize("num_classes", [3, 67, 4096])
def test_the_ratio_of_9_3_is_the_smallest_at_which_no_scale_fits(num_classes):
    for light in (1.0, float(num_classes), 1e-6):  # with K the smallest entry is a power of two, as are GradScaler's S
        least = light * needed(num_classes)
        assert rescuing_scale(light, 1.001 * least, num_classes) == ""
        assert rescuing_scale(light, 0.999 * least, num_classes) != ""
