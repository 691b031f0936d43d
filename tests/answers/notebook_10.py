"""Plausible wrong answers to the exercises of notebook 10, by words of the hint that each must get."""

import torch


def sum_one(n, exponent):
    r = n**-exponent
    return r / r.sum()


def class_mean_one(n, exponent):
    r = n**-exponent
    return r / r.mean()


def always_inverse(n, _exponent):
    return n.sum() / (len(n) * n)


def upside_down(n, exponent):
    r = n**exponent
    return r * n.sum() / (n * r).sum()


def always_k(k, _loss, _optimizer):
    return k


def only_the_loss(k, loss, _optimizer):
    return 1.0 if loss == "indices mean" else k


def never_k(_k, _loss, _optimizer):
    return 1.0


def imbalanced(limit):
    return torch.tensor([1.0, float(limit)])


def too_few_classes(_limit):
    return torch.full((5,), 10.0)


def too_many_classes(limit):
    return torch.ones(3 * limit)


WRONG = {
    "10.1": {
        "Your weights sum to one. The average over the samples should be one.": sum_one,
        "The average over your classes is one.": class_mean_one,
        "Your ratios are those of exponent 1, whatever the exponent.": always_inverse,
        "Your ratios differ from n ** -exponent:": upside_down,
    },
    "10.2": {
        "For 'indices mean' and SGD:": always_k,
        "For 'indices sum' and Adam:": only_the_loss,
        "For 'indices sum' and SGD:": never_k,
    },
    "10.3": {
        "Some of your classes are rarer than others, so your example does not": imbalanced,
        "Your largest weight is 5, and the limit was": too_few_classes,
        "classes are more than you need for a limit of": too_many_classes,
    },
}
