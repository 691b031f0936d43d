"""Judges of notebook 01: what weighted cross entropy divides by."""

import torch
from torch.nn import functional as F

from helpers.exercises.core import Ask, Judge


def _default_mean(ask: Ask, generator: torch.Generator) -> str | None:
    num_samples, num_classes = 7, 4
    z = torch.randn(num_samples, num_classes, generator=generator, dtype=torch.float64)
    y = torch.randint(num_classes, (num_samples,), generator=generator)
    w = 0.5 + 5 * torch.rand(num_classes, generator=generator, dtype=torch.float64)
    ce = F.cross_entropy(z, y, reduction="none")
    answer = ask.number(ce, y, w)
    right = float(F.cross_entropy(z, y, weight=w))
    if _close(answer, right):
        return None
    total = float((w[y] * ce).sum())
    if _close(answer, total / num_samples):
        return "You divide by the number of samples. That is the thread's formula; what does the default divide by?"
    if _close(answer, total / float(w.sum())):
        return "You divide by the weights of the classes, each counted once. Which weights does this batch contain?"
    if _close(answer, total):
        return "You return the sum. The default is a mean."
    if _close(answer, float(ce.mean())):
        return "Your result does not depend on the weights."
    return (
        f"For one random batch you return {answer:.4f}, and PyTorch another number. Check both parts of the fraction."
    )


def _growth(ask: Ask, generator: torch.Generator) -> str | None:
    k = float(2 + 50 * torch.rand(1, generator=generator))
    for case in ("indices mean", "indices sum", "probabilities mean", "smoothing mean"):
        scales = case in ("indices sum", "probabilities mean")
        answer = ask.number(k, case)
        if not _close(answer, k if scales else 1.0):
            if scales and _close(answer, 1.0):
                return f"For {case!r} you say that the factor cancels. Is there a weight below the fraction line?"
            if not scales and _close(answer, k):
                return f"For {case!r} you say that the loss grows by k. What happens to its divisor?"
            return f"For {case!r} and k = {k:.1f} you return {answer:.3g}. Write the fraction down with k in it."
    return None


def _one_hot_differs(ask: Ask, generator: torch.Generator) -> str | None:
    num_samples = int(torch.randint(3, 9, (1,), generator=generator))
    z = torch.randn(num_samples, 3, generator=generator)
    wanted = "Return two things: the classes y, one for each row of z, and the weights w, one a class."
    y, w = ask.pair(z, wanted=wanted)
    if y.shape != (num_samples,) or w.shape != (3,):
        return f"Return {num_samples} classes y and three weights w; got {tuple(y.shape)} and {tuple(w.shape)} numbers."
    if not all(c in (0, 1, 2) for c in y.tolist()):
        return "A class is 0, 1 or 2; some of yours are not."
    if w.min() < 0 or not w.isfinite().all():
        return "Weights are finite and not negative; some of yours are not."
    z, y = z.double(), y.long()
    if not w[y].sum() > 0:
        return "Your batch has a total weight of zero, so the loss from indices is not a number."
    from_indices = float(F.cross_entropy(z, y, weight=w))
    from_one_hot = float(F.cross_entropy(z, F.one_hot(y, 3).to(z.dtype), weight=w))
    if from_one_hot >= 2 * from_indices * (1 - 1e-5):
        return None
    ratio = from_one_hot / from_indices
    if abs(ratio - 1) < 1e-4:
        return "The two losses are equal here: the weights of your batch average to one."
    if ratio < 1:
        return f"The loss from one-hot rows is {ratio:.2f} times the other one, so smaller. Turn the inequality around."
    return f"The loss from one-hot rows is only {ratio:.2f} times the other one."


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-6 * max(1.0, abs(b))


JUDGES: dict[str, Judge] = {"1.1": _default_mean, "1.2": _growth, "1.3": _one_hot_differs}
