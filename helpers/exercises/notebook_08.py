"""Judges of notebook 08: what the batch does to the weights."""

import torch
from torch import Tensor

from helpers.exercises.core import Ask, Judge


def _close(found: Tensor, wanted: Tensor) -> bool:
    return torch.allclose(found, wanted, rtol=1e-6, atol=1e-12)


def _judge_pair(ask: Ask, generator: torch.Generator) -> str | None:
    num_classes = int(torch.randint(2, 7, (1,), generator=generator))
    counts = torch.randint(1, 500, (num_classes,), generator=generator).double()
    counts[0] += 600
    w = counts.sum() / (num_classes * counts)
    q = counts / counts.sum()
    v = 2 * (w[:, None] / (w[:, None] + w)) @ q
    found = ask.tensor(counts, w, shape=(num_classes,))
    if _close(found, v):
        return None
    if _close(found, q * v):
        return "Those are the shares of the classes: an effective weight speaks of one sample, not of its whole class."
    if _close(found, v / 2):
        return "Yours is half of it: an unweighted sample has one half of a batch of two, and counts as weight 1."
    if _close(found, 2 * w / (w + 1)):
        return "That is the rule of thumb, with the other sample of weight 1: take each class that it can have."
    if _close(found, torch.ones_like(w)):
        return "Those are the effective weights of a batch of one: here a second sample stands beside the first."
    if _close(found, w):
        return "Those are the weights as set, which only a very large batch lets through."
    return "Of which class can the second sample be, how likely is each, and what part has the first sample then?"


def _judge_overcount(ask: Ask, generator: torch.Generator) -> str | None:
    ranks = int(torch.randint(2, 9, (1,), generator=generator))
    totals = torch.rand(ranks, generator=generator, dtype=torch.float64) * 30 + 0.5
    factor = totals.mean() / totals
    found = ask.tensor(totals, shape=(ranks,))
    if _close(found, factor):
        return None
    if _close(found, 1 / factor):
        return "Yours is upside down: is a sample beside heavy company divided by more, or by less?"
    if _close(found, totals / totals.sum()):
        return "That is each rank's part of the total weight: compare the divisor that it uses with the right one."
    if _close(found, torch.full_like(totals, 1 / ranks)):
        return "That is the weight of each rank in the average: what divides a sample's w CE in all, and what should?"
    if _close(found, factor * ranks):
        return "Yours is too large by the number of ranks: the averaging divides by it too."
    return "Write down what multiplies w CE of a sample of rank r in the average, and in the wanted loss. Then divide."


def _judge_ranks(ask: Ask, generator: torch.Generator) -> str | None:
    ratio = 5 + 45 * torch.rand(1, generator=generator, dtype=torch.float64)
    middle = 1 + (ratio - 1) * torch.rand(1, generator=generator, dtype=torch.float64)
    w = torch.cat([torch.ones_like(ratio), middle, ratio])[torch.randperm(3, generator=generator)]
    ranks = ask.pair(w, wanted="Return two lists of class numbers, one a rank.")
    for labels in ranks:
        if labels.ndim != 1 or not 1 <= len(labels) <= 64:
            return f"Each rank needs a list of 1 to 64 labels; yours has shape {tuple(labels.shape)}."
        if not all(label in (0, 1, 2) for label in labels.tolist()):
            return "A label is 0, 1 or 2; some of yours are not."
    if len(ranks[0]) != len(ranks[1]):
        return f"Both ranks must hold the same number of samples; yours hold {len(ranks[0])} and {len(ranks[1])}."
    counts = torch.stack([torch.bincount(labels.long(), minlength=3) for labels in ranks])
    if not counts.all():
        rank, c = (int(i) for i in (counts == 0).nonzero()[0])
        return f"Every class must stand on both ranks; rank {rank} has no sample of class {c}."
    if counts[0].equal(counts[1]):
        return "Your ranks hold the same classes equally often, so they agree: where does the mean of means go wrong?"
    weight = counts * w
    averaged = (weight / weight.sum(1, keepdim=True)).mean(0)
    wanted = weight.sum(0) / weight.sum()
    off = float((averaged - wanted).abs().max())
    if off < 0.05:
        return f"The shares differ by {off:.3f} only: make the total weights of the two ranks more unlike."
    return None


JUDGES: dict[str, Judge] = {"8.1": _judge_pair, "8.2": _judge_overcount, "8.3": _judge_ranks}
