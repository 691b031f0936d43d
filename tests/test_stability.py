"""Curvature, the stability bound, and the batched descents against descents one by one."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from helpers.datasets import two_gaussians
from helpers.stability import (
    critical_scale,
    largest_curvature,
    logistic_descents,
    logistic_gradient,
    logistic_loss,
    logistic_minimum,
)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5))
def test_curvature_of_a_quadratic_is_its_largest_coefficient(diagonal):
    d = torch.tensor(diagonal, dtype=torch.float64)
    found = largest_curvature(lambda p: (d * p * p).sum() / 2, torch.ones_like(d))
    assert found == pytest.approx(max(diagonal), abs=1e-12)


def test_curvature_of_the_toy_problem():
    toy = two_gaussians(0)
    x, y = toy.inputs.double(), toy.targets.double()
    curvature = largest_curvature(lambda p: logistic_loss(p, x, y), logistic_minimum(x, y))
    assert curvature == pytest.approx(0.2629, abs=5e-5)
    assert critical_scale(0.1, curvature) == pytest.approx(76.08, abs=5e-3)


def test_curvature_where_there_is_none():
    with pytest.raises(ValueError, match="Hessian"):
        largest_curvature(lambda p: p.log().sum(), torch.zeros(2))


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_critical_scale_refuses_what_is_not_positive(bad):
    with pytest.raises(ValueError, match="lr is"):
        critical_scale(bad, 1.0)
    with pytest.raises(ValueError, match="curvature is"):
        critical_scale(1.0, bad)


@given(seed=st.integers(0, 2**20), num_samples=st.integers(1, 9), num_features=st.integers(1, 4))
def test_logistic_loss_and_gradient_equal_torch(seed, num_samples, num_features):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(num_samples, num_features, generator=generator, dtype=torch.float64)
    y = torch.randint(2, (num_samples,), generator=generator).double()
    p = torch.randn(num_features + 1, generator=generator, dtype=torch.float64).requires_grad_()
    expected = F.binary_cross_entropy_with_logits(x @ p[:-1] + p[-1], y)
    expected.backward()
    torch.testing.assert_close(logistic_loss(p.detach(), x, y), expected.detach(), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(logistic_gradient(p.detach(), x, y), p.grad, rtol=1e-12, atol=1e-14)


@given(st.integers(0, 2**20))
def test_minimum_has_no_gradient(seed):
    toy = two_gaussians(seed)
    x, y = toy.inputs.double(), toy.targets.double()
    assert logistic_gradient(logistic_minimum(x, y), x, y).norm() < 1e-12


@pytest.mark.parametrize(
    ("inputs", "targets"),
    [([[-2.0], [-1.0], [1.0], [2.0]], [0.0, 0.0, 1.0, 1.0]), ([[-1.0], [1.0]], [1.0, 1.0])],
)
def test_separable_samples_have_no_minimum(inputs, targets):
    with pytest.raises(ValueError, match="classes must overlap"):
        logistic_minimum(torch.tensor(inputs), torch.tensor(targets))


def test_batched_descents_are_the_descents_one_by_one():
    toy = two_gaussians(1)
    start = torch.cat([toy.weight[0], toy.bias]).double()
    x, y = toy.inputs.double(), toy.targets.double()
    scales, lrs = torch.tensor([1.0, 60.0, 90.0]).double(), torch.tensor([0.1, 0.1, 0.2]).double()
    batch = logistic_descents(start, x, y, lr=lrs, scale=scales, steps=30, keep_path=True)
    for run, (k, lr) in enumerate(zip(scales.tolist(), lrs.tolist(), strict=True)):
        p = start.clone().requires_grad_()
        optimizer = torch.optim.SGD([p], lr=lr)
        slopes = []
        for step in range(30):
            torch.testing.assert_close(batch.path[run, step], p.detach(), rtol=1e-9, atol=1e-9)
            optimizer.zero_grad()
            (k * F.binary_cross_entropy_with_logits(x @ p[:-1] + p[-1], y)).backward()
            slopes.append(float(p.grad[0]))
            optimizer.step()
        changes = sum(a * b < 0 for a, b in zip(slopes[1:], slopes[:-1], strict=True))
        assert int(batch.sign_changes[run]) == changes
        torch.testing.assert_close(batch.parameters[run], p.detach(), rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(batch.loss[run], logistic_loss(p.detach(), x, y))
        torch.testing.assert_close(batch.gradient_norm[run], logistic_gradient(p.detach(), x, y).norm())


def test_runs_may_have_their_own_samples():
    toys = [two_gaussians(seed) for seed in range(3)]
    x = torch.stack([toy.inputs for toy in toys]).double()
    y = torch.stack([toy.targets for toy in toys]).double()
    start = torch.zeros(3, 2, dtype=torch.float64)
    together = logistic_descents(start, x, y, lr=0.1, scale=10.0, steps=20)
    for run in range(3):
        alone = logistic_descents(start[run], x[run], y[run], lr=0.1, scale=10.0, steps=20)
        torch.testing.assert_close(together.parameters[run], alone.parameters)


@pytest.mark.parametrize("seed", range(100, 106))
def test_the_bound_separates_rest_from_oscillation(seed):
    toy = two_gaussians(seed)
    x, y = toy.inputs.double(), toy.targets.double()
    minimum = logistic_minimum(x, y)
    k = critical_scale(0.1, largest_curvature(lambda p: logistic_loss(p, x, y), minimum))
    scales = torch.tensor([0.98 * k, 1.02 * k], dtype=torch.float64)
    runs = logistic_descents(minimum + 1e-3, x, y, lr=0.1, scale=scales, steps=3000)
    assert float(runs.gradient_norm[0]) < 1e-9
    assert float(runs.gradient_norm[1]) > 1e-4


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="steps is 0"):
        logistic_descents(torch.zeros(2), torch.zeros(3, 1), torch.zeros(3), lr=0.1, scale=1.0, steps=0)
    with pytest.raises(ValueError, match="parameters has 2 numbers for 2 features"):
        logistic_loss(torch.zeros(2), torch.zeros(3, 2), torch.zeros(3))
