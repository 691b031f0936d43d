"""Plausible wrong answers to the exercises of notebook 05, by words of the hint that each must get."""

import torch


def second_moment(gradients, beta2):
    v = 0.0
    for g in gradients.tolist():
        v = beta2 * v + (1 - beta2) * g**2
    return v


def no_hat(gradients, eps, beta2):
    return eps / second_moment(gradients, beta2) ** 0.5


def inverse(gradients, eps, beta2):
    return (second_moment(gradients, beta2) / (1 - beta2 ** len(gradients))) ** 0.5 / eps


def mean_size(gradients, eps, _beta2):
    return eps / gradients.abs().mean()


def last_gradient(gradients, eps, _beta2):
    return eps / gradients[-1].abs()


def all_at_the_minimum(_k, _a, b, _decay):
    return torch.tensor([b, b, b], dtype=torch.float64)


def adam_forgets_the_scale(k, a, b, decay):
    return torch.tensor([k * a * b / (k * a + decay), a * b / (a + decay), b], dtype=torch.float64)


def adamw_like_l2(k, a, b, decay):
    return torch.full((3,), k * a * b / (k * a + decay), dtype=torch.float64)


def penalty_scaled(k, a, b, decay):
    return torch.tensor([a * b / (a + k * decay)] * 2 + [b], dtype=torch.float64)


def one_factor(gradients):
    return torch.full_like(gradients, 3.0)


def negative(gradients):
    return torch.full_like(gradients, -1.0)


def too_large(gradients):
    return torch.where(gradients < 0, 1000.0, 0.1)


def wrong_side(gradients):
    return torch.where(gradients > 0, 10.0, 0.1)


WRONG = {
    "5.1": {
        "You use v without its hat.": no_hat,
        "You return the inverse: how often the root is larger than ε, not the": inverse,
        "You average the sizes of the gradients.": mean_size,
        "You use the last gradient alone, which is right after one step only.": last_gradient,
    },
    "5.2": {
        "You send all three to b. Set the whole gradient, with the term of L2": all_at_the_minimum,
        "Your Adam with L2 forgets k.": adam_forgets_the_scale,
        "Your AdamW ends where L2 does.": adamw_like_l2,
        "You multiply the penalty by k.": penalty_scaled,
    },
    "5.3": {
        "One factor for all steps cancels in Adam's ratio:": one_factor,
        "Weights of a loss are positive.": negative,
        "Keep each factor from 0.1 to 10;": too_large,
        "with yours: the same direction.": wrong_side,
    },
}
