"""Plausible wrong answers to the exercises of notebook 08, by words of the hint that each must get."""

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


def compared_with_the_other_ranks(totals):
    return (totals.sum() - totals) / totals


def number_of_ranks(_):
    return 2


def one_rank(_):
    return [0, 1, 1, 2]


def shares_for_labels(_):
    return [0.6, 0.3, 0.1], [0.1, 0.3, 0.6]


def one_label_too_many(_):
    return [0] * 63 + [1, 2], [2] * 63 + [1, 0]


def counted_from_one(_):
    return [1, 1, 2, 3], [1, 2, 3, 3]


def one_sample_each(_):
    return [0], [0]


def unequal_sizes(_):
    return [0, 1, 2], [0, 1, 1, 2, 2]


def class_missing(_):
    return [0, 0, 1], [1, 2, 2]


def twins(_):
    return [0, 1, 2, 2], [2, 0, 2, 1]


def nearly_alike(_):
    return [0] * 20 + [1] * 20 + [2] * 21, [0] * 20 + [1] * 21 + [2] * 20


def half_of_one_rank_heavy(w):
    light, heavy = int(w.argmin()), int(w.argmax())
    return [0, 1, 2] + [light] * 61, [0, 1, 2] + [light] * 31 + [heavy] * 30


WRONG = {
    "8.1": {
        "Those are the shares of the classes:": shares,
        "Yours is half of it: an unweighted sample has one half of a batch of": forgot_the_unweighted_part,
        "That is the rule of thumb, with the other sample of weight 1:": rule_of_thumb,
        "Those are the effective weights of a batch of one:": batch_of_one,
        "Those are the weights as set, which only a very large batch lets": as_set,
        "Of which class can the second sample be, how likely is each, and what": all_partners_alike,
    },
    "8.2": {
        "Yours is upside down: is a sample beside heavy company divided by": upside_down,
        "That is each rank's part of the total weight:": part_of_the_weight,
        "That is the weight of each rank in the average:": part_of_the_average,
        "Yours is too large by the number of ranks:": forgot_the_averaging,
        "Write down what multiplies w CE of a sample of rank r in the average,": compared_with_the_other_ranks,
    },
    "8.3": {
        "Return two lists of class numbers,": number_of_ranks,
        "Return two lists of class numbers, one a rank.": one_rank,
        "A label is 0, 1 or 2;": shares_for_labels,
        "Each rank needs a list of 1 to 64 labels; yours has shape (65,).": one_label_too_many,
        "A label is 0, 1 or 2; some of yours are not.": counted_from_one,
        "Both ranks must hold the same number of samples; yours hold 3 and 5.": unequal_sizes,
        "Every class must stand on both ranks; rank 0 has no sample of class 1.": one_sample_each,
        "Every class must stand on both ranks; rank 0 has no sample of class 2.": class_missing,
        "Your ranks hold the same classes equally often, so they agree:": twins,
        "The shares differ by 0.000 only:": nearly_alike,
    },
}

RIGHT = {"8.3": [half_of_one_rank_heavy]}
