"""Plausible wrong answers to the exercises of notebook 05, by words of the hint that each must get."""

import torch

from helpers.exercises.notebook_05 import moves


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


def without_root(gradients, eps, beta2):
    return eps * (1 - beta2 ** len(gradients)) / second_moment(gradients, beta2)


def all_at_the_minimum(_k, _a, b, _decay):
    return torch.tensor([b, b, b], dtype=torch.float64)


def adam_forgets_the_scale(k, a, b, decay):
    return torch.tensor([k * a * b / (k * a + decay), a * b / (a + decay), b], dtype=torch.float64)


def adamw_like_l2(k, a, b, decay):
    return torch.full((3,), k * a * b / (k * a + decay), dtype=torch.float64)


def penalty_scaled(k, a, b, decay):
    return torch.tensor([a * b / (a + k * decay)] * 2 + [b], dtype=torch.float64)


def sgd_penalty_scaled(k, a, b, decay):
    return torch.tensor([a * b / (a + k * decay), k * a * b / (k * a + decay), b], dtype=torch.float64)


def sgd_at_zero(k, a, b, decay):
    return torch.tensor([0.0, k * a * b / (k * a + decay), b], dtype=torch.float64)


def adam_at_zero(k, a, b, decay):
    return torch.tensor([k * a * b / (k * a + decay), 0.0, b], dtype=torch.float64)


def adamw_at_zero(k, a, b, decay):
    return torch.tensor([k * a * b / (k * a + decay)] * 2 + [0.0], dtype=torch.float64)


def one_factor(gradients):
    return torch.full_like(gradients, 3.0)


def negative(gradients):
    return torch.full_like(gradients, -1.0)


def too_large(gradients):
    return torch.where(gradients < 0, 1000.0, 0.1)


def slightly_too_large(gradients):
    return torch.where(gradients < 0, 10.5, 0.1)


def too_small(gradients):
    return torch.where(gradients < 0, 10.0, 0.05)


def removes_samples(gradients):
    return torch.where(gradients < 0, 10.0, 0.0)


def wrong_side(gradients):
    return torch.where(gradients > 0, 10.0, 0.1)


def edges_in_float64(gradients):
    return torch.where(gradients < 0, 10 * torch.ones_like(gradients), 0.1 * torch.ones_like(gradients))


def barely_turned(gradients):
    spreads = torch.linspace(0, 1, 1001).tolist()
    candidates = (torch.where(gradients < 0, 10.0**spread, 10.0**-spread) for spread in spreads)
    return next(factors for factors in candidates if moves(factors * gradients) > 0)


WRONG = {
    "5.1": {
        "You use v without its hat.": no_hat,
        "You return the inverse: how often the root is larger than ε, not the": inverse,
        "You average the sizes of the gradients.": mean_size,
        "You use the last gradient alone, which is right after one step only.": last_gradient,
        "Run the recursion for v over them, then solve for k.": without_root,
    },
    "5.2": {
        "You send all three to b. Set the whole gradient, with the term of L2": all_at_the_minimum,
        "Your Adam with L2 forgets k.": adam_forgets_the_scale,
        "Your AdamW ends where L2 does.": adamw_like_l2,
        "You multiply the penalty by k.": penalty_scaled,
        "You multiply the penalty by k. It is the loss": sgd_penalty_scaled,
        "The place of SGD with L2 is not right yet.": sgd_at_zero,
        "The place of Adam with L2 is not right yet.": adam_at_zero,
        "The place of AdamW is not right yet.": adamw_at_zero,
    },
    "5.3": {
        "One factor for all steps cancels in Adam's ratio:": one_factor,
        "Weights of a loss are positive.": negative,
        "Weights of a loss are positive. A negative factor": removes_samples,
        "yours go from 0.1 to 10.5.": slightly_too_large,
        "yours go from 0.05 to 10.": too_small,
        "Keep each factor from 0.1 to 10;": too_large,
        "with yours: the same direction.": wrong_side,
    },
}
RIGHT = {"5.3": [edges_in_float64, barely_turned]}
