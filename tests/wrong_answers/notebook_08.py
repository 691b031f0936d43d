"""Plausible wrong answers to the exercises of notebook 08; each gets its own hint."""

from collections.abc import Callable

import torch


def shares(counts, w):
    q = counts / counts.sum()
    return q * (2 * (w[:, None] / (w[:, None] + w)) @ q)


def forgot_the_unweighted_part(counts, w):
    return (w[:, None] / (w[:, None] + w)) @ (counts / counts.sum())


def rule_of_thumb(_, w):
    return 2 * w / (w + 1)


def batch_of_one(_, w):
    return torch.ones_like(w)


def as_set(_, w):
    return w


def all_partners_alike(_, w):
    return 2 * (w[:, None] / (w[:, None] + w)).mean(1)


def upside_down(totals):
    return totals / totals.mean()


def part_of_the_weight(totals):
    return totals / totals.sum()


def part_of_the_average(totals):
    return torch.full_like(totals, 1 / len(totals))


def forgot_the_averaging(totals):
    return totals.sum() / totals


def unequal_sizes(_):
    return [0, 1, 2], [0, 1, 1, 2, 2]


def class_missing(_):
    return [0, 0, 1], [1, 2, 2]


def twins(_):
    return [0, 1, 2, 2], [2, 0, 2, 1]


def nearly_alike(_):
    return [0] * 20 + [1] * 20 + [2] * 21, [0] * 20 + [1] * 21 + [2] * 20


WRONG: dict[str, list[Callable]] = {
    "8.1": [shares, forgot_the_unweighted_part, rule_of_thumb, batch_of_one, as_set, all_partners_alike],
    "8.2": [upside_down, part_of_the_weight, part_of_the_average, forgot_the_averaging],
    "8.3": [unequal_sizes, class_missing, twins, nearly_alike],
}
