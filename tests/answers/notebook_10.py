"""Plausible wrong answers to the exercises of notebook 10, by words of the hint that each must get."""

import torch
from torch.nn import functional as F


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


def unscaled(n, exponent):
    return n**-exponent


def smoothed_counts(n, exponent):
    r = (n + 1) ** -exponent
    return r * n.sum() / (n * r).sum()


def rarest_alone(n, _exponent):
    return n.min() // n


def always_k(k, _loss, _optimizer):
    return k


def only_the_loss(k, loss, _optimizer):
    return 1.0 if loss == "indices mean" else k


def never_k(_k, _loss, _optimizer):
    return 1.0


def probabilities_cancel(k, loss, optimizer):
    return k if loss == "indices sum" and optimizer == "SGD" else 1.0


def probabilities_grow_in_adam(k, loss, optimizer):
    return k if loss == "probabilities mean" or (loss == "indices sum" and optimizer == "SGD") else 1.0


def measured_in_single_precision(k, loss, optimizer):
    target, reduction = loss.split()
    y, w = torch.tensor([0, 1, 1]), torch.tensor([0.3, 1.7])
    y = F.one_hot(y).float() if target == "probabilities" else y
    steps = []
    for weight in (w, k * w):
        z = torch.zeros(3, 2, requires_grad=True)
        F.cross_entropy(z, y, weight=weight, reduction=reduction).backward()
        getattr(torch.optim, optimizer)([z], lr=1.0).step()
        steps.append(z.detach().norm())
    return steps[1] / steps[0]


def imbalanced(limit):
    return torch.tensor([1.0, float(limit)])


def too_few_classes(_limit):
    return torch.full((5,), 10.0)


def too_many_classes(limit):
    return torch.ones(3 * limit)


def one_class_too_few(limit):
    return torch.full((limit,), 10.0)


def one_class_too_many(limit):
    return torch.ones(limit + 2)


def one_class(limit):
    return [limit]


def classes_without_samples(limit):
    return torch.zeros(limit + 1)


def one_number(limit):
    return limit + 1


def counts_in_words(_limit):
    return "all equal"


def list_of_whole_numbers(limit):
    return [7] * (limit + 1)


WRONG = {
    "10.1": {
        "Your weights sum to one. The average over the samples should be one.": sum_one,
        "The average over your classes is one.": class_mean_one,
        "Your ratios are those of exponent 1, whatever the exponent.": always_inverse,
        "Your ratios differ from n ** -exponent:": upside_down,
        "does the rarer class get the larger weight, by the right power?": smoothed_counts,
        "The ratios are right, but the average sample weighs": unscaled,
        "All your weights should be finite and above zero.": rarest_alone,
    },
    "10.2": {
        "For 'indices mean' and SGD: what does the divisor of this loss do": always_k,
        "For 'indices sum' and Adam: the gradient does grow.": only_the_loss,
        "For 'indices sum' and SGD: the loss keeps the factor here.": never_k,
        "For 'probabilities mean' and SGD: the loss keeps the factor here.": probabilities_cancel,
        "For 'probabilities mean' and Adam: the gradient does grow.": probabilities_grow_in_adam,
    },
    "10.3": {
        "Some of your classes are rarer than others, so your example does not": imbalanced,
        "Your largest weight is 5, and the limit was": too_few_classes,
        "classes are more than you need for a limit of": too_many_classes,
        ", and the limit was": one_class_too_few,
        "It works, but": one_class_too_many,
        "Your largest weight is 1, and the limit was": one_class,
        "A count is a whole number of samples above zero;": classes_without_samples,
        "as a list or a tensor with one dimension.": one_number,
        "Return the counts as a list or a tensor of numbers.": counts_in_words,
    },
}
RIGHT = {"10.2": [measured_in_single_precision], "10.3": [list_of_whole_numbers]}
