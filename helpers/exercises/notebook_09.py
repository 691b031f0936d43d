"""Judges of notebook 09: number formats."""

import math

import torch
from torch import Tensor, nn

from helpers.exercises.core import Ask, Judge

FORMATS = (torch.float16, torch.bfloat16, torch.float32)
FLOAT16 = torch.finfo(torch.float16)


def _uniform(generator: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * torch.rand(1, generator=generator, dtype=torch.float64).item()


def _integer(generator: torch.Generator, low: int, high: int) -> int:
    return int(torch.randint(low, high + 1, (1,), generator=generator))


def _close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-3)


def largest_factor(ask: Ask, generator: torch.Generator) -> str | None:
    """9.1: M / (log K * sum of the batch's weights)."""
    dtype = FORMATS[_integer(generator, 0, 2)]
    num_classes, batch_size = _integer(generator, 3, 50), _integer(generator, 8, 64)
    w = 10 ** (4 * torch.rand(num_classes, generator=generator, dtype=torch.float64) - 2)
    y = torch.randint(num_classes, (batch_size,), generator=generator)
    largest, loss = torch.finfo(dtype).max, math.log(num_classes)
    got = ask.number(dtype, w, y)
    right = largest / (loss * w[y].sum().item())
    if _close(got, right):
        return None
    total, worst, classes = w[y].sum().item(), batch_size * w.max().item(), w.sum().item()
    hints = [
        (largest / total, "At your factor the denominator fits, but the numerator carries the losses as well."),
        (
            largest / (loss * worst),
            "Yours gives every sample the largest weight; look at the targets instead.",
        ),
        (largest / worst, "Yours gives every sample the largest weight, and forgets that the numerator has losses."),
        (largest / (loss * classes), "Yours sums over the classes; the batch has its own number of samples of each."),
        (largest / classes, "Yours sums over the classes, but the loss sums over the samples."),
        (largest / (loss * w[y].max().item()), "Yours bounds one product; the numerator adds up all samples."),
        (
            FLOAT16.max / (loss * total),
            "Yours has the largest number of float16; take that of `dtype`.",
        ),
    ]
    for wrong, hint in hints:
        if _close(got, wrong):
            return hint
    if got <= 0:
        return f"A common factor of weights is above zero; yours is {got:g}."
    if got > right:
        return "At your factor a sum already passes M; compute both sums at k = 1 and compare each with M."
    return "Your factor is safe, but a larger one is too; compute both sums at k = 1 and compare each with M."


def _really_skipped(gradient: float, first_scale: float) -> int:
    """How often a real GradScaler skips when the float16 gradient at S = 1 would be ``gradient``."""
    p = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([p], lr=0.0)
    scaler = torch.amp.GradScaler("cpu", init_scale=first_scale)
    skipped = 0
    while True:
        scaled = scaler.scale(torch.tensor([gradient]))
        p.grad = scaled.to(torch.float16).to(torch.float32)
        before = scaler.get_scale()
        scaler.step(optimizer)
        scaler.update()
        if scaler.get_scale() >= before:
            return skipped
        skipped += 1


def skipped_steps(ask: Ask, generator: torch.Generator) -> str | None:
    """9.2: max(0, ceil(log2(S k g / M)))."""
    first_scale = 2.0 ** _integer(generator, 8, 24)
    halvings = _integer(generator, -6, 12)
    k = 10 ** _uniform(generator, -3, 5)
    # The exponent stays clear of whole numbers, where rounding would decide.
    g = FLOAT16.max * 2 ** (halvings + _uniform(generator, 0.1, 0.9)) / (first_scale * k)
    got = ask.number(k, g, first_scale)
    right = _really_skipped(k * g, first_scale)
    if got == right:
        return None
    # Far above the threshold, every quantity that the answer uses must show.
    much = 2.0**40
    probes = {
        "k": (k * much, g, first_scale),
        "g": (k, g * much, first_scale),
        "first_scale": (k, g, first_scale * much),
    }
    unseen = [name for name, probe in probes.items() if ask.number(*probe) == got]
    if len(unseen) == len(probes):
        return f"You say {got:g}, however large the gradient is. Which number is the largest of float16?"
    if unseen:
        return f"Your answer stays the same however large `{unseen[0]}` is, but the float16 gradient grows with it."
    if got < 0:
        return "A number of skipped steps cannot be negative: what happens when nothing overflows?"
    if not got.is_integer():
        return "A scaler skips whole steps: S is halved until the gradient fits."
    if got == right - 1:
        return "After that many halvings the gradient is still above M; one step is missing."
    return f"The real scaler skipped {right} where yours says {got:g}: compare S k g with the largest float16, M."


def counterexample(ask: Ask, generator: torch.Generator) -> str | None:
    """9.3: weights whose gradient entries span more than float16, by less than a factor of 2 ** 43 / K."""
    num_classes = _integer(generator, 3, 5000)
    light, heavy = ask.tensor(num_classes, shape=(2,)).tolist()
    single = torch.tensor([light, heavy], dtype=torch.float32)
    if light == 0:
        return "A weight of zero has no gradient in any format; that is no fault of float16."
    if not (light > 0 and heavy > 0):
        return "Weights are above zero; at least one of yours is not."
    if not single.isfinite().all() or not (single >= torch.finfo(torch.float32).smallest_normal).all():
        return "Both weights must be held by float32, or they are lost before the scaler meets them."
    if light > heavy:
        return "The first weight is to be the lighter one; yours come in the other order."
    # A tensor of float32, which many will return, has rounded the bound.
    if heavy / light > 2.0**43 / num_classes * (1 + 1e-6):
        return "Your spread is larger than allowed; remember that one sample has gradient entries of two sizes."
    scale = _rescuing_scale(light, heavy, num_classes)
    if scale is None:
        return None
    ratio = heavy / light
    if _close(ratio, FLOAT16.max / FLOAT16.smallest_normal):
        return "float16 goes on below its smallest normal number, with fewer digits: your spread still fits."
    return f"At S = 2^{scale} every entry of yours survives, so the spread of the entries is still too small."


def _rescuing_scale(light: float, heavy: float, num_classes: int) -> int | None:
    """An m for which all gradient entries, times 2 ** m, are finite and not zero in float16."""
    entries = _entries(light, heavy, num_classes)
    m = torch.arange(-160, 161)
    scaled = (entries[:, None] * 2.0 ** m.to(torch.float64)).to(torch.float16)
    saved = (scaled.isfinite() & (scaled != 0)).all(dim=0)
    return int(m[saved][0]) if saved.any() else None


def _entries(light: float, heavy: float, num_classes: int) -> Tensor:
    p = 1 / num_classes
    return torch.tensor([w * q for w in (light, heavy) for q in (p, 1 - p)], dtype=torch.float64)


JUDGES: dict[str, Judge] = {"9.1": largest_factor, "9.2": skipped_steps, "9.3": counterexample}
