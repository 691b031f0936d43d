"""Exercises that ask for a counterexample have many right answers. Random tries are judged as a library judges them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, f1_score
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

from helpers.exercises.answers import Submission
from helpers.exercises.core import Counterexample, find_exercise, judge

TRIES = 100
Numbers = NDArray[np.float64]


def labels_and_weights(rng: Generator, z: Tensor) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(rng.integers(0, 3, len(z))), torch.from_numpy(rng.uniform(0.1, 4, 3))


def one_hot_rows_cost_twice(answer: tuple[Tensor, Tensor], z: Tensor) -> bool:
    y, w = answer
    rows = one_hot(y, 3).double()
    return bool(cross_entropy(z.double(), rows, weight=w) > 2 * cross_entropy(z.double(), y, weight=w))


def matrices(rng: Generator, counts: Tensor) -> tuple[Numbers, Numbers]:
    """Each class keeps most of its samples, or only some."""
    shares = [[rng.dirichlet(np.roll([20, 1, 1], true) * rng.uniform(0.3, 3)) for true in range(3)] for _ in "AB"]
    a, b = (
        np.array([rng.multinomial(int(n), p) for n, p in zip(counts, rows, strict=True)], dtype=float)
        for rows in shares
    )
    return a, b


def recall_and_f1_disagree(answer: tuple[Numbers, Numbers], _counts: Tensor) -> bool:
    true = np.repeat(np.arange(3), 3)
    scores = []
    for matrix in answer:
        counted = {"y_true": true, "y_pred": np.tile(np.arange(3), 3), "sample_weight": matrix.ravel()}
        scores.append((balanced_accuracy_score(**counted), f1_score(**counted, average="macro")))
    (recall_a, f1_a), (recall_b, f1_b) = scores
    return bool(recall_a > recall_b and f1_a < f1_b)


def hits(rng: Generator, held_out: Tensor) -> tuple[Numbers, Numbers]:
    n = held_out.numpy().astype(int)
    a, b = (rng.binomial(n, rng.uniform(0, 1, len(n))).astype(float) for _ in "AB")
    return a, b


def pairs_and_words_disagree(answer: tuple[Numbers, Numbers], held_out: Tensor) -> bool:
    a, b = answer
    n = held_out.numpy()
    return bool(a.sum() > b.sum() and np.average(a / n) < np.average(b / n))


def two_ranks(rng: Generator, _w: Tensor) -> tuple[list[int], list[int]]:
    size, shares = int(rng.integers(3, 62)), rng.dirichlet([1, 1, 1])
    a, b = ([0, 1, 2, *rng.choice(3, size, p=p).tolist()] for p in (shares, rng.dirichlet([1, 1, 1])))
    return a, b


def means_of_means_are_off(answer: tuple[list[int], list[int]], w: Tensor) -> bool:
    def share(labels: list[int], c: int) -> float:
        return float(np.average(np.array(labels) == c, weights=w.numpy()[labels]))

    a, b = answer
    return any(abs((share(a, c) + share(b, c)) / 2 - share(a + b, c)) >= 0.05 for c in range(3))


def three_counts(rng: Generator, eps: float) -> list[int]:
    limit = 3 / eps - 2
    return [int(10 * limit ** rng.uniform(0.5, 2.5)), int(10 * limit ** rng.uniform(0, 1.2)), 10]


def one_name_is_lost(answer: list[int], eps: float) -> bool:
    """By the distribution at which PyTorch's smoothed loss of a label is smallest: the gradient there is zero."""

    def lost(w: Tensor) -> int:
        found = 0
        for c in range(3):
            q = w * (one_hot(torch.tensor(c), 3).double() * (1 - eps) + eps / 3)
            z = (q / q.sum()).log()[None].requires_grad_()
            loss = cross_entropy(z, torch.tensor([c]), weight=w, label_smoothing=eps, reduction="sum")
            assert torch.autograd.grad(loss, z)[0].abs().max() < 1e-9 * loss
            found += int(q.argmax()) != c
        return found

    n = torch.tensor(answer, dtype=torch.float64)
    return lost(1 / n) == 1 and lost(1 / n.sqrt()) == 0


def prices(rng: Generator, _p: Tensor, _q: Tensor) -> Numbers:
    """To name class 2 is dear; to name it 1 is cheaper than to name it 0, or not."""
    return rng.uniform(0.2, 1, (3, 3)) * [[0, 1, 8], [5, 0, 2], [20, 20, 0]]


def cheapest_as_asked(answer: Numbers, p: Tensor, q: Tensor) -> bool:
    def cheapest(probabilities: Tensor) -> int:
        return int(np.argmin([np.average(row, weights=probabilities.numpy()) for row in answer]))

    return cheapest(p) == 0 and cheapest(q) == 1


def leaf(rng: Generator, m: float) -> tuple[int, float]:
    """A model that is sure of either class."""
    rest = min(0.5, m * 10 ** rng.uniform(-5, 0))
    return int(rng.integers(20, 200)), float(rest if rng.uniform() < 0.5 else 1 - rest)


def allowed_at_a_hundred_alone(answer: tuple[int, float], m: float) -> bool:
    size, p = answer
    z = torch.tensor(p, dtype=torch.float64).logit().requires_grad_()
    (slope,) = torch.autograd.grad(binary_cross_entropy_with_logits(z, z.detach() * 0), z, create_graph=True)
    (h,) = torch.autograd.grad(slope, z)
    return bool(size * h < m <= 100 * size * h)


def pairs_of_words(rng: Generator, k: int, ratio: float) -> Numbers:
    table = (np.geomspace(ratio ** rng.uniform(0.8, 1.3), 1, k)[:, None] * rng.uniform(10, 12, (k, k))).round()
    table[0] += table.sum(axis=0).max() - table.sum(axis=0)  # whole numbers, as many of each next word
    return table


def inputs_are_far_apart(answer: Numbers, _k: int, ratio: float) -> bool:
    return bool(np.ptp(np.log(answer.sum(axis=1))) >= np.log(ratio))


TRIED: dict[str, tuple[Callable[..., Any], Callable[..., bool]]] = {
    "1.3": (labels_and_weights, one_hot_rows_cost_twice),
    "6.3": (matrices, recall_and_f1_disagree),
    "7.3": (hits, pairs_and_words_disagree),
    "8.3": (two_ranks, means_of_means_are_off),
    "11.3": (three_counts, one_name_is_lost),
    "12.3": (prices, cheapest_as_asked),
    "13.3": (leaf, allowed_at_a_hundred_alone),
    "14.3": (pairs_of_words, inputs_are_far_apart),
}


def judged(number: str) -> Iterator[tuple[bool, bool, Any]]:
    """Whether the exercise finds no flaw in a try, whether it is right, and the try with its inputs."""
    exercise = find_exercise(number)
    assert isinstance(exercise, Counterexample)
    draws, rng = torch.Generator().manual_seed(0), np.random.default_rng(0)
    random_try, is_right = TRIED[number]
    for _ in range(TRIES):
        inputs = exercise.draw(draws)
        answer = random_try(rng, *inputs)
        seen = exercise.see(Submission(lambda *_, answer=answer: answer), *inputs)
        accepted = not any(flaw.found(seen, *inputs) for flaw in exercise.wrong)
        yield accepted, is_right(answer, *inputs), (answer, inputs)


@pytest.mark.parametrize("number", TRIED)
def test_random_tries_are_judged_as_by_a_library(number):
    found = list(judged(number))
    assert [tried for accepted, right, tried in found if accepted != right] == []
    assert TRIES / 20 <= sum(right for _, right, _ in found) <= TRIES * 19 / 20


def of_the_true_class(height: float) -> Callable[..., tuple[Tensor, Tensor]]:
    return lambda w, _k, y: (torch.zeros(len(y), len(w)), height * one_hot(y, len(w)))


# What once passed: each is right for much of what could be drawn, and wrong by the statement.
WITHOUT_A_LOOK = [
    ("2.3", of_the_true_class(0.1)),
    ("8.3", lambda _w: ([0, 1, 2] + [0] * 61, [0, 1, 2] + [0] * 31 + [2] * 30)),
    ("11.3", lambda _eps: [1550, 20, 10]),
    ("12.3", lambda _p, _q: torch.tensor([[0.0, 1, 10], [10, 0, 0], [1000, 1000, 0]])),
    ("14.3", lambda k, _ratio: torch.ones(k, k).index_fill(0, torch.tensor([0]), 1000.0)),
]


@pytest.mark.parametrize(("number", "answer"), WITHOUT_A_LOOK, ids=[number for number, _ in WITHOUT_A_LOOK])
def test_an_answer_that_does_not_look_at_its_inputs_is_refused(number, answer):
    assert {judge(number, answer, seed=seed)[0] for seed in range(20)} == {"not yet"}


@pytest.mark.parametrize("decay", [1e-6, 1e-3])
def test_a_decay_however_small_tells_scale_from_rate(decay):
    def rule(theta: Tensor, gradient: Tensor, lr: float) -> Tensor:
        return theta - lr * (gradient + decay * theta)

    assert {judge("3.3", rule, seed=seed)[0] for seed in range(20)} == {"right"}


def test_the_gradients_of_03_keep_four_digits_in_float32():
    def pull(n: Tensor, w: Tensor) -> Tensor:
        mass = (n * w).float()
        return torch.zeros(len(n)).softmax(dim=0) - mass / mass.sum()

    assert {judge("3.2", pull, seed=seed)[0] for seed in range(60)} == {"right"}
