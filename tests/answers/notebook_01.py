"""Plausible wrong answers to the exercises of notebook 01, by words of the hint that each must get."""

import torch


def mean_over_samples(ce, y, w):
    return (w[y] * ce).mean()


def mean_over_classes(ce, y, w):
    return (w[y] * ce).sum() / w.sum()


def no_mean(ce, y, w):
    return (w[y] * ce).sum()


def always_k(k, _case):
    return k


def never_k(_k, _case):
    return 1.0


def squared(k, case):
    return k * k if case == "indices sum" else 1.0


def equal_weights(z):
    return torch.zeros(len(z), dtype=torch.int64), torch.ones(3)


def small_weights(z):
    return torch.zeros(len(z), dtype=torch.int64), torch.tensor([0.25, 1.0, 1.0])


def unused_weights(z):
    return torch.zeros(len(z), dtype=torch.int64), torch.tensor([0.0, 9.0, 9.0])


WRONG = {
    "1.1": {
        "You divide by the number of samples.": mean_over_samples,
        "You divide by the weights of the classes, each counted once.": mean_over_classes,
        "You return the sum. The default is a mean.": no_mean,
    },
    "1.2": {
        "For 'indices mean' you say that the loss grows by k.": always_k,
        "For 'indices sum' you say that the factor cancels.": never_k,
        "Write the fraction down with k in it.": squared,
    },
    "1.3": {
        "The two losses are equal here:": equal_weights,
        "The loss from one-hot rows is 0.25 times the other one, so smaller.": small_weights,
        "Your batch has a total weight of zero, so the loss from indices is not": unused_weights,
    },
}
