"""Plausible wrong answers to the exercises of notebook 03, each refused with a hint of its own."""

import torch


def one_weight_a_row(z, t, w):
    return (w * t).sum(dim=1, keepdim=True) * (z.softmax(dim=1) - t) / len(z)


def one_weight_a_column(z, t, w):
    return w * (z.softmax(dim=1) - t) / len(z)


def no_weights(z, t, w):
    return (z.softmax(dim=1) - t) / len(z) + 0 * w


def gradient_of_the_sum(z, t, w):
    return (w * t).sum(dim=1, keepdim=True) * z.softmax(dim=1) - w * t


def divided_by_weights(z, t, w):
    return gradient_of_the_sum(z, t, w) / (w * t).sum()


def uphill(z, t, w):
    return -gradient_of_the_sum(z, t, w) / len(z)


def true_class_alone(z, t, w):
    return -w * t / len(z)


def divided_by_the_sum(w, lr, divide_by):
    return lr if divide_by == "weights" else lr / w.sum()


def never_changed(_w, lr, _divide_by):
    return lr


def always_changed(w, lr, _divide_by):
    return lr * w.sum()


def largest_weight(w, lr, divide_by):
    return lr if divide_by == "weights" else lr * w.max()


def plain_sgd(theta, gradient, lr):
    return theta - lr * gradient


def ascent(theta, gradient, lr):
    return theta + lr * gradient.sign()


def decay_alone(theta, _gradient, lr):
    return theta * (1 - lr)


def noisy(theta, gradient, lr):
    return theta - lr * gradient * torch.rand(len(theta), dtype=torch.float64)


WRONG = {
    "3.1": [
        one_weight_a_row,
        one_weight_a_column,
        no_weights,
        gradient_of_the_sum,
        divided_by_weights,
        uphill,
        true_class_alone,
    ],
    "3.2": [divided_by_the_sum, never_changed, always_changed, largest_weight],
    "3.3": [plain_sgd, ascent, decay_alone, noisy],
}
