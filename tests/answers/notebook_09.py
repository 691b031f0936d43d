"""Plausible wrong answers to the exercises of notebook 09, by words of the hint that each must get."""

import math

import torch

M = 65504.0


def denominator_only(dtype, w, y):
    return torch.finfo(dtype).max / w[y].sum()


def worst_batch(dtype, w, y):
    return torch.finfo(dtype).max / (math.log(len(w)) * len(y) * w.max())


def sum_over_classes(dtype, w, _y):
    return torch.finfo(dtype).max / (math.log(len(w)) * w.sum())


def one_sample(dtype, w, y):
    return torch.finfo(dtype).max / (math.log(len(w)) * w[y].max())


def without_ceiling(k, g, first_scale):
    return max(0.0, math.log2(first_scale * k * g / M))


def never_negative_forgotten(k, g, first_scale):
    return math.ceil(math.log2(first_scale * k * g / M))


def floor(k, g, first_scale):
    return max(0, math.floor(math.log2(first_scale * k * g / M)))


def without_k(_k, g, first_scale):
    return max(0, math.ceil(math.log2(first_scale * g / M)))


def without_first_scale(k, g, _first_scale):
    return max(0, math.ceil(math.log2(k * g / M)))


def words_of_austen(_num_classes):
    return torch.tensor([27.0, 704409.0])


def without_the_classes(_num_classes):
    return torch.tensor([1.0, 2.0**41])


def normal_numbers_only(_num_classes):
    return torch.tensor([1.0, 2.0**30])


def weight_of_zero(_num_classes):
    return torch.tensor([0.0, 1.0])


def other_order(num_classes):
    return torch.tensor([2.0**42 / num_classes, 1.0])


WRONG = {
    "9.1": {
        "At your factor the denominator fits, but the numerator carries the": denominator_only,
        "Yours gives every sample the largest weight;": worst_batch,
        "Yours sums over the classes;": sum_over_classes,
        "Yours bounds one product; the numerator adds up all samples.": one_sample,
    },
    "9.2": {
        "A scaler skips whole steps:": without_ceiling,
        "A number of skipped steps cannot be negative:": never_negative_forgotten,
        "After that many halvings the gradient is still above M;": floor,
        "Your answer stays the same however large `k` is, but the float16": without_k,
        "Your answer stays the same however large `first_scale` is, but the": without_first_scale,
    },
    "9.3": {
        "every entry of yours survives, so the spread of the entries is still": words_of_austen,
        "Your spread is larger than allowed;": without_the_classes,
        "float16 goes on below its smallest normal number, with fewer digits:": normal_numbers_only,
        "A weight of zero has no gradient in any format;": weight_of_zero,
        "The first weight is to be the lighter one;": other_order,
    },
}
