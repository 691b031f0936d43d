"""The verdicts of notebook 02, recomputed from seeds that the notebook does not use."""

import math

import pytest
import torch
from torch.nn import functional as F

from helpers.stability import minimise

F64 = torch.float64
BASE = torch.tensor([1.0, 2.0, 3.0], dtype=F64)
SCALES = (2.0, 100.0, 1 / 6)


def clouds(seed):
    generator = torch.Generator().manual_seed(seed)
    centres = 1.5 * torch.tensor([[0.0, 1.0], [-0.866, -0.5], [0.866, -0.5]], dtype=F64)
    y = torch.arange(3).repeat_interleave(100)
    return centres[y] + torch.randn(300, 2, generator=generator, dtype=F64), y


def loss(theta, x, y, w):
    logits = F.pad(x @ theta[:-1] + theta[-1], (1, 0))
    return F.cross_entropy(logits, y, weight=w, reduction="sum") / len(y)


def gradient(theta, x, y, w):
    theta = theta.detach().requires_grad_()
    return torch.autograd.grad(loss(theta, x, y, w), theta)[0]


def minimum(x, y, w):
    return minimise(lambda theta: loss(theta, x, y, w), torch.zeros(3, 2))


def descend(x, y, w, lr, divisor, steps=400):
    theta = torch.zeros(3, 2, dtype=F64)
    path = []
    for _ in range(steps):
        path.append(theta)
        theta = theta - lr * len(y) / divisor * gradient(theta, x, y, w)
    return torch.stack(path)


def fit_line(seeds, n, ratio, spread=1.0):
    """Slope and bias of weighted logistic regression, shape (seeds, 2)."""
    y = torch.arange(2, dtype=F64).repeat_interleave(n)
    w = torch.where(y == 1, ratio, 1.0)

    def line(seed):
        noise = torch.randn(2, n, generator=torch.Generator().manual_seed(seed), dtype=F64)
        x = torch.cat([noise[0], 2 + spread * noise[1]])
        return minimise(lambda p: F.binary_cross_entropy_with_logits(x * p[0] + p[1], y, w), torch.zeros(2))

    return torch.stack([line(seed) for seed in seeds])


@pytest.mark.parametrize("seed", [11, 12])
def test_four_weightings_share_one_minimum_and_a_fifth_has_another(seed):
    x, y = clouds(seed)
    theta = minimum(x, y, BASE)
    for k in SCALES:
        assert gradient(theta, x, y, k * BASE).norm() / k < 1e-7
        assert (minimum(x, y, k * BASE) - theta).abs().max() < 1e-4
    assert gradient(theta, x, y, BASE.flip(0)).norm() > 0.05
    assert (minimum(x, y, BASE.flip(0)) - theta).abs().max() > 0.5


def test_a_ratio_moves_the_bias_by_its_logarithm_and_the_spread_falls_with_the_data():
    spreads = []
    for n in (100, 10_000):
        moved = fit_line(range(100, 112), n, 10.0) - fit_line(range(100, 112), n, 1.0)
        slope, bias = moved.mean(dim=0)
        spreads.append(float(moved[:, 1].std()))
        assert abs(bias - math.log(10)) < 4 * spreads[-1] / math.sqrt(12)
        assert abs(slope) < 4 * moved[:, 0].std() / math.sqrt(12)
    assert 5 < spreads[0] / spreads[1] < 20


def test_a_line_that_must_fit_a_parabola_moves_by_more_and_turns():
    before, after = (fit_line(range(200, 210), 5000, ratio, spread=2.0) for ratio in (1.0, 10.0))
    assert ((after - before)[:, 1] > math.log(10) + 0.05).all()
    assert (after[:, 0] < 0.8 * before[:, 0]).all()


@pytest.mark.parametrize("seed", [21, 22])
def test_smaller_weights_are_slower_by_their_factor_only_if_divided_by_samples(seed):
    x, y = clouds(seed)
    best = loss(minimum(x, y, BASE), x, y, BASE)

    def settled(path):
        excess = torch.stack([loss(theta, x, y, BASE) - best for theta in path]) / 2
        return int((excess >= 0.01).nonzero().max()) + 1

    reference = descend(x, y, BASE, 0.5, len(y))
    small = settled(descend(x, y, BASE / 6, 0.5, len(y)))
    assert 5.5 < small / settled(reference) < 6.5
    assert (descend(x, y, BASE / 6, 3.0, len(y)) - reference).abs().max() < 1e-9
    by_weights = [descend(x, y, k * BASE, 0.5, (k * BASE)[y].sum(), steps=50) for k in (1.0, *SCALES)]
    assert all((path - by_weights[0]).abs().max() < 1e-9 for path in by_weights)
    assert settled(descend(x, y, 100 * BASE, 0.5, len(y))) == 400
