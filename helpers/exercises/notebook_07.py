"""Judges of notebook 07: seven thousand classes."""

import torch
from torch import nn

from helpers.exercises.core import Ask, Judge
from helpers.losses import weighted_cross_entropy
from helpers.models import softmax_regression


def _repaired_lr(ask: Ask, generator: torch.Generator) -> str | None:
    num_classes = int(torch.randint(4, 40, (1,), generator=generator))
    counts = (torch.rand(num_classes, generator=generator) * 8).exp().ceil().to(torch.int64)
    w = (torch.randn(num_classes, generator=generator, dtype=torch.float64) * 2).exp()
    lr = float(torch.rand(1, generator=generator)) + 0.01
    answer = ask.number(lr, w, counts)
    mean = float((counts * w).sum() / counts.sum())
    if _close(answer, lr / mean):
        return None
    if _close(answer, lr * mean):
        return "You make large steps larger still. What has to become of the learning rate when the gradient grows?"
    if _close(answer, lr / float(w.mean())):
        return "You take the mean of the classes, each counted once. How often does a sample of each class come?"
    if _close(answer, lr / float(w.max())):
        return "That keeps the step of the rarest class. The task asks for the average sample."
    if _close(answer, lr / float(w.sum())):
        return "You divide by the sum of the weights of all classes. The gradient grows by a mean, over what?"
    return f"For {num_classes} classes and lr = {lr:.3f} you return {answer:.3g}. By what does the mean gradient grow?"


def _update_factor(ask: Ask, generator: torch.Generator) -> str | None:
    k = float(torch.exp(torch.empty(1).uniform_(0.7, 5.0, generator=generator)))
    if torch.rand(1, generator=generator) < 0.5:
        k = 1 / k
    for optimizer in ("SGD", "Adam"):
        for divide_by in ("samples", "weights"):
            answer = ask.number(k, optimizer, divide_by)
            measured = _measured_factor(k, optimizer, divide_by, generator)
            if abs(answer - measured) > 0.01 * measured:
                return _factor_hint(answer, k, optimizer, divide_by)
    return None


def _measured_factor(k: float, optimizer: str, divide_by: str, generator: torch.Generator) -> float:
    x = torch.randn(32, 5, generator=generator, dtype=torch.float64)
    y = torch.randint(4, (32,), generator=generator)
    w = 0.5 + 5 * torch.rand(4, generator=generator, dtype=torch.float64)
    one, scaled = (_first_update(x, y, scale * w, optimizer, divide_by) for scale in (1.0, k))
    return scaled / one


def _first_update(x: torch.Tensor, y: torch.Tensor, w: torch.Tensor, optimizer: str, divide_by: str) -> float:
    model = softmax_regression(5, 4, dtype=torch.float64)
    before = nn.utils.parameters_to_vector(model.parameters()).detach().clone()
    step = torch.optim.SGD(model.parameters(), lr=0.1) if optimizer == "SGD" else torch.optim.Adam(model.parameters())
    weighted_cross_entropy(model(x), y, w, divide_by="samples" if divide_by == "samples" else "weights").backward()
    step.step()
    return float((nn.utils.parameters_to_vector(model.parameters()).detach() - before).norm())


def _factor_hint(answer: float, k: float, optimizer: str, divide_by: str) -> str:
    case = f"For {optimizer} and a loss divided by the {divide_by}"
    if _close(answer, 1 / k):
        return f"{case} you let the update shrink where the weights grow. Write down one step with k in it."
    if _close(answer, 1.0):
        return f"{case} you say that k cancels. What is there, in the divisor or in the optimiser, to cancel it?"
    if _close(answer, k) and divide_by == "weights":
        return f"{case} you say that the update grows by k. What stands below the fraction line?"
    if _close(answer, k):
        return f"{case} you say that the update grows by k. The gradient does; what does the optimiser divide it by?"
    return f"{case} and k = {k:.2f} you return {answer:.3g}. Write down the gradient, then the step."


def _two_models(ask: Ask, generator: torch.Generator) -> str | None:
    num_words = int(torch.randint(4, 9, (1,), generator=generator))
    held_out = torch.randint(1, 20, (num_words,), generator=generator)
    held_out[torch.randint(num_words, (1,), generator=generator)] = torch.randint(200, 900, (1,), generator=generator)
    wanted = "Return two tensors: the pairs that A finds, and the pairs that B finds, of each word."
    a, b = ask.pair(held_out, wanted=wanted)
    if a.shape != (num_words,) or b.shape != (num_words,):
        return f"Both tensors need one number a word, ({num_words},); got {tuple(a.shape)} and {tuple(b.shape)}."
    if any(bool(((hits < 0) | (hits > held_out) | (hits != hits.round())).any()) for hits in (a, b)):
        return "A model finds a whole number of pairs of each word, from none to all of them."
    a_pairs, b_pairs = float(a.sum()), float(b.sum())
    a_words, b_words = float((a / held_out).mean()), float((b / held_out).mean())
    if a_pairs > b_pairs and a_words < b_words:
        return None
    if a_pairs == b_pairs:
        return "A and B find equally many pairs. A has to find more."
    if a_pairs < b_pairs:
        return "B finds more pairs in all. The colleague speaks of an A that finds more."
    return "A wins or draws on the average word. Where can B win many words with few pairs?"


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-6 * abs(b)


JUDGES: dict[str, Judge] = {"7.1": _repaired_lr, "7.2": _update_factor, "7.3": _two_models}
