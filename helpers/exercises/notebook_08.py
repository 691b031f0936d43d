"""Exercises of notebook 08: what a batch does to the weights."""

import torch
from torch import Generator, Tensor

from helpers.exercises.answers import RefusedError, Submission, read_pair
from helpers.exercises.core import Counterexample, Exercise, Flaw
from helpers.exercises.draws import integer, log_uniform, number, uniform
from helpers.weights import normalize


def counts_and_weights(generator: Generator) -> tuple[Tensor, Tensor]:
    # Weights that do not follow from the counts, so that an answer needs both.
    counts = uniform(generator, 1, 500, integer(generator, 2, 6)).round()  # as float64, which `@` takes beside w
    counts[0] += 600
    return counts, normalize(log_uniform(generator, 0.1, 20, len(counts)), counts, to="sample mean")


def of_two(counts: Tensor, w: Tensor) -> Tensor:
    """The effective weights in a batch of two."""
    return 2 * (w[:, None] / (w[:, None] + w)) @ (counts / counts.sum())


def three_weights(generator: Generator) -> tuple[Tensor]:
    ratio = number(generator, 5, 50)
    middle = number(generator, 1, ratio) if integer(generator, 0, 1) else 1.0
    w = torch.tensor([1.0, middle, ratio], dtype=torch.float64)
    return (w[torch.randperm(3, generator=generator)],)


def labels_of_ranks(submission: Submission, w: Tensor) -> Tensor:
    """How many samples of each class stand on each rank, shape (2, 3)."""
    ranks = read_pair(submission(w), "Return two lists of class numbers, one a rank.")
    for labels in ranks:
        if labels.ndim != 1 or not 1 <= len(labels) <= 64:
            raise RefusedError(f"Each rank needs a list of 1 to 64 labels; yours has shape {tuple(labels.shape)}.")
        if not set(labels.tolist()) <= {0, 1, 2}:
            raise RefusedError("A label is 0, 1 or 2; some of yours are not.")
    return torch.stack([torch.bincount(labels.long(), minlength=3) for labels in ranks])


def missing(counts: Tensor) -> str:
    return next((f"rank {rank} has no sample of class {c}" for rank, c in (counts == 0).nonzero().tolist()), "")


def off_by(counts: Tensor, w: Tensor) -> float:
    """The largest difference between the shares of the classes in the mean of means and in the wanted mean."""
    weight = counts * w
    return float(((weight / weight.sum(1, keepdim=True)).mean(0) - weight.sum(0) / weight.sum()).abs().max())


# fmt: off
EXERCISES = (
    Exercise(
        "8.1",
        insight="However heavy a class, in a batch of two none of its samples counts more than twice.",
        second='The section "Why: nobody can weigh more than the batch" has the mean quotient; in a batch of two, S '
        "is the weight of the one other sample. By hand: counts 1 and 1, with weights 1 and 3. The effective weights "
        "are 0.75 and 1.25.",
        draw=counts_and_weights,
        right=of_two,
        wrong={
            "Those are the shares of the classes: an effective weight speaks of one sample, not of its class.":
                lambda counts, w: counts / counts.sum() * of_two(counts, w),
            "Yours is half of it: an unweighted sample has one half of a batch of two, and counts as weight 1.":
                lambda counts, w: of_two(counts, w) / 2,
            "That is the rule of thumb, with the other sample of weight 1: take each class that it can have.":
                lambda _counts, w: 2 * w / (w + 1),
            "Those are the effective weights of a batch of one: here a second sample stands beside the first.":
                lambda _counts, w: torch.ones_like(w),
            "Those are the weights as set, which only a very large batch lets through.": lambda _counts, w: w,
            "You let the second sample be of every class equally often. How likely is each?":
                lambda _counts, w: 2 * (w[:, None] / (w[:, None] + w)).mean(1),
        },
        otherwise="Of which class can the second sample be, how likely is each, and what part has the first one then?",
    ),
    Exercise(
        "8.2",
        insight="The light ranks count too much: their samples are divided by less than the average rank's total.",
        second='The section "Several processes" has the averaged and the wanted loss side by side. By hand: totals 1 '
        "and 3. On the light rank w CE is divided by 1, then by 2 in the average; wanted is a division by 4. So it "
        "counts 2 times, on the heavy rank 0.667 times.",
        draw=lambda generator: (uniform(generator, 0.5, 30.5, integer(generator, 2, 8)),),
        right=lambda totals: totals.mean() / totals,
        wrong={
            "Yours is upside down: is a sample beside heavy company divided by more, or by less?":
                lambda totals: totals / totals.mean(),
            "That is each rank's part of the total weight: compare the divisor that it uses with the right one.":
                lambda totals: totals / totals.sum(),
            "That is the weight of each rank in the average: what divides a sample's w CE in all, and what should?":
                lambda totals: torch.full_like(totals, 1 / len(totals)),
            "Yours is too large by the number of ranks: the averaging divides by it too.":
                lambda totals: totals.sum() / totals,
            "You compare a rank with the others. The divisor of the whole batch holds its own weight as well.":
                lambda totals: (totals.sum() - totals) / totals,
        },
        otherwise="Write down what multiplies w CE of a sample of rank r in the average and in the wanted loss.",
    ),
    Counterexample(
        "8.3",
        insight="The mean of means is right where all ranks have the same total weight; equal sizes are not enough.",
        second='The section "Several processes" has the mean of means: each rank has one half of it, whatever it '
        "weighs. One sample of each class must stand on both ranks. What would you put into the other places, so that "
        "the total weights differ most?",
        draw=three_weights,
        see=labels_of_ranks,
        right=lambda w: (
            [0, 1, 2] + [int(w.argmin())] * 61,
            [0, 1, 2] + [int(w.argmin())] * 31 + [int(w.argmax())] * 30,
        ),
        wrong=(
            Flaw("Both ranks must hold the same number of samples; yours hold {}.",
                lambda seen, _w: len(set(seen.sum(1).tolist())) > 1 and "{} and {}".format(*seen.sum(1).tolist()),
                lambda _w: ([0, 1, 2], [0, 1, 1, 2, 2])),
            Flaw("Every class must stand on both ranks; {}.",
                lambda seen, _w: missing(seen),
                lambda _w: ([0, 0, 1], [1, 2, 2])),
            Flaw("Your ranks hold the same classes equally often, so they agree: where do means of means fail?",
                lambda seen, _w: seen[0].equal(seen[1]),
                lambda _w: ([0, 1, 2, 2], [2, 0, 2, 1])),
            Flaw("The shares differ by {} only: make the total weights of the two ranks more unlike.",
                lambda seen, w: off_by(seen, w) < 0.05 and f"{off_by(seen, w):.6f}",
                lambda _w: ([0] * 20 + [1] * 20 + [2] * 21, [0] * 20 + [1] * 21 + [2] * 20)),
        ),
    ),
)
