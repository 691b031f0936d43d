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


def without_bias(inputs, targets, w, minimum):
    p = torch.sigmoid(inputs @ minimum[:-1] + minimum[-1])
    hessian = (inputs * (w[targets.long()] * p * (1 - p))[:, None]).T @ inputs / len(inputs)
    return 2 / torch.linalg.eigvalsh(hessian)[-1]


def trace(inputs, targets, w, minimum):
    return 2 / _curvatures(inputs, targets, w, minimum).sum()


def sharpness_itself(inputs, targets, w, minimum):
    return _curvatures(inputs, targets, w, minimum)[-1]


def _summed_in_float32(inputs, targets, w, minimum):
    hessian = torch.zeros(len(minimum), len(minimum))
    for x, target in zip(inputs, targets, strict=True):
        row = torch.cat([x, torch.ones(1)])
        p = torch.sigmoid(row @ minimum)
        hessian += w[int(target)] * p * (1 - p) * torch.outer(row, row)
    return hessian


def sum_over_the_samples_in_float32(inputs, targets, w, minimum):
    return 2 / torch.linalg.eigvalsh(_summed_in_float32(inputs, targets, w, minimum))[-1]


def sample_by_sample_in_float32(inputs, targets, w, minimum):
    return 2 / torch.linalg.eigvalsh(_summed_in_float32(inputs, targets, w, minimum) / len(inputs))[-1]


def _rule(product):
    return "never rests" if product > 2 else "flips and settles" if product > 1 else "glides"


def flips_are_fatal(lr, k, eigenvalues):
    return "never rests" if lr * k * eigenvalues.max() > 1 else "glides"


def flattest_decides(lr, k, eigenvalues):
    return _rule(lr * k * eigenvalues.min())


def first_decides(lr, k, eigenvalues):
    return _rule(lr * k * eigenvalues[0])


def last_decides(lr, k, eigenvalues):
    return _rule(lr * k * eigenvalues[-1])


def always_rests(_lr, _k, _eigenvalues):
    return "glides"


def one_word_an_eigenvalue(lr, k, eigenvalues):
    return [_rule(lr * k * e) for e in eigenvalues]


def without_scale(lr, _k, eigenvalues):
    return _rule(lr * eigenvalues.max())


def without_learning_rate(_lr, k, eigenvalues):
    return _rule(k * eigenvalues.max())


def mean_decides(lr, k, eigenvalues):
    return _rule(lr * k * eigenvalues.mean())


def all_that_settles_glides(lr, k, eigenvalues):
    return "never rests" if lr * k * eigenvalues.max() > 2 else "glides"


def glides_and_flips_swapped(lr, k, eigenvalues):
    product = lr * k * eigenvalues.max()
    return "never rests" if product > 2 else "glides" if product > 1 else "flips and settles"


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


def _apart(n, near, far):
    distances = torch.linspace(near, far, n)[:, None]
    return torch.cat([-distances, distances]), torch.arange(2 * n) >= n


def inputs_without_a_column(n, _step):
    inputs, targets = _apart(n, 1, 2)
    return inputs[:, 0], targets


def targets_as_a_column(n, _step):
    inputs, targets = _apart(n, 1, 2)
    return inputs, targets[:, None]


def classes_minus_one_and_one(n, _step):
    inputs, targets = _apart(n, 1, 2)
    return inputs, 2 * targets.float() - 1


def beyond_ten(n, _step):
    return _apart(n, 1, 10.5)


def two_places(n, _step):
    return _apart(n, 1, 1)


def nearer_than_the_step_allows(n, step):
    distance = (14 / step) ** 0.5
    return _apart(n, distance, 2 * distance)


def as_near_as_the_step_allows(n, step):
    distance = (40 / step) ** 0.5
    return _apart(n, distance, 2 * distance)


def ones_on_the_left(n, _step):
    inputs, targets = _apart(n, 1, 2)
    return -inputs, targets


def lists_out_to_the_bounds(n, _step):
    inputs, targets = _apart(n, 1, 10)
    return inputs.tolist(), targets.tolist()


WRONG = {
    "4.1": {
        "Yours is the answer without the class weights.": without_weights,
        "Yours divides the loss by the sum of the weights;": divided_by_weights,
        "Yours uses the flattest direction;": flattest,
        "Yours is half of the bound:": half,
        "Yours leaves out the bias:": without_bias,
        "Yours uses the trace, the sum of the eigenvalues.": trace,
        "Yours is the sharpness itself;": sharpness_itself,
        "Yours belongs to the sum over the samples;": sum_over_the_samples_in_float32,
        "times the bound. Build the Hessian from w_y p (1 - p) at the minimum.": at_zero,
    },
    "4.2": {
        "Your rule lets nothing flip and settle:": flips_are_fatal,
        "Your rule looks at the flattest direction;": flattest_decides,
        "Your rule looks at the first eigenvalue,": first_decides,
        "Your rule looks at the last eigenvalue,": last_decides,
        "You say 'glides' in all 30 cases,": always_rests,
        "Return one of 'glides', 'flips and settles', 'never rests'; yours is \"[": one_word_an_eigenvalue,
        "Your rule leaves out the scale k.": without_scale,
        "Your rule leaves out the learning rate.": without_learning_rate,
        "Your rule averages the eigenvalues,": mean_decides,
        "Your rule calls everything that settles a glide:": all_that_settles_glides,
        "You say 'flips and settles' where a step multiplies the error in the sharpest direction by 0.": (
            glides_and_flips_swapped
        ),
        "Return one of 'glides', 'flips and settles', 'never rests';": other_words,
    },
    "4.3": {
        "Your classes overlap, so the loss has a minimum at a finite distance,": overlapping,
        "the shapes should be (": half_the_samples,
        ",) and (": inputs_without_a_column,
        ", 1).": targets_as_a_column,
        "of class 1; yours has 0 and": classes_minus_one_and_one,
        "The inputs must be finite, between -10 and 10,": beyond_ten,
        "and all different.": two_places,
        "Your classes are apart, but at step": nearer_than_the_step_allows,
        "after 200 steps: mind the gap between them, and where it lies.": far_from_zero,
        "Return two tensors: inputs, targets.": inputs_alone,
    },
}

RIGHT = {
    "4.1": [sample_by_sample_in_float32],
    "4.3": [as_near_as_the_step_allows, ones_on_the_left, lists_out_to_the_bounds],
}
