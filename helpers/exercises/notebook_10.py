"""Judges of notebook 10: a scale for the weights, its effect on a step, and what N / n_c measures."""

import torch

from helpers.exercises.core import Ask, Judge, read_numbers


def _sample_mean_one(ask: Ask, generator: torch.Generator) -> str | None:
    num_classes = int(torch.randint(3, 9, (1,), generator=generator))
    n = torch.randint(1, 5000, (num_classes,), generator=generator).double()
    exponent = float(torch.rand(1, generator=generator)) * 0.9 + 0.1
    w = ask.tensor(n, exponent, shape=(num_classes,))
    if not bool(((w > 0) & w.isfinite()).all()):
        return "All your weights should be finite and above zero."
    ratios = w / w[0] * (n / n[0]) ** exponent
    if bool((ratios - 1).abs().max() > 1e-6):
        if bool((w * n / (w[0] * n[0]) - 1).abs().max() < 1e-6):
            return "Your ratios are those of exponent 1, whatever the exponent."
        return "Your ratios differ from n ** -exponent: does the rarer class get the larger weight, by the right power?"
    average = float((n * w).sum() / n.sum())
    if abs(average - 1) < 1e-6:
        return None
    if abs(float(w.sum()) - 1) < 1e-6:
        return "Your weights sum to one. The average over the samples should be one."
    if abs(float(w.mean()) - 1) < 1e-6:
        return "The average over your classes is one. A class should count as often as it has samples."
    return f"The ratios are right, but the average sample weighs {average:.3g}."


def _first_step_factor(ask: Ask, generator: torch.Generator) -> str | None:
    k = float(2 + 50 * torch.rand(1, generator=generator))
    for loss in ("indices mean", "indices sum", "probabilities mean"):
        for optimizer in ("SGD", "Adam"):
            answer = ask.number(k, loss, optimizer)
            right = k if loss != "indices mean" and optimizer == "SGD" else 1.0
            if abs(answer - right) <= 1e-6 * right:
                continue
            case = f"For {loss!r} and {optimizer}"
            if loss == "indices mean":
                return f"{case}: what does the divisor of this loss do to a common factor of the weights?"
            if optimizer == "Adam":
                return f"{case}: the gradient does grow. What does Adam divide it by?"
            return f"{case}: the loss keeps the factor here. What does the step do?"
    return None


def _balanced_counts(ask: Ask, generator: torch.Generator) -> str | None:
    limit = int(torch.randint(10, 40_000, (1,), generator=generator))
    n = read_numbers(ask(limit))
    if n is None:
        return "Return the counts as a list or a tensor of numbers."
    if n.ndim != 1 or not len(n):
        return "Return one count for each class, as a list or a tensor with one dimension."
    if not bool(((n >= 1) & n.isfinite() & (n == n.round())).all()):
        return "A count is a whole number of samples above zero; some of yours are not."
    if bool((n != n[0]).any()):
        return "Some of your classes are rarer than others, so your example does not contradict the colleague."
    if float(n.sum() / n.max()) <= limit:
        return f"Your largest weight is {float(n.sum() / n.max()):,.0f}, and the limit was {limit:,}."
    if len(n) > limit + 1:
        return f"It works, but {len(n):,} classes are more than you need for a limit of {limit:,}."
    return None


JUDGES: dict[str, Judge] = {"10.1": _sample_mean_one, "10.2": _first_step_factor, "10.3": _balanced_counts}
