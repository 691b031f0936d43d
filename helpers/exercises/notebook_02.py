"""Exercises of notebook 02: a boundary after weighting, weights for given probabilities, losses that mislead."""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from helpers.exercises.answers import Submission, read_pair
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import counts, integer, labels, log_uniform, normal, number, sign, uniform
from helpers.weights import normalize


def line_and_weights(generator: Generator) -> tuple[float, float, float, float]:
    while True:
        a, b, w0 = sign(generator) * number(generator, 0.5, 3), number(generator, -2, 2), number(generator, 0.2, 5)
        shift = sign(generator) * number(generator, 0.7, 3)
        if abs(b + shift) > 0.01:  # where the two nearly cancel, float32 has fewer than four digits of the sum
            return a, b, w0, w0 * math.exp(shift)


def counts_and_probabilities(generator: Generator) -> tuple[Tensor, Tensor]:
    num_classes = integer(generator, 3, 7)
    return counts(generator, 1, 500, num_classes), normal(generator, num_classes).softmax(dim=0)


def weights_and_classes(generator: Generator) -> tuple[Tensor, float, Tensor]:
    num_classes = integer(generator, 2, 5)
    # Some k so close to one that a fixed lead of B has to be tiny, and all far enough for one in float32.
    w, k = uniform(generator, 0.5, 3, num_classes), 1 + log_uniform(generator, 1e-5, 20, 1).item()
    return w, k, labels(generator, num_classes, integer(generator, 3, 8))


def losses_of_both(submission: Submission, w: Tensor, k: float, y: Tensor) -> tuple[Tensor, Tensor]:
    """The cross entropy of each sample under A and B."""
    wanted, shape = "Return two tensors of finite logits, first A's, then B's.", (len(y), len(w))
    logits = read_pair(submission(w, k, y), wanted, shape, shape)
    a, b = (F.cross_entropy(z, y, reduction="none") for z in logits)
    return a, b


def prints(w: Tensor, y: Tensor, ce: Tensor) -> float:
    return float((w[y] * ce).mean())


# fmt: off
EXERCISES = (
    Exercise(
        "2.1",
        insight="The weights move the log-odds by log(w1/w0); how far that moves the boundary depends on the slope.",
        second='The section "What a ratio buys" says what weights add to the true log-odds. By hand: z = 2x - 2, with '
        "weights 1 and 10. The boundary moves from 1 to -0.151.",
        draw=line_and_weights,
        right=lambda a, b, w0, w1: -(b + math.log(w1 / w0)) / a,
        wrong={
            "You return the boundary of the model without weights.": lambda a, b, _w0, _w1: -b / a,
            "Your boundary moves to the wrong side: the class with the larger weight should gain ground.":
                lambda a, b, w0, w1: -(b - math.log(w1 / w0)) / a,
            "Your shift in x does not depend on a. The weights shift the logit: how far is that in x?":
                lambda a, b, w0, w1: -b / a - math.log(w1 / w0),
            "You add the quotient of the weights to the logit. It multiplies the odds, and z is their logarithm.":
                lambda a, b, w0, w1: -(b + w1 / w0) / a,
            "You add the difference of the weights to the logit. Which of their relations multiplies the odds?":
                lambda a, b, w0, w1: -(b + w1 - w0) / a,
            "You use log10: the logit is a natural logarithm.": lambda a, b, w0, w1: -(b + math.log10(w1 / w0)) / a,
            "You use log2: the logit is a natural logarithm.": lambda a, b, w0, w1: -(b + math.log2(w1 / w0)) / a,
        },
        otherwise="The weighted logit is not zero at your boundary. Write the logit down with the weights in it.",
    ),
    Exercise(
        "2.2",
        insight="The model answers n_c w_c, made to sum to one: the counts are weights too, so N/n_c makes all equal.",
        second='The section "The same three samples, in competition" solves it for one sample of each class. What '
        "stands in its first equation where a class has n samples? By hand: counts 3 and 1 and p = (0.75, 0.25). The "
        "weights are 0.5 and 0.5.",
        draw=counts_and_probabilities,
        right=lambda n, p: normalize(p / n, to="sum"),
        wrong={
            "That is right for one sample of each class. A class with n samples pulls n times.": lambda _n, p: p,
            "You give more weight to the classes with more samples, and they pull harder already.":
                lambda n, p: normalize(p * n, to="sum"),
            "With these weights all classes pull equally, and the model answers 1/K. It is to answer p.":
                lambda n, _p: normalize(1 / n, to="sum"),
            "The ratios are right. But do your weights sum to one?": lambda n, p: p / n,
            "Yours is upside down in p: is a class with a larger p heavier?":
                lambda n, p: normalize(1 / (p * n), to="sum"),
            "You divide by the square root of the counts. How often does a class pull?":
                lambda n, p: normalize(p / n.sqrt(), to="sum"),
        },
        otherwise="At p the gradient of the logits should be zero, and the weights should sum to one: add up "
        "w (p - onehot) over all samples.",
    ),
    Counterexample(
        "2.3",
        insight="The two prints are in different units, k apart: compare models by a yardstick that k does not enter.",
        second='The section "The gradient" says what k does to a loss. By hand: weight 1 and k = 2, and a sample that '
        "costs A 1.0 and B 0.9. They print 1.0 and 1.8. Which logits of the true class, with all others zero, make a "
        "small gain like that, for any k?",
        draw=weights_and_classes,
        see=losses_of_both,
        right=lambda w, k, y: (3.0 * F.one_hot(y, len(w)), (3.0 + 0.1 * (1 - 1 / k)) * F.one_hot(y, len(w))),
        wrong=(
            Flaw("Your two models are equally good, if only because float32 lost a small lead. B has to be the better "
                "one, on every sample.",
                lambda seen, *_: torch.allclose(seen[0], seen[1], rtol=1e-9, atol=0.0),
                lambda w, _k, y: (torch.zeros(len(y), len(w)), torch.zeros(len(y), len(w)))),
            Flaw("A is the better model on every sample, so your example agrees with the claim. Which has to be worse?",
                lambda seen, *_: bool((seen[0] < seen[1]).all()),
                lambda w, _k, y: (0.1 * F.one_hot(y, len(w)), torch.zeros(len(y), len(w)))),
            Flaw("B is not better on every sample: look at sample {}.",
                lambda seen, *_: bool((seen[1] >= seen[0]).any()) and str(int((seen[1] >= seen[0]).nonzero()[0])),
                lambda w, _k, y: (
                    torch.zeros(len(y), len(w)),
                    F.one_hot(y, len(w)) * (torch.arange(len(y)) > 0)[:, None],
                )),
            Flaw("B is better on every sample, but it also prints the smaller loss{}: your B is better by too much.",
                lambda seen, w, k, y: (
                    not prints(w, y, seen[0]) < prints(k * w, y, seen[1])
                    and f", {prints(k * w, y, seen[1]):.8g} against {prints(w, y, seen[0]):.8g} for k = {k:.6g}"
                ),
                lambda w, _k, y: (torch.zeros(len(y), len(w)), 10.0 * F.one_hot(y, len(w)))),
        ),
    ),
)
