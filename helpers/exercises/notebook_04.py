"""Judges of notebook 04: the largest learning rate, the fate of a descent, a sample that no scale can upset."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from helpers.exercises.core import Ask, Judge
from helpers.stability import logistic_descents

FATES = ("glides", "flips and settles", "never rests")


def _uniform(generator: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * float(torch.rand((), generator=generator))


def _largest_lr(ask: Ask, generator: torch.Generator) -> str | None:
    features = int(torch.randint(1, 4, (), generator=generator))
    x = torch.randn(40, features, generator=generator, dtype=torch.float64)
    y = (torch.rand(40, generator=generator) < 0.3).double()
    w = torch.rand(2, generator=generator, dtype=torch.float64) * torch.tensor([1.0, 9.0]) + 0.5
    minimum = torch.randn(features + 1, generator=generator, dtype=torch.float64)
    given = ask.number(x, y, w, minimum)

    def eigenvalues(weight: Tensor, bias: bool = True) -> Tensor:
        extended = torch.cat([x, torch.ones(40, 1)], dim=1)
        p = torch.sigmoid(extended @ minimum)
        columns = extended if bias else x
        return torch.linalg.eigvalsh((columns * (weight * p * (1 - p))[:, None]).T @ columns)

    w_y = w[y.long()]
    curvature = eigenvalues(w_y)
    unweighted = eigenvalues(torch.ones(40))
    known = {
        "Yours is the answer without the class weights.": 80 / unweighted[-1],
        "Yours divides the loss by the sum of the weights; this loss divides by N.": 2 * w_y.sum() / curvature[-1],
        "Yours uses the flattest direction; which one fails first?": 80 / curvature[0],
        "Yours is half of the bound: an error that flips its sign can still shrink.": 40 / curvature[-1],
        "Yours uses the trace, the sum of the eigenvalues.": 80 / curvature.sum(),
        "Yours leaves out the bias: the Hessian has D + 1 rows.": 80 / eigenvalues(w_y, bias=False)[-1],
        "Yours is the sharpness itself; the learning rate is inverse to it.": curvature[-1] / 40,
        "Yours belongs to the sum over the samples; this loss divides by N.": 2 / curvature[-1],
    }
    return _compare(given, 80 / float(curvature[-1]), {hint: float(value) for hint, value in known.items()})


def _compare(given: float, wanted: float, wrong: dict[str, float]) -> str | None:
    if math.isclose(given, wanted, rel_tol=1e-4):
        return None
    for hint, value in wrong.items():
        if math.isclose(given, value, rel_tol=1e-4):
            return hint
    return (
        f"Yours gives {given:.4g}, which is {given / wanted:.3g} times the bound. "
        "Build the Hessian from w_y p (1 - p) at the minimum."
    )


def _named(product: float) -> str:
    return FATES[0] if product <= 1 else FATES[1] if product < 2 else FATES[2]


# What a learner may do instead of multiplying lr, k and the largest eigenvalue and comparing with 1 and 2.
WRONG_RULES: dict[str, Callable[[float, float, Tensor], str]] = {
    "Your rule leaves out the scale k.": lambda lr, _k, e: _named(lr * float(e.max())),
    "Your rule leaves out the learning rate.": lambda _lr, k, e: _named(k * float(e.max())),
    "Your rule looks at the flattest direction; which one fails first?": lambda lr, k, e: _named(
        lr * k * float(e.min())
    ),
    "Your rule looks at the first eigenvalue, and they come in any order.": lambda lr, k, e: _named(
        lr * k * float(e[0])
    ),
    "Your rule looks at the last eigenvalue, and they come in any order.": lambda lr, k, e: _named(
        lr * k * float(e[-1])
    ),
    "Your rule averages the eigenvalues, but directions do not help each other.": lambda lr, k, e: _named(
        lr * k * float(e.mean())
    ),
    "Your rule lets nothing flip and settle: a factor between -1 and 0 changes the sign and still shrinks the error.": (
        lambda lr, k, e: FATES[0] if lr * k * float(e.max()) <= 1 else FATES[2]
    ),
    "Your rule calls everything that settles a glide: a negative factor flips the error on its way.": (
        lambda lr, k, e: FATES[0] if lr * k * float(e.max()) < 2 else FATES[2]
    ),
}


def _fate(ask: Ask, generator: torch.Generator) -> str | None:
    cases: list[tuple[float, float, Tensor]] = []
    answers = []
    for number in range(30):
        product = _uniform(generator, *((0.3, 0.9), (1.1, 1.9), (2.1, 40.0))[number % 3])
        size = int(torch.randint(3, 7, (), generator=generator))
        shares = torch.rand(size, generator=generator, dtype=torch.float64) * 0.8 + 0.02
        # The largest one stands neither first nor last, where a lucky index would find it.
        shares[int(torch.randint(1, size - 1, (), generator=generator))] = 1.0
        lr, k = 10 ** _uniform(generator, -2, 1), 10 ** _uniform(generator, -1, 3)
        cases.append((lr, k, shares * product / (lr * k)))
        answers.append(ask(*cases[-1]))
        if not isinstance(answers[-1], str) or answers[-1] not in FATES:
            return f"Return one of {', '.join(map(repr, FATES))}; yours is {str(answers[-1])[:40]!r}."
    products = [lr * k * float(e.max()) for lr, k, e in cases]
    if answers == [_named(product) for product in products]:
        return None
    if len(set(answers)) == 1:
        return f"You say {answers[0]!r} in all {len(cases)} cases, and they differ in lr, k and eigenvalues."
    for hint, rule in WRONG_RULES.items():
        if answers == [rule(*case) for case in cases]:
            return hint
    product, answer = next((p, a) for p, a in zip(products, answers, strict=True) if a != _named(p))
    return (
        f"You say {answer!r} where a step multiplies the error in the sharpest direction by {1 - product:.2f}: "
        "compare that factor with -1 and 0."
    )


def _unshakeable(ask: Ask, generator: torch.Generator) -> str | None:
    n = int(torch.randint(3, 30, (), generator=generator))
    step = 10 ** _uniform(generator, 2, 4)
    x, y = ask.pair(n, step, wanted="Return two tensors: inputs, targets.")
    if x.shape != (2 * n, 1) or y.shape != (2 * n,):
        wanted = f"({2 * n}, 1) and ({2 * n},)"
        return f"For n = {n} the shapes should be {wanted}; yours are {tuple(x.shape)} and {tuple(y.shape)}."
    zeros, ones = x[y == 0], x[y == 1]
    if len(zeros) != n or len(ones) != n:
        return f"Give {n} samples of class 0 and {n} of class 1; yours has {len(zeros)} and {len(ones)}."
    if not x.isfinite().all() or x.abs().max() > 10 or len(x.unique()) < 2 * n:
        return "The inputs must be finite, between -10 and 10, and all different."
    if not (zeros.max() < ones.min() or ones.max() < zeros.min()):
        return "Your classes overlap, so the loss has a minimum at a finite distance, and the step leaps over it."
    run = logistic_descents(torch.zeros(2, dtype=torch.float64), x, y, lr=step, scale=1.0, steps=200)
    if run.loss < 1e-6:
        return None
    return (
        f"Your classes are apart, but at step {step:.0f} the loss is {float(run.loss):.2g} after 200 steps: "
        "mind the gap between them, and where it lies."
    )


JUDGES: dict[str, Judge] = {"4.1": _largest_lr, "4.2": _fate, "4.3": _unshakeable}
