"""The verdicts of notebook 04, recomputed from seeds that it does not use."""

from itertools import pairwise

import pytest
import torch
from torch.nn import functional as F

from helpers.datasets import two_gaussians
from helpers.stability import critical_scale, largest_curvature, logistic_descents, logistic_loss, logistic_minimum

LR = 0.1
SEEDS = range(300, 312)


def batch(seeds):
    drawn = [two_gaussians(seed) for seed in seeds]
    starts = torch.stack([torch.cat([d.weight[0], d.bias]) for d in drawn])
    return starts, torch.stack([d.inputs for d in drawn]), torch.stack([d.targets for d in drawn])


@pytest.fixture(scope="module")
def toys():
    """Starts, inputs, targets (float64) and the predicted critical scale of each seed."""
    starts, inputs, targets = (part.double() for part in batch(SEEDS))
    predicted = [
        critical_scale(LR, largest_curvature(lambda v, x=x, y=y: logistic_loss(v, x, y), logistic_minimum(x, y)))
        for x, y in zip(inputs, targets, strict=True)
    ]
    return starts, inputs, targets, torch.tensor(predicted, dtype=torch.float64)


def test_the_posted_program_raises():
    toy = two_gaussians(SEEDS[0])
    with pytest.raises(ValueError, match="target size"):
        F.binary_cross_entropy(torch.sigmoid(toy.inputs @ toy.weight + toy.bias), toy.targets)


def test_times_ten_thousand_freezes_on_probabilities_and_swings_on_logits():
    starts, inputs, targets = batch(range(400, 440))
    runs = {}
    for name, loss_of in (
        ("probabilities", lambda z: F.binary_cross_entropy(torch.sigmoid(z), targets, reduction="none")),
        ("logits", lambda z: F.binary_cross_entropy_with_logits(z, targets, reduction="none")),
    ):
        theta, losses, gradients = starts, [], []
        for _ in range(100):
            theta = theta.detach().requires_grad_()
            loss = loss_of(theta[:, :1] * inputs[..., 0] + theta[:, 1:]).mean(dim=1)
            (gradient,) = torch.autograd.grad(10_000 * loss.sum(), theta)
            theta = theta - LR * gradient
            losses.append(loss.detach())
            gradients.append(gradient[:, 0])
        low, high = torch.stack(losses[50:]).aminmax(dim=0)
        changes = sum((a * b < 0).long() for a, b in pairwise(gradients))
        runs[name] = high - low < 0.01 * high, changes
    assert runs["probabilities"][0].float().mean() > 0.6
    assert not runs["logits"][0].any()
    assert (runs["logits"][1] >= 5).all()


def test_a_saturated_probability_has_no_gradient_but_its_logit_has():
    z = torch.tensor([20.0], requires_grad=True)
    (from_p,) = torch.autograd.grad(F.binary_cross_entropy(torch.sigmoid(z), torch.zeros(1)), z)
    (from_z,) = torch.autograd.grad(F.binary_cross_entropy_with_logits(z, torch.zeros(1)), z)
    assert from_p.item() == 0.0
    assert from_z.item() == pytest.approx(1.0)


@pytest.mark.parametrize(("share", "rests"), [(0.9, True), (0.97, True), (1.03, False), (1.1, False)])
def test_the_bound_parts_rest_from_oscillation(share, rests, toys):
    starts, inputs, targets, predicted = toys
    runs = logistic_descents(starts, inputs, targets, lr=LR, scale=share * predicted, steps=500)
    assert ((runs.gradient_norm < 1e-3) == rests).all()


def test_onset_is_where_predicted(toys):
    starts, inputs, targets, predicted = toys
    low, high = torch.full_like(predicted, 1.0), torch.full_like(predicted, 1_000.0)
    while (high / low).max() > 1.002:
        middle = (low * high).sqrt()
        runs = logistic_descents(starts, inputs, targets, lr=LR, scale=middle, steps=1_000)
        rests = runs.gradient_norm < 1e-3
        low, high = torch.where(rests, middle, low), torch.where(rests, high, middle)
    assert ((low * high).sqrt() / predicted - 1).abs().max() < 0.01


def test_the_line_sorts_the_map(toys):
    starts, inputs, targets, predicted = toys
    pairs = torch.cartesian_prod(torch.logspace(0, 4, 25), torch.logspace(-3, 1, 25)).double()
    runs = logistic_descents(starts[0], inputs[0], targets[0], scale=pairs[:, 0], lr=pairs[:, 1], steps=100)
    never_rests = (runs.sign_changes >= 5) & (runs.gradient_norm > 1e-3)
    ratio = pairs.prod(dim=1) / (LR * predicted[0])
    clear = (ratio - 1).abs() > 0.05
    assert (never_rests == (ratio > 1))[clear].all()


def test_both_cures_are_one(toys):
    starts, inputs, targets, _ = toys
    normalised = logistic_descents(starts, inputs, targets, lr=LR, scale=1.0, steps=100)
    smaller_lr = logistic_descents(starts, inputs, targets, lr=LR / 10_000, scale=10_000.0, steps=100)
    power_of_two = logistic_descents(starts, inputs, targets, lr=LR / 8_192, scale=8_192.0, steps=100)
    torch.testing.assert_close(smaller_lr.parameters, normalised.parameters, rtol=0, atol=1e-12)
    assert torch.equal(power_of_two.parameters, normalised.parameters)


def test_separated_classes_settle_at_any_scale(toys):
    starts, inputs, targets, _ = toys
    runs = logistic_descents(starts, inputs + 8 * targets[..., None], targets, lr=LR, scale=10_000.0, steps=500)
    assert (runs.loss < 1e-6).all()
