"""Plausible wrong answers to the exercises of notebook 01, by words of the hint that each must get."""

import torch
from torch.nn import functional as F


def mean_over_samples(ce, y, w):
    return (w[y] * ce).mean()


def mean_over_classes(ce, y, w):
    return (w[y] * ce).sum() / w.sum()


def no_mean(ce, y, w):
    return (w[y] * ce).sum()


def without_weights(ce, _y, _w):
    return ce.mean()


def weighted_above_and_twice_below(ce, y, w):
    return (w[y] * ce).sum() / (w[y] ** 2).sum()


def always_k(k, _case):
    return k


def never_k(_k, _case):
    return 1.0


def squared(k, case):
    return k * k if case == "indices sum" else 1.0


def reciprocal(k, _case):
    return 1 / k


def only_the_sum_grows(k, case):
    return k if case == "indices sum" else 1.0


def smoothing_grows(k, case):
    return 1.0 if case == "indices mean" else k


def measured_in_single_precision(k, case):
    target, reduction = case.split()
    z, y, w = torch.tensor([[0.0, 1.0], [2.0, 0.5]]), torch.tensor([0, 1]), torch.tensor([0.3, 1.7])
    smoothing = 0.1 if target == "smoothing" else 0.0
    y = F.one_hot(y).float() if target == "probabilities" else y
    before, after = (
        F.cross_entropy(z, y, weight=weight, reduction=reduction, label_smoothing=smoothing) for weight in (w, k * w)
    )
    return after / before


def equal_weights(z):
    return torch.zeros(len(z), dtype=torch.int64), torch.ones(3)


def small_weights(z):
    return torch.zeros(len(z), dtype=torch.int64), torch.tensor([0.25, 1.0, 1.0])


def unused_weights(z):
    return torch.zeros(len(z), dtype=torch.int64), torch.tensor([0.0, 9.0, 9.0])


def balanced_weights(z):
    y = torch.arange(len(z)) % 3
    return y, len(z) / (3 * y.bincount())


def weights_too_close_to_one(z):
    return z.argmax(dim=1), torch.full((3,), 1.5)


def classes_from_one(z):
    return z.argmax(dim=1) + 1, torch.full((3,), 2.0)


def infinite_weights(z):
    return torch.zeros(len(z), dtype=torch.int64), torch.tensor([torch.inf, 1.0, 1.0])


def negative_weights(z):
    return z.argmax(dim=1), torch.full((3,), -2.0)


def classes_as_floats(z):
    return z.argmax(dim=1).float(), torch.full((3,), 2.0)


def weights_of_the_samples(z):
    return z.argmax(dim=1), torch.full((len(z),), 2.0)


def classes_alone(z):
    return z.argmax(dim=1)


def lists_of_whole_numbers(z):
    return [0] * len(z), [2, 2, 2]


WRONG = {
    "1.1": {
        "You divide by the number of samples.": mean_over_samples,
        "You divide by the weights of the classes, each counted once.": mean_over_classes,
        "You return the sum. The default is a mean.": no_mean,
        "Your result does not depend on the weights.": without_weights,
        "and PyTorch another number. Check both parts": weighted_above_and_twice_below,
    },
    "1.2": {
        "For 'indices mean' you say that the loss grows by k.": always_k,
        "For 'indices sum' you say that the factor cancels.": never_k,
        "Write the fraction down with k in it.": squared,
        "For 'indices mean' and k =": reciprocal,
        "For 'probabilities mean' you say that the factor cancels.": only_the_sum_grows,
        "For 'smoothing mean' you say that the loss grows by k.": smoothing_grows,
    },
    "1.3": {
        "The two losses are equal here:": equal_weights,
        "The loss from one-hot rows is 0.25 times the other one, so smaller.": small_weights,
        "Your batch has a total weight of zero, so the loss from indices is not": unused_weights,
        "equal here: the weights of your batch average to one.": balanced_weights,
        "The loss from one-hot rows is only 1.50 times the other one.": weights_too_close_to_one,
        "A class is 0, 1 or 2;": classes_from_one,
        "Weights are finite and not negative;": negative_weights,
        "Weights are finite and": infinite_weights,
        "classes y and three weights w; got": weights_of_the_samples,
        "Return two things:": classes_alone,
    },
}
RIGHT = {"1.2": [measured_in_single_precision], "1.3": [lists_of_whole_numbers, classes_as_floats]}
