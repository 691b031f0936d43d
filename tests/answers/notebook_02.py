"""Plausible wrong answers to the exercises of notebook 02, by words of the hint that each must get."""

import math

import torch
from torch.nn import functional as F


def boundary_without_weights(a, b, _w0, _w1):
    return -b / a


def boundary_to_the_wrong_side(a, b, w0, w1):
    return -(b - math.log(w1 / w0)) / a


def boundary_without_the_slope(a, b, w0, w1):
    return -b / a - math.log(w1 / w0)


def boundary_without_the_logarithm(a, b, w0, w1):
    return -(b + w1 / w0) / a


def boundary_with_log10(a, b, w0, w1):
    return -(b + math.log10(w1 / w0)) / a


def boundary_with_log2(a, b, w0, w1):
    return -(b + math.log2(w1 / w0)) / a


def boundary_with_the_difference_of_the_weights(a, b, w0, w1):
    return -(b + w1 - w0) / a


def boundary_undivided(_a, b, w0, w1):
    return -(b + math.log(w1 / w0))


def boundary_without_the_minus(a, b, w0, w1):
    return (b + math.log(w1 / w0)) / a


def lr_unchanged(lr, _w, _v, _divide_by):
    return lr


def lr_always_repaired(lr, w, v, _divide_by):
    return lr * float(w[0] / v[0])


def lr_wrong_direction(lr, w, v, divide_by):
    return lr if divide_by == "weights" else lr * float(v[0] / w[0])


def lr_by_the_sum_alone(lr, _w, v, divide_by):
    return lr if divide_by == "weights" else lr / float(v.sum())


def lr_negative(lr, _w, _v, _divide_by):
    return -lr


def lr_zero(_lr, _w, _v, _divide_by):
    return 0.0


def lr_infinite(_lr, _w, _v, _divide_by):
    return math.inf


def lr_rounded_to_two_digits(lr, w, v, divide_by):
    return lr if divide_by == "weights" else float(f"{lr * float(w[0] / v[0]):.2g}")


def models_equal(w, _k, y):
    zeros = torch.zeros(len(y), len(w))
    return zeros, zeros


def models_swapped(w, _k, y):
    right = 0.1 * F.one_hot(y, len(w))
    return right, torch.zeros(len(y), len(w))


def model_b_too_good(w, _k, y):
    return torch.zeros(len(y), len(w)), 10.0 * F.one_hot(y, len(w))


def model_b_better_on_one_sample(w, _k, y):
    better = torch.zeros(len(y), len(w))
    better[0, y[0]] = 0.1
    return torch.zeros(len(y), len(w)), better


def model_a_better_on_one_sample(w, _k, y):
    better = torch.zeros(len(y), len(w))
    better[0, y[0]] = 0.1
    return better, torch.zeros(len(y), len(w))


def model_b_alone(w, _k, y):
    return 0.1 * F.one_hot(y, len(w))


def model_a_with_one_logit_a_sample(w, k, y):
    return torch.zeros(len(y)), 0.1 * (1 - 1 / k) * F.one_hot(y, len(w))


def model_b_certain(w, _k, y):
    return torch.zeros(len(y), len(w)), F.one_hot(y, len(w)).log()


def model_b_hardly_better(w, _k, y):
    return torch.zeros(len(y), len(w)), 1e-8 * F.one_hot(y, len(w))


def two_good_models(w, k, y):
    return 3.0 * F.one_hot(y, len(w)), (3.0 + 0.1 * (1 - 1 / k)) * F.one_hot(y, len(w))


def model_a_as_lists_of_whole_numbers(w, k, y):
    return [[0] * len(w)] * len(y), 0.1 * (1 - 1 / k) * F.one_hot(y, len(w))


WRONG = {
    "2.1": {
        "you return the boundary of the model without weights.": boundary_without_weights,
        "your boundary moves to the wrong side:": boundary_to_the_wrong_side,
        "your shift in x does not depend on a.": boundary_without_the_slope,
        "you add the weights to the logit as they are.": boundary_without_the_logarithm,
        "the shift is off by a constant factor:": boundary_with_log10,
        "the logit is a natural logarithm.": boundary_with_log2,
        "They multiply the odds, and z is a log-odds.": boundary_with_the_difference_of_the_weights,
        "the weighted logit is not zero at your boundary, x =": boundary_undivided,
        "For a =": boundary_without_the_minus,
    },
    "2.2": {
        "you keep the learning rate, but the gradient": lr_unchanged,
        "the two runs end apart. What becomes of a common factor": lr_always_repaired,
        "you change the learning rate in the wrong direction:": lr_wrong_direction,
        "is not the one that repeats the steps.": lr_by_the_sum_alone,
        "A learning rate is a finite number above zero;": lr_negative,
        "above zero; yours is 0.": lr_zero,
        "above zero; yours is inf.": lr_infinite,
        'For divide_by="samples", lr =': lr_rounded_to_two_digits,
    },
    "2.3": {
        "Your two models are equally good.": models_equal,
        "A is the better model on every sample, so your example agrees with the": models_swapped,
        "B is better on every sample, but for k =": model_b_too_good,
        "B is not better on every sample:": model_b_better_on_one_sample,
        "B is not better on every sample: look at sample 0.": model_a_better_on_one_sample,
        "Return two tensors of logits, first A's, then B's.": model_b_alone,
        "The logits of A have shape": model_a_with_one_logit_a_sample,
        "The logits of B are not all finite.": model_b_certain,
    },
}
RIGHT = {"2.3": [model_b_hardly_better, two_good_models, model_a_as_lists_of_whole_numbers]}
