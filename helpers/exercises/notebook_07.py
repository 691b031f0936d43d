"""Exercises of notebook 07: seven thousand classes."""

from bisect import bisect_left

import torch
from torch import Generator, Tensor

from helpers.exercises.answers import read_pair
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import counts, integer, log_uniform, number


def rate_and_classes(generator: Generator) -> tuple[float, Tensor, Tensor]:
    num_classes = integer(generator, 4, 39)
    w = log_uniform(generator, 0.02, 50, num_classes)
    return number(generator, 0.01, 1), w, counts(generator, 1, 3000, num_classes)


def tail_and_share(generator: Generator) -> tuple[Tensor, int, float]:
    n, limit = counts(generator, 1, 5000, integer(generator, 20, 60)), integer(generator, 20, 200)
    n[:3] = torch.tensor([1, limit, 5000])  # one class just at the limit, which is not below it
    return n.double(), limit, share_of_tail(n, limit, number(generator, 0.15, 0.85))  # n ** 0.5 of int64 is float32


def share_of_tail(n: Tensor, limit: int, exponent: float) -> float:
    """The share of the total weight that lies on classes with less than ``limit`` samples."""
    total = n.double() ** (1 - exponent)
    return float(total[n < limit].sum() / total.sum())


def exponent_for(n: Tensor, limit: int, share: float) -> float:
    """The steeper the weights, the larger the share of the tail, so a bisection finds where it is the one wanted."""
    steps = 2**50
    return bisect_left(range(steps), share, key=lambda i: share_of_tail(n, limit, i / steps)) / steps


def straight_line(n: Tensor, limit: int, share: float) -> float:
    start, end = share_of_tail(n, limit, 0), share_of_tail(n, limit, 1)
    return (share - start) / (end - start)


def held_out_pairs(generator: Generator) -> tuple[Tensor]:
    held_out = torch.randint(1, 20, (integer(generator, 4, 8),), generator=generator)
    held_out[integer(generator, 0, len(held_out) - 1)] = integer(generator, 200, 899)
    return (held_out,)


def only(held_out: Tensor, word: Tensor) -> Tensor:
    return torch.where(torch.arange(len(held_out)) == word, held_out, 0)


# fmt: off
EXERCISES = (
    Exercise(
        "7.1",
        insight="One number repairs the run in advance: the mean weight of the samples, not that of the classes.",
        second='The section "Seven weightings, one network" has the mean weight of a sample. By hand: counts 3 and 1, '
        "with weights 1 and 5. The mean weight is 2, and a rate of 0.1 becomes 0.05.",
        draw=rate_and_classes,
        right=lambda lr, w, n: lr * n.sum() / (n * w).sum(),
        wrong={
            "You make large steps larger still. What has to become of the learning rate when the gradient grows?":
                lambda lr, w, n: lr * (n * w).sum() / n.sum(),
            "You take the mean of the classes, each counted once. How often does a sample of each class come?":
                lambda lr, w, _n: lr / w.mean(),
            "That keeps the step of the heaviest class. The task asks for the average sample.":
                lambda lr, w, _n: lr / w.max(),
            "You divide by the sum of the weights of all classes. The gradient grows by a mean, over what?":
                lambda lr, w, _n: lr / w.sum(),
            "You divide by the total weight of all samples. This loss already divides by N.":
                lambda lr, w, n: lr / (n * w).sum(),
            "You keep the learning rate. This loss does not divide the weights away.": lambda lr, _w, _n: lr,
        },
        otherwise="By what does the mean gradient of all samples grow?",
    ),
    Exercise(
        "7.2",
        insight="At exponent 0 the tail has its share of the pairs, at 1 its share of the words: the exponent says how "
        "much of the loss listens to rare words, whatever the scale.",
        second='The section "Seven weightings, one network" adds up what the classes carry, n times w each. By hand: '
        "counts 1 and 4, and limit 2. The tail has 1/5 at exponent 0, 1/2 at 1, and 1/3 at 0.5. Write the share as a "
        "function of the exponent, then halve the interval, forty times or so.",
        draw=tail_and_share,
        right=exponent_for,
        wrong={
            "Yours is the exponent of n in n_c w_c, what a class carries. Which exponent has its weight?":
                lambda n, limit, share: 1 - exponent_for(n, limit, share),
            "You add up one weight for each class. The loss holds one for each sample.":
                lambda n, limit, share: exponent_for(n, limit, share) - 1,
            "You draw a straight line between the shares at 0 and at 1. The curve between them is none.": straight_line,
            "Your exponent has the wrong sign: rare words are to weigh more.": lambda n, m, s: -exponent_for(n, m, s),
            "Your tail holds a class of `limit` samples too. The task says: fewer than `limit`.":
                lambda n, limit, share: exponent_for(n, limit + 1, share),
        },
        otherwise="At your exponent the tail carries another share. Print the share for a few exponents, and search.",
    ),
    Counterexample(
        "7.3",
        insight="One frequent word outweighs many rare ones in a sum over the pairs, and is one of many in a mean over "
        "the words: say which of the two a score counts.",
        second='The section "A fair yardstick" averages over the words. By hand: held-out pairs 90, 5 and 5. A model '
        "that finds the first 90 and no other has 90 of 100 pairs, and recalls of 1, 0 and 0, a mean of 1/3. Which "
        "pairs give the other model a larger mean?",
        draw=held_out_pairs,
        see=lambda submission, n: read_pair(
            submission(n),
            "Return two tensors: the pairs that A finds, and the pairs that B finds, of each word.",
            tuple(n.shape), tuple(n.shape)),
        right=lambda held_out: (only(held_out, held_out.argmax()), held_out - only(held_out, held_out.argmax())),
        wrong=(
            Flaw("A model finds a whole number of pairs of each word, from none to all of them.",
                lambda seen, n: any(bool(((hits < 0) | (hits > n) | (hits != hits.round())).any()) for hits in seen),
                lambda held_out: (held_out * 2, held_out)),
            Flaw("A and B find equally many pairs. A has to find more.",
                lambda seen, _n: bool(seen[0].sum() == seen[1].sum()),
                lambda held_out: (held_out, held_out)),
            Flaw("B finds more pairs in all. The colleague speaks of an A that finds more.",
                lambda seen, _n: bool(seen[0].sum() < seen[1].sum()),
                lambda held_out: (held_out - only(held_out, held_out.argmax()), only(held_out, held_out.argmax()))),
            Flaw("A wins or draws on the average word. Where can B win many words with few pairs?",
                lambda seen, n: not bool((seen[0] / n).mean() < (seen[1] / n).mean()),
                lambda held_out: (only(held_out, held_out.argmax()), only(held_out, held_out.argmin()))),
        ),
    ),
)
