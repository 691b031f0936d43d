"""Plausible wrong answers to the exercises of notebook 01, each refused with a hint of its own."""

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
    "1.1": [mean_over_samples, mean_over_classes, no_mean],
    "1.2": [always_k, never_k, squared],
    "1.3": [equal_weights, small_weights, unused_weights],
}
