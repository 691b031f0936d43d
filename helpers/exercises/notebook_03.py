"""Exercises of notebook 03: the gradient of a weighted loss, and what its scale does to plain SGD."""

from typing import NamedTuple

import torch
from torch import Generator, Tensor

from helpers.exercises.answers import RefusedError, Submission, read_like
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import counts, integer, log_uniform, normal, number, uniform

LR = 1e-3


def soft_targets(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    shape = integer(generator, 2, 8), integer(generator, 3, 6)
    w = uniform(generator, 0.5, 5.5, shape[1])
    while True:
        z, t = normal(generator, *shape), normal(generator, *shape).softmax(dim=1)
        if digits_left(summed(z, t, w)):
            return z, t, w


def digits_left(differences: Tensor) -> bool:
    """Whether float32 has four digits of each: little cancels in none."""
    return bool(differences.abs().min() > 0.01 * differences.abs().max())


def summed(z: Tensor, t: Tensor, w: Tensor) -> Tensor:
    """The gradient of the sum of w t (-log p)."""
    return (w * t).sum(dim=1, keepdim=True) * z.softmax(dim=1) - w * t


def pull(n: Tensor, w: Tensor) -> Tensor:
    """The first gradient of the biases, under the default."""
    return 1 / len(n) - n * w / (n * w).sum()


def counts_and_weights(generator: Generator) -> tuple[Tensor, Tensor]:
    num_classes = integer(generator, 3, 8)
    while True:
        n, w = counts(generator, 1, 3000, num_classes), log_uniform(generator, 0.01, 100, num_classes)
        if digits_left(pull(n, w)):
            return n, w


def bowl(generator: Generator) -> tuple[Tensor, Tensor, float]:
    """Parameters, the minimum, at a distance of 3, and a scale of the loss."""
    size = integer(generator, 2, 8)
    theta, away = normal(generator, size), normal(generator, size)
    return theta, theta + 3 * away / away.norm(), number(generator, 2, 52)


class Steps(NamedTuple):
    once: Tensor
    again: Tensor
    against: Tensor  # the step for the opposite gradient
    apart: list[bool]  # for gradients of many lengths: do the steps (k g, lr) and (g, k lr) differ?


def steps(submission: Submission, theta: Tensor, minimum: Tensor, k: float) -> Steps:
    def step(at: Tensor, gradient: Tensor, lr: float) -> Tensor:
        answer = submission(at, gradient, lr)
        new = torch.as_tensor(read_like(answer, at))
        if answer.dtype != at.dtype:  # whose rounding would look like a rule that uses lr and gradient apart
            raise RefusedError(f"Return theta's own dtype, {at.dtype}; yours is {answer.dtype}.")
        return new

    def differ(length: float) -> bool:
        # Before a large theta the steps of short gradients would drown in its rounding.
        short, gradient = min(length, 1.0), length * g
        at = short * theta
        scaled_loss, scaled_lr = step(at, k * gradient, LR), step(at, gradient, k * LR)
        moved = max(float((scaled_loss - at).norm()), float((scaled_lr - at).norm()))
        return float((scaled_loss - scaled_lr).norm()) > 1e-12 * moved + 1e-14 * short

    g = theta - minimum
    # The lengths lie closer than k, so that no threshold of a rule falls between two of them.
    lengths = [10.0 ** (quarters / 4) for quarters in range(-20, 13)]
    return Steps(step(theta, g, LR), step(theta, g, LR), step(theta, -g, LR), [differ(length) for length in lengths])


# fmt: off
EXERCISES = (
    Exercise(
        "3.1",
        insight="A weight moves the target itself: descent rests where p is proportional to w t, not at t.",
        second='The section "One sample" derives the gradient of one -log p. Here each class has such a term, with a '
        "factor of its own: add them up. By hand: z = (0, 0), t = (0.5, 0.5) and w = (1, 3). The row is (0.5, -0.5).",
        draw=soft_targets,
        right=lambda z, t, w: summed(z, t, w) / len(z),
        wrong={
            "You return the gradient of the sum. The loss is divided by something.": summed,
            "You divide by the weights. With probability targets the divisor is another.":
                lambda z, t, w: summed(z, t, w) / (w * t).sum(),
            "Your gradient points the other way.": lambda z, t, w: -summed(z, t, w) / len(z),
            "Your result does not depend on the weights.": lambda z, t, _w: (z.softmax(dim=1) - t) / len(z),
            "You multiply each column of p - t by the weight of its class, so your rows do not sum to zero. "
            "In which terms of the loss does one logit stand?":
                lambda z, t, w: w * (z.softmax(dim=1) - t) / len(z),
            "You give each row of p - t one weight. That is right where a row has one true class. "
            "Which weight does each -log p carry here?":
                lambda z, t, w: (w * t).sum(dim=1, keepdim=True) * (z.softmax(dim=1) - t) / len(z),
            "You keep the terms of the true classes alone. Every logit also stands in the log of the softmax's sum.":
                lambda z, t, w: -w * t / len(z),
            "You average over all entries. The loss averages over samples.":
                lambda z, t, w: summed(z, t, w) / z.numel(),
        },
        otherwise="That is not the gradient. Derive one term at a time; each row of the gradient sums to zero.",
    ),
    Exercise(
        "3.2",
        insight="A class pulls its bias up by its share of the total weight, and 1/K pushes all down: with N/n_c "
        "the biases start at rest, without weights the first step learns the class counts.",
        second='The section "Weights and divisor" has the gradient for one logit, and a bias is in the logits of all '
        "samples. By hand: counts 3 and 1, with weights 1 and 1. The gradient is (-0.25, 0.25).",
        draw=counts_and_weights,
        right=pull,
        wrong={
            "Your gradient points the other way.": lambda n, w: n * w / (n * w).sum() - 1 / len(n),
            "You divide by the number of samples. The default divides by their weights.":
                lambda n, w: ((n * w).sum() / len(n) - n * w) / n.sum(),
            "That is the gradient without weights.": lambda n, _w: 1 / len(n) - n / n.sum(),
            "You count each class once. How many samples pull at its bias?": lambda n, w: 1 / len(n) - w / w.sum(),
            "Only the samples of the class itself are in your sum. What do the others do to its bias?":
                lambda n, w: (1 / len(n) - 1) * n * w / (n * w).sum(),
            "You return the gradient of the sum. The default is a mean.": lambda n, w: (n * w).sum() / len(n) - n * w,
            "You add up what the true classes pull. The 1/K by which all samples push each bias is missing.":
                lambda n, w: -n * w / (n * w).sum(),
        },
        otherwise="Add up w (p - onehot) over all samples, with p = 1/K, then divide by the sum of their weights.",
    ),
    Counterexample(
        "3.3",
        insight="Plain SGD uses the learning rate and the gradient as a product alone; a rule that uses them apart can "
        "tell the scale of the loss from the learning rate.",
        second='The section "One knob or two?" shows where plain SGD uses lr and gradient: in one product. Add a '
        "small term in which one of them stands without the other. It must be there for every gradient, so a "
        "threshold is no help.",
        draw=bowl,
        see=steps,
        right=lambda theta, gradient, lr: theta - lr * (gradient + 0.1 * theta),
        wrong=(
            Flaw("Two equal calls return different parameters. Write a rule without chance or memory.",
                lambda seen, *_: not torch.equal(seen.once, seen.again),
                lambda theta, gradient, lr: theta - lr * gradient * torch.rand(1).item()),
            Flaw("Your rule makes the same step for a gradient and for its negative: what says which way is down?",
                lambda seen, *_: torch.equal(seen.once, seen.against),
                lambda theta, _gradient, lr: theta * (1 - lr)),
            Flaw("Your rule does not lower the loss, even with lr = 0.001. Which way does a descent go?",
                lambda seen, theta, minimum, _k: not bool((seen.once - minimum).norm() < (theta - minimum).norm()),
                lambda theta, gradient, lr: theta + lr * gradient.sign()),
            Flaw("The step is the same either way, as in plain SGD: your rule uses lr and gradient as a product only.",
                lambda seen, *_: not any(seen.apart),
                lambda theta, gradient, lr: theta - (lr * gradient).clamp(-1, 1)),
            Flaw("Your rule differs from plain SGD for some gradients, as clipping does. Find one for all lengths.",
                lambda seen, *_: not all(seen.apart),
                lambda theta, gradient, lr: theta - lr * gradient.clamp(-1, 1)),
        ),
    ),
)
