"""Judges of notebook 03: the gradient of a scaled loss, and what the scale does to plain SGD."""

import torch
from torch import Tensor

from helpers.exercises.core import Ask, Judge


def _gradient_for_probabilities(ask: Ask, generator: torch.Generator) -> str | None:
    num_samples = int(torch.randint(2, 9, (1,), generator=generator))
    num_classes = int(torch.randint(3, 7, (1,), generator=generator))
    z, t = torch.randn(2, num_samples, num_classes, generator=generator, dtype=torch.float64)
    t = t.softmax(dim=1)
    w = 0.5 + 5 * torch.rand(num_classes, generator=generator, dtype=torch.float64)
    answer = ask.tensor(z, t, w, shape=(num_samples, num_classes))

    p, total = z.softmax(dim=1), (w * t).sum(dim=1, keepdim=True)
    summed = total * p - w * t
    right = summed / num_samples
    if _close(answer, right):
        return None
    known = {
        "You return the gradient of the sum. The loss is divided by something.": summed,
        "You divide by the weights. With probability targets the divisor is another.": summed / total.sum(),
        "Your gradient points the other way.": -right,
        "Your result does not depend on the weights.": (p - t) / num_samples,
        "You multiply each column of p - t by the weight of its class, so your rows do not sum to zero. "
        "In which terms of the loss does one logit stand?": w * (p - t) / num_samples,
        "You give each row of p - t one weight. That is right where a row has one true class. "
        "Which weight does each -log p carry here?": total * (p - t) / num_samples,
    }
    for hint, wrong in known.items():
        if _close(answer, wrong):
            return hint
    if not _close(answer.sum(dim=1), torch.zeros(num_samples, dtype=torch.float64)):
        return "Your rows do not sum to zero. Adding one number to all logits of a sample changes nothing."
    return "Your rows sum to zero, as they must, but their numbers differ from the gradient. Derive one term at a time."


def _learning_rate_after_sum_one(ask: Ask, generator: torch.Generator) -> str | None:
    num_classes = int(torch.randint(2, 20, (1,), generator=generator))
    w = 2 + 1000 * torch.rand(num_classes, generator=generator, dtype=torch.float64)
    lr = float(10 ** (-3 * torch.rand(1, generator=generator, dtype=torch.float64) - 0.1))
    total = float(w.sum())
    for divide_by in ("samples", None, "weights"):
        answer = ask.number(w, lr, divide_by)
        shrinks = divide_by != "weights"
        ratio = answer / (lr * total if shrinks else lr)
        if abs(ratio - 1) <= 1e-6:
            continue
        case = f"With divide_by={divide_by!r}"
        if not shrinks:
            return f"{case} your step is {ratio:.3g} times the old one. Did this gradient change?"
        if abs(answer / lr - 1) <= 1e-6:
            return f"{case} you keep the learning rate, and the steps shrink. Does this divisor undo the new weights?"
        if abs(answer * total / lr - 1) <= 1e-6:
            return f"{case} you turn the learning rate down. Is the new gradient longer or shorter than the old one?"
        return f"{case} your step is {ratio:.3g} times the old one. By what factor did each weight change?"
    return None


def _other_rule(ask: Ask, generator: torch.Generator) -> str | None:
    size = int(torch.randint(2, 9, (1,), generator=generator))
    theta, away = torch.randn(2, size, generator=generator, dtype=torch.float64)
    minimum = theta + 3 * away / away.norm()
    gradient = theta - minimum
    k = float(2 + 50 * torch.rand(1, generator=generator))

    def step(g: Tensor, lr: float) -> Tensor:
        return ask.tensor(theta, g, lr, shape=(size,))

    after = step(gradient, 1e-3)
    if not torch.equal(after, step(gradient, 1e-3)):
        return "Two calls with the same arguments return different parameters. Write a rule without chance or memory."
    if torch.equal(after, step(-gradient, 1e-3)):
        return "Your rule ignores the gradient: it makes the same step for a gradient and for its negative."
    if not (after - minimum).norm() < gradient.norm():
        return "Your rule does not lower the loss, even with lr = 0.001. Which way does a descent go?"
    # A rule may differ from plain SGD for some gradients alone, as clipping does, so one length is enough. The
    # lengths lie closer than k, so that no threshold falls between them.
    for quarters in range(-20, 21):
        g = 10.0 ** (quarters / 4) * gradient
        scaled_loss, scaled_lr = step(k * g, 1e-3), step(g, k * 1e-3)
        moved = max(float((scaled_loss - theta).norm()), float((scaled_lr - theta).norm()))
        if float((scaled_loss - scaled_lr).norm()) > 1e-6 * moved + 1e-12:
            return None
    return (
        f"For k = {k:.1f} your rule makes the same step either way, as plain SGD does: "
        "the learning rate and the gradient enter it only as a product."
    )


def _close(a: Tensor, b: Tensor) -> bool:
    return bool((a - b).norm() <= 1e-6 * max(1.0, float(b.norm())))


JUDGES: dict[str, Judge] = {
    "3.1": _gradient_for_probabilities,
    "3.2": _learning_rate_after_sum_one,
    "3.3": _other_rule,
}
