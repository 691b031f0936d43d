"""Plausible wrong answers to the exercises of notebook 04, by words of the hint that each must get."""

import torch


def _curvatures(inputs, targets, w, minimum):
    extended = torch.cat([inputs, torch.ones(len(inputs), 1)], dim=1)
    p = torch.sigmoid(extended @ minimum)
    hessian = (extended * (w[targets.long()] * p * (1 - p))[:, None]).T @ extended / len(inputs)
    return torch.linalg.eigvalsh(hessian)


def without_weights(inputs, targets, w, minimum):
    return 2 / _curvatures(inputs, targets, torch.ones(2, dtype=w.dtype), minimum)[-1]


def divided_by_weights(inputs, targets, w, minimum):
    return 2 / (_curvatures(inputs, targets, w, minimum)[-1] / w[targets.long()].mean())


def flattest(inputs, targets, w, minimum):
    return 2 / _curvatures(inputs, targets, w, minimum)[0]


def half(inputs, targets, w, minimum):
    return 1 / _curvatures(inputs, targets, w, minimum)[-1]


def at_zero(inputs, targets, w, minimum):
    return 2 / _curvatures(inputs, targets, w, torch.zeros_like(minimum))[-1]


def _rule(product):
    return "never rests" if product > 2 else "flips and settles" if product > 1 else "glides"


def flips_are_fatal(lr, k, eigenvalues):
    return "never rests" if lr * k * eigenvalues.max() > 1 else "glides"


def flattest_decides(lr, k, eigenvalues):
    return _rule(lr * k * eigenvalues.min())


def without_scale(lr, _k, eigenvalues):
    return _rule(lr * eigenvalues.max())


def other_words(lr, k, eigenvalues):
    return "stable" if lr * k * eigenvalues.max() < 2 else "unstable"


def overlapping(n, _step):
    targets = (torch.arange(2 * n) % 2).float()
    return torch.linspace(-2, 2, 2 * n)[:, None], targets


def half_the_samples(n, _step):
    return torch.linspace(-2, 2, n)[:, None], (torch.arange(n) >= n // 2).float()


def far_from_zero(n, _step):
    return torch.linspace(9, 9.9, 2 * n)[:, None], (torch.arange(2 * n) >= n).float()


def inputs_alone(n, _step):
    return torch.linspace(-2, 2, 2 * n)[:, None]


WRONG = {
    "4.1": {
        "Yours is the answer without the class weights.": without_weights,
        "Yours divides the loss by the sum of the weights;": divided_by_weights,
        "Yours uses the flattest direction;": flattest,
        "Yours is half of the bound:": half,
        "times the bound. Build the Hessian from w_y p (1 - p) at the minimum.": at_zero,
    },
    "4.2": {
        "Your rule lets nothing flip and settle:": flips_are_fatal,
        "Your rule looks at the flattest direction;": flattest_decides,
        "Your rule leaves out the scale k.": without_scale,
        "Return one of 'glides', 'flips and settles', 'never rests';": other_words,
    },
    "4.3": {
        "Your classes overlap, so the loss has a minimum at a finite distance,": overlapping,
        "the shapes should be (": half_the_samples,
        "after 200 steps: mind the gap between them, and where it lies.": far_from_zero,
        "Return two tensors: inputs, targets.": inputs_alone,
    },
}
