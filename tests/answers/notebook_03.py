"""Plausible wrong answers to the exercises of notebook 03, by words of the hint that each must get."""

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


def softmax_over_the_whole_batch(z, t, w):
    return ((w * t).sum() * z.flatten().softmax(dim=0).view(z.shape) - w * t) / len(z)


def averaged_over_all_entries(z, t, w):
    return gradient_of_the_sum(z, t, w) / z.numel()


def divided_by_the_sum(w, lr, divide_by):
    return lr if divide_by == "weights" else lr / w.sum()


def never_changed(_w, lr, _divide_by):
    return lr


def always_changed(w, lr, _divide_by):
    return lr * w.sum()


def largest_weight(w, lr, divide_by):
    return lr if divide_by == "weights" else lr * w.max()


def divided_by_the_sum_twice(w, lr, divide_by):
    return lr if divide_by == "weights" else lr / w.sum() ** 2


def plain_sgd(theta, gradient, lr):
    return theta - lr * gradient


def ascent(theta, gradient, lr):
    return theta + lr * gradient.sign()


def decay_alone(theta, _gradient, lr):
    return theta * (1 - lr)


def noisy(theta, gradient, lr):
    return theta - lr * gradient * torch.rand(len(theta), dtype=torch.float64)


def clipped_by_norm(theta, gradient, lr):
    return theta - lr * gradient * min(1.0, 1000 / float(gradient.norm()))


def lengthened_when_short(theta, gradient, lr):
    return theta - lr * gradient * max(1.0, 1e-4 / float(gradient.norm()))


def dead_zone(theta, gradient, lr):
    return theta - lr * torch.where(gradient.abs() < 0.01, 0.0, gradient)


WRONG = {
    "3.1": {
        "You give each row of p - t one weight.": one_weight_a_row,
        "You multiply each column of p - t by the weight of its class, so your": one_weight_a_column,
        "Your result does not depend on the weights.": no_weights,
        "You return the gradient of the sum.": gradient_of_the_sum,
        "You divide by the weights.": divided_by_weights,
        "Your gradient points the other way.": uphill,
        "Your rows do not sum to zero.": true_class_alone,
        "Adding one number to all logits of a sample changes nothing.": softmax_over_the_whole_batch,
        "Your rows sum to zero, as they must, but their numbers differ": averaged_over_all_entries,
    },
    "3.2": {
        "With divide_by='samples' you turn the learning rate down.": divided_by_the_sum,
        "With divide_by='samples' you keep the learning rate, and the steps": never_changed,
        "times the old one. Did this gradient change?": always_changed,
        "times the old one. By what factor did each weight change?": largest_weight,
        "With divide_by='samples' your step is": divided_by_the_sum_twice,
    },
    "3.3": {
        "your rule makes the same step either way, as plain SGD does:": plain_sgd,
        "Your rule does not lower the loss, even with lr = 0.001.": ascent,
        "Your rule ignores the gradient:": decay_alone,
        "Two calls with the same arguments return different parameters.": noisy,
    },
}

RIGHT = {
    "3.3": [clipped_by_norm, lengthened_when_short, dead_zone],
}
