"""Judges of notebook 02: the boundary after weighting, the learning rate for another scale, losses that mislead."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from helpers.exercises.core import Ask, Judge
from helpers.losses import weighted_cross_entropy

F64 = torch.float64


def _uniform(generator: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * float(torch.rand(1, generator=generator, dtype=F64))


def _sign(generator: torch.Generator) -> float:
    return 1.0 if float(torch.rand(1, generator=generator, dtype=F64)) < 0.5 else -1.0


def _near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-6)


def judge_boundary(ask: Ask, generator: torch.Generator) -> str | None:
    """2.1: the input where a x + b + log(w1 / w0) is zero."""
    a = _sign(generator) * _uniform(generator, 0.5, 3.0)
    b = _uniform(generator, -2.0, 2.0)
    log_ratio = _sign(generator) * _uniform(generator, 0.7, 3.0)
    w0 = _uniform(generator, 0.2, 5.0)
    w1 = w0 * math.exp(log_ratio)
    found = ask.number(a, b, w0, w1)
    if _near(found, -(b + log_ratio) / a):
        return None
    where = f"For a = {a:.2f}, b = {b:.2f}, w0 = {w0:.2f}, w1 = {w1:.2f}"
    if _near(found, -b / a):
        return f"{where} you return the boundary of the model without weights."
    if _near(found, -(b - log_ratio) / a):
        return f"{where} your boundary moves to the wrong side: the class with the larger weight should gain ground."
    if _near(found, -b / a - log_ratio):
        return f"{where} your shift in x does not depend on a. The weights shift the logit: how far is that in x?"
    if _near(found, -(b + w1 / w0) / a) or _near(found, -(b + w1 - w0) / a):
        return f"{where} you add the weights to the logit as they are. They multiply the odds, and z is a log-odds."
    if any(_near(found, -(b + log_ratio / math.log(base)) / a) for base in (2, 10)):
        return f"{where} the shift is off by a constant factor: the logit is a natural logarithm."
    return f"{where} the weighted logit is not zero at your boundary, x = {found:.4g}."


def judge_learning_rate(ask: Ask, generator: torch.Generator) -> str | None:
    """2.2: both descents are run; they must end at one point."""
    x = torch.randn(30, 2, generator=generator, dtype=F64)
    y = torch.randint(3, (30,), generator=generator)
    w = 0.5 + 2.5 * torch.rand(3, generator=generator, dtype=F64)
    k = math.exp(_sign(generator) * _uniform(generator, 0.7, 4.0))
    lr = _uniform(generator, 0.05, 0.3)
    for divide_by in ("samples", "weights"):
        answer = ask.number(lr, w, k * w, divide_by)
        if not 0.0 < answer < math.inf:
            return f"A learning rate is a finite number above zero; yours is {answer:g}."
        mine = _descend(x, y, w, lr, divide_by)
        theirs = _descend(x, y, k * w, answer, divide_by)
        if torch.allclose(mine, theirs, rtol=1e-6, atol=1e-8):
            continue
        where = f'For divide_by="{divide_by}", lr = {lr:.3f} and v = {k:.3g} w'
        if divide_by == "weights":
            return f"{where} the two runs end apart. What becomes of a common factor of the weights in this loss?"
        if _near(answer, lr):
            return f"{where} you keep the learning rate, but the gradient of this loss has another length than yours."
        if _near(answer, lr * k):
            return f"{where} you change the learning rate in the wrong direction: which weights step further already?"
        return f"{where} the two runs end apart: your rate, {answer:.3g}, is not the one that repeats the steps."
    return None


def _descend(x: Tensor, y: Tensor, w: Tensor, lr: float, divide_by: str, steps: int = 4) -> Tensor:
    theta = torch.zeros(2, 3, dtype=F64)
    divisor = "weights" if divide_by == "weights" else "samples"
    for _ in range(steps):
        theta.requires_grad_()
        loss = weighted_cross_entropy(x @ theta, y, w, divide_by=divisor)  # type: ignore[arg-type]
        (gradient,) = torch.autograd.grad(loss, theta)
        theta = theta.detach() - lr * gradient
    return theta


def judge_smaller_but_worse(ask: Ask, generator: torch.Generator) -> str | None:
    """2.3: A prints the smaller loss, B has the smaller cross entropy on every sample."""
    num_classes = int(torch.randint(2, 6, (1,), generator=generator))
    num_samples = int(torch.randint(3, 9, (1,), generator=generator))
    w = 0.5 + 2.5 * torch.rand(num_classes, generator=generator, dtype=F64)
    k = _uniform(generator, 1.1, 20.0)
    y = torch.randint(num_classes, (num_samples,), generator=generator)
    scores = ask.pair(w, k, y, wanted="Return two tensors of logits, first A's, then B's.")
    for name, part in zip("AB", scores, strict=True):
        if part.shape != (num_samples, num_classes):
            return f"The logits of {name} have shape {tuple(part.shape)}; expected {(num_samples, num_classes)}."
        if not part.isfinite().all():
            return f"The logits of {name} are not all finite."
    a, b = (F.cross_entropy(part, y, reduction="none") for part in scores)
    if torch.allclose(a, b, rtol=1e-9, atol=0.0):
        return "Your two models are equally good. B has to be the better one, on every sample."
    if (a < b).all():
        return "A is the better model on every sample, so your example agrees with the claim. Which has to be worse?"
    if not (b < a).all():
        return f"B is not better on every sample: look at sample {int((b >= a).nonzero()[0])}."
    printed_a, printed_b = float((w[y] * a).mean()), float((k * w[y] * b).mean())
    if not printed_a < printed_b:
        return (
            f"B is better on every sample, but for k = {k:.2f} it also prints the smaller loss, "
            f"{printed_b:.3g} against {printed_a:.3g}: your B is better by too much."
        )
    return None


JUDGES: dict[str, Judge] = {
    "2.1": judge_boundary,
    "2.2": judge_learning_rate,
    "2.3": judge_smaller_but_worse,
}
