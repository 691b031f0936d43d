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


def worst_batch_without_losses(dtype, w, y):
    return torch.finfo(dtype).max / (len(y) * w.max())


def sum_over_classes_without_losses(dtype, w, _y):
    return torch.finfo(dtype).max / w.sum()


def always_float16(_dtype, w, y):
    return M / (math.log(len(w)) * w[y].sum())


def mean_weight(dtype, w, y):
    return torch.finfo(dtype).max / (math.log(len(w)) * w[y].mean())


def loss_in_bits(dtype, w, y):
    return torch.finfo(dtype).max / (math.log2(len(w)) * w[y].sum())


def no_weights_at_all(_dtype, _w, _y):
    return 0.0


def turned_around(_dtype, _w, _y):
    return -1.0


def a_half(_dtype, _w, _y):
    return 0.5


def without_ceiling(k, g, first_scale):
    return max(0.0, math.log2(first_scale * k * g / M))


def never_negative_forgotten(k, g, first_scale):
    return math.ceil(math.log2(first_scale * k * g / M))


def floor(k, g, first_scale):
    return max(0, math.floor(math.log2(first_scale * k * g / M)))


def without_k(_k, g, first_scale):
    return max(0, math.ceil(math.log2(first_scale * g / M)))


def without_g(k, _g, first_scale):
    return max(0, math.ceil(math.log2(first_scale * k / M)))


def unscaled_by_the_default_before_the_test(k, g, first_scale):
    return max(0, math.ceil(math.log2(first_scale * k * g / 2**16 / M)))


def largest_of_float32(k, g, first_scale):
    return max(0, math.ceil(math.log2(first_scale * k * g / torch.finfo(torch.float32).max)))


def without_first_scale(k, g, _first_scale):
    return max(0, math.ceil(math.log2(k * g / M)))


def words_of_austen(_num_classes):
    return torch.tensor([27.0, 704409.0])


def without_the_classes(_num_classes):
    return torch.tensor([1.0, 2.0**41])


def normal_numbers_only(_num_classes):
    return torch.tensor([2.0**-14, M])


def weight_of_zero(_num_classes):
    return torch.tensor([0.0, 1.0])


def heavy_weight_of_zero(_num_classes):
    return torch.tensor([1.0, 0.0])


def infinite(_num_classes):
    return torch.tensor([1.0, math.inf])


def below_float32(num_classes):
    return torch.tensor([1e-50, 1e-50 * 2.0**42 / num_classes], dtype=torch.float64)


def equal_weights(_num_classes):
    return torch.ones(2)


def spread_that_just_fits(num_classes):
    return torch.tensor([num_classes, M * 2.0**24 * num_classes / (num_classes - 1)])


def twice_the_bound(num_classes):
    return torch.tensor([num_classes, 2.0**44])


def other_order(num_classes):
    return torch.tensor([2.0**42 / num_classes, 1.0])


def exactly_the_bound(num_classes):
    return torch.tensor([num_classes, 2.0**43])


def from_the_smallest_normal_number(num_classes):
    light = torch.finfo(torch.float32).smallest_normal
    return torch.tensor([light, light * 2.0**42 / num_classes])


WRONG = {
    "9.1": {
        "At your factor the denominator fits, but the numerator carries the": denominator_only,
        "Yours gives every sample the largest weight;": worst_batch,
        "Yours sums over the classes;": sum_over_classes,
        "Yours bounds one product; the numerator adds up all samples.": one_sample,
        "Yours gives every sample the largest weight, and forgets that the": worst_batch_without_losses,
        "Yours sums over the classes, but the loss sums over the samples.": sum_over_classes_without_losses,
        "Yours has the largest number of float16; take that of": always_float16,
        "At your factor a sum already passes M;": mean_weight,
        "Your factor is safe, but a larger one is too;": loss_in_bits,
        "above zero; yours is 0.": no_weights_at_all,
        "above zero; yours is -1.": turned_around,
        "Your factor is safe, but a larger one is": a_half,
    },
    "9.2": {
        "A scaler skips whole steps:": without_ceiling,
        "You say 0, however large the gradient is.": largest_of_float32,
        "A number of skipped steps cannot be negative:": never_negative_forgotten,
        "After that many halvings the gradient is still above M;": floor,
        "Your answer stays the same however large `k` is, but the float16": without_k,
        "Your answer stays the same however large `g` is, but the float16": without_g,
        "where yours says 0: compare S k g with the largest float16, M.": unscaled_by_the_default_before_the_test,
        "Your answer stays the same however large `first_scale` is, but the": without_first_scale,
    },
    "9.3": {
        "every entry of yours survives, so the spread of the entries is still": words_of_austen,
        "Your spread is larger than allowed;": without_the_classes,
        "float16 goes on below its smallest normal number, with fewer digits:": normal_numbers_only,
        "A weight of zero has no gradient in any format;": weight_of_zero,
        "Weights are above zero;": heavy_weight_of_zero,
        "Both weights must be held by float32,": infinite,
        "Both weights must be held by float32, or they are lost before the": below_float32,
        "At S = 2^-": equal_weights,
        "At S = 2^-24 every entry of yours survives,": spread_that_just_fits,
        "remember that one sample has gradient entries of two sizes.": twice_the_bound,
        "The first weight is to be the lighter one;": other_order,
    },
}

RIGHT = {"9.3": [exactly_the_bound, from_the_smallest_normal_number]}
