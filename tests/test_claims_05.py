"""What notebook 05 says of optimisers, on starts and samples that it does not use; its verdicts are replicated."""

import math

import pytest
import torch
from torch import nn, optim

from helpers.datasets import two_gaussians
from helpers.stability import logistic_gradient
from helpers.training import fit

SEEDS = (100, 101, 102)


def bce(z, y):
    return nn.functional.binary_cross_entropy_with_logits(z[:, 0], y)


def toy(seed):
    sample = two_gaussians(seed)
    return sample.inputs.double(), sample.targets.double(), torch.cat([sample.weight[0], sample.bias]).double()


def end_of_line(seed, make, k, steps=50):
    x, y, start = toy(seed)
    model = nn.Linear(1, 1, dtype=torch.float64)
    nn.utils.vector_to_parameters(start.clone(), model.parameters())
    fit(model, x, y, make(model.parameters()), steps=steps, loss=lambda z, y: k * bce(z, y))
    return nn.utils.parameters_to_vector(model.parameters()).detach()


def change(seed, make, k):
    start, one, ended = toy(seed)[2], end_of_line(seed, make, 1.0), end_of_line(seed, make, k)
    return float((ended - one).norm() / (one - start).norm())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("optimizer", [optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad])
def test_ratios_do_not_notice_the_scale(seed, optimizer):
    def make(p):
        return optimizer(p, 0.1, weight_decay=0.1 if optimizer is optim.AdamW else 0.0)

    assert max(change(seed, make, k) for k in (1e-4, 1e4)) < 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_sgd_and_l2_notice_the_scale(seed):
    assert change(seed, lambda p: optim.SGD(p, 1.0), 0.01) > 0.3
    assert change(seed, lambda p: optim.SGD(p, 1.0), 1e4) > 1
    assert change(seed, lambda p: optim.Adam(p, 0.1, weight_decay=0.1), 1e-2) > 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_lbfgs_has_a_wall(seed):
    x, y, start = toy(seed)
    wall = math.sqrt(1e-9) / float(logistic_gradient(start, x, y).norm())

    def moved(k):
        ended = end_of_line(seed, lambda p: optim.LBFGS(p, line_search_fn="strong_wolfe"), k, steps=5)
        return float((ended - start).norm())

    assert moved(0.99 * wall) == 0
    assert moved(1.01 * wall) > 0.01


def test_no_step_of_adam_is_longer_than_its_bound():
    b1, b2, steps = 0.9, 0.999, 3_000  # longer, and the first squares leave float64
    ages = torch.arange(steps, dtype=torch.float64).flip(0)
    worst = (b1 / b2) ** ages  # the gradients for which Cauchy and Schwarz's inequality is an equality
    theta = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = optim.Adam([theta], lr=1.0, eps=1e-300)
    for gradient in worst:
        before = theta.item()
        theta.grad = gradient.reshape(1)
        optimizer.step()
    bound = (1 - b1) / math.sqrt((1 - b2) * (1 - b1**2 / b2))
    longest = bound * math.sqrt(1 - b2**steps)
    assert 0.999 * longest < before - theta.item() < 1.001 * longest
    assert 7.2 < bound < 7.3
