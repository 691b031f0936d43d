"""Curvature, the stability bound, the minimiser, and the batched descents against descents one by one."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F

from helpers import stability
from helpers.datasets import two_gaussians
from helpers.losses import weighted_cross_entropy
from helpers.stability import (
    critical_scale,
    largest_curvature,
    logistic_descents,
    logistic_gradient,
    logistic_loss,
    logistic_minimum,
    minimise,
)

X = torch.tensor([[0.0], [1.0], [2.0], [3.0]], dtype=torch.float64)
Y = torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=torch.float64)
ZERO = torch.zeros(2, dtype=torch.float64)


def toy(seed):
    sample = two_gaussians(seed)
    return sample.inputs.double(), sample.targets.double()


def three_clouds(seed):
    """Three overlapping classes in two dimensions, with a column of ones: (90, 3) and (90,)."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(3).repeat_interleave(30)
    centres = torch.tensor([[0.0, 1.0], [-1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    x = centres[y] + torch.randn(90, 2, generator=generator, dtype=torch.float64)
    return F.pad(x, (0, 1), value=1.0), y


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5))
def test_curvature_of_a_quadratic_is_its_largest_coefficient(diagonal):
    d = torch.tensor(diagonal, dtype=torch.float64)
    found = largest_curvature(lambda p: (d * p * p).sum() / 2, torch.ones(1, len(d), dtype=torch.float64))
    assert found == pytest.approx(max(diagonal), abs=1e-12)


def test_curvature_of_the_toy_problem():
    x, y = toy(0)
    curvature = largest_curvature(lambda p: logistic_loss(p, x, y), logistic_minimum(x, y))
    assert curvature == pytest.approx(0.2629, abs=5e-5)
    assert critical_scale(0.1, curvature) == pytest.approx(76.08, abs=5e-3)
    assert critical_scale(1e-200, 1e-200) == math.inf


@pytest.mark.parametrize("offset", [1e3, 1e6])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e9])
def test_the_minimum_is_that_of_features_near_zero_and_of_one_size(offset, size):
    x, y = toy(0)
    x = torch.cat([x, torch.randn(len(x), 1, generator=torch.Generator().manual_seed(0)).double()], dim=1)
    near = logistic_minimum(x, y)
    far = logistic_minimum(x * torch.tensor([1.0, size]) + offset * torch.tensor([1.0, size]), y)
    torch.testing.assert_close(far[:-1] * torch.tensor([1.0, size]), near[:-1], rtol=1e-6, atol=1e-6)
    constant = logistic_minimum(torch.cat([x, torch.full((len(x), 1), 7.0)], dim=1), y)
    torch.testing.assert_close(constant[[0, 1, 3]] + constant[2] * torch.tensor([0.0, 0.0, 7.0]), near)


@pytest.mark.parametrize("far", [1e5, 1e6, -1e7, 1e9])
def test_one_entry_far_away_does_not_hide_the_minimum(far):
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        x, y = torch.randn(60, 2, generator=generator).double(), torch.arange(60) % 2
        x[0, 0] = far
        p = logistic_minimum(x, y)
        assert float(logistic_gradient(p, x, y.double()).norm()) < 1e-6 * abs(far)
        assert float(logistic_loss(p, x, y.double())) < math.log(2)


def test_the_minimum_has_no_gradient_and_is_found_where_none_is_recorded():
    x, y = toy(0)
    minimum = logistic_minimum(x, y)
    assert not logistic_minimum(x.clone().requires_grad_(), y).requires_grad
    with torch.no_grad():
        assert torch.equal(logistic_minimum(x, y), minimum)
        assert largest_curvature(lambda p: p.square().sum(), minimum) == 2


def test_curvature_where_there_is_none():
    with pytest.raises(ValueError, match="Hessian"):
        largest_curvature(lambda p: p.log().sum(), torch.zeros(2))


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_critical_scale_refuses_what_is_not_positive(bad):
    with pytest.raises(ValueError, match="lr is"):
        critical_scale(bad, 1.0)
    with pytest.raises(ValueError, match="curvature is"):
        critical_scale(1.0, bad)


@given(seed=st.integers(0, 2**20), num_samples=st.integers(1, 9), num_features=st.integers(1, 4), far=st.booleans())
def test_logistic_loss_and_gradient_equal_torch(seed, num_samples, num_features, far):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(num_samples, num_features, generator=generator, dtype=torch.float64)
    y = torch.randint(2, (num_samples,), generator=generator).double()
    p = torch.randn(num_features + 1, generator=generator, dtype=torch.float64) * (30 if far else 1)
    p.requires_grad_()
    expected = F.binary_cross_entropy_with_logits(x @ p[:-1] + p[-1], y)
    expected.backward()
    torch.testing.assert_close(logistic_loss(p.detach(), x, y), expected.detach(), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(logistic_gradient(p.detach(), x, y), p.grad, rtol=1e-12, atol=1e-14)


@given(st.integers(0, 2**20), st.floats(-30, 30), st.floats(-30, 30))
def test_minimum_has_no_gradient_wherever_the_search_begins(seed, slope, bias):
    x, y = toy(seed)
    found = minimise(lambda p: logistic_loss(p, x, y), torch.tensor([slope, bias]))
    assert found.dtype == torch.float64
    assert logistic_gradient(found, x, y).norm() < 1e-12
    torch.testing.assert_close(logistic_minimum(x.float().double(), y), found, rtol=1e-9, atol=1e-9)


def test_a_step_that_would_overshoot_is_shortened():
    """Newton's whole step on the root of 1 + p^2 goes to -p^3: away from zero, wherever it begins beyond 1."""
    assert minimise(lambda p: (1 + p.square()).sqrt().sum(), torch.tensor([3.0])).abs() < 1e-9


def test_a_step_that_gains_less_than_its_half_is_shortened():
    """Or the search leaps across the valley until the loss looks straight, here from its first row."""
    x, y = three_clouds(2)
    w, start = torch.tensor([1.0, 20.0, 400.0]).double(), torch.zeros(3, 3)
    start[0] = torch.tensor([-3.0, 3.0, -1.5])

    def loss(theta):
        return weighted_cross_entropy(x @ theta, y, w, divide_by="samples")

    near, far = (minimise(loss, p) for p in (torch.zeros(3, 3), start))
    torch.testing.assert_close(far - far.mean(dim=1, keepdim=True), near, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("k", [1e-6, 1.0, 1e6])
def test_weighted_softmax_regression_equals_scikit_learn_at_any_scale(seed, k):
    x, y = three_clouds(seed)
    w = torch.tensor([1.0, 2.0, 5.0], dtype=torch.float64)

    def loss(theta):
        return k * weighted_cross_entropy(x @ theta, y, w, divide_by="samples")

    oracle = LogisticRegression(C=math.inf, tol=1e-10, max_iter=10_000, fit_intercept=False)
    oracle.fit(x.numpy(), y.numpy(), sample_weight=w[y].numpy())
    found = minimise(loss, torch.zeros(3, 3))
    assert found.shape == (3, 3)
    torch.testing.assert_close(found, torch.from_numpy(oracle.coef_).T - oracle.coef_.mean(), rtol=1e-3, atol=1e-4)
    # The same vector on every class changes no probability; along it the search stays where it began.
    assert found.sum(dim=1).abs().max() < 1e-12
    moved = minimise(loss, torch.ones(3, 3))
    torch.testing.assert_close(moved, found + 1, rtol=1e-9, atol=1e-9)


def between(theta):
    """Two of three classes overlap, the third lies far away."""
    x, y = three_clouds(0)
    return F.cross_entropy((x + 50 * torch.tensor([0.0, 1.0, 0.0]) * (y == 0)[:, None]) @ theta.view(3, 3), y)


@pytest.mark.parametrize(
    "loss",
    [
        lambda p: logistic_loss(p[:2], torch.tensor([[-2.0], [-1.0], [1.0], [2.0]]).double(), (X[:, 0] > 1).double()),
        lambda p: logistic_loss(p[:2], X, torch.ones(4)),
        between,
        lambda p: p.sum(),
        lambda p: p[0] ** 2 + p[1],
        lambda p: p.log().sum(),
        lambda p: p[0] ** 2 - p[1] ** 2,
        lambda p: -(p**2).sum(),
        lambda p: (p**2 + 1e200 * (1e200 * p)).sum(),
    ],
    ids=[
        "separable",
        "one class",
        "one class of three separable",
        "a slope",
        "a trough",
        "undefined",
        "saddle",
        "maximum",
        "a slope that no float can hold",
    ],
)
def test_a_loss_without_a_finite_minimum_is_refused(loss):
    with pytest.raises(ValueError, match="classes must overlap"):
        minimise(loss, torch.zeros(9))


def test_logistic_minimum_of_one_class_is_refused():
    with pytest.raises(ValueError, match="classes must overlap"):
        logistic_minimum(torch.tensor([[-1.0], [1.0]]), torch.tensor([1, 1]))


def test_batched_descents_are_the_descents_one_by_one():
    sample = two_gaussians(1)
    start = torch.cat([sample.weight[0], sample.bias]).double()
    x, y = toy(1)
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


@pytest.mark.parametrize("varied", ["start", "inputs", "targets", "lr", "scale"])
def test_any_argument_may_differ_from_run_to_run(varied):
    two = torch.cat([X, X**2], dim=1)
    one = {"start": torch.tensor([0.3, -0.2, 0.5]).double(), "inputs": two, "targets": Y, "lr": 0.1, "scale": 2.0}
    other = {"start": -one["start"], "inputs": two.flip(1), "targets": 1 - Y, "lr": 0.2, "scale": 0.5}
    pair = [torch.as_tensor(values[varied], dtype=torch.float64) for values in (one, other)]
    both = logistic_descents(**{**one, varied: torch.stack(pair)}, steps=4)
    for run, value in enumerate(pair):
        alone = logistic_descents(**{**one, varied: value}, steps=4)
        torch.testing.assert_close(both.parameters[run], alone.parameters)
        torch.testing.assert_close(both.loss[run], alone.loss)
        torch.testing.assert_close(both.gradient_norm[run], alone.gradient_norm)
        assert both.sign_changes[run] == alone.sign_changes


@pytest.mark.parametrize("runs", [1, 3, 4, 7])
def test_runs_in_blocks_are_the_runs_without(monkeypatch, runs):
    lr = torch.logspace(-2, 0, runs, dtype=torch.float64)
    whole = logistic_descents(ZERO + 0.5, X, Y, lr=lr, scale=2.0, steps=5)
    monkeypatch.setattr(stability, "BLOCK", 3)
    blocks = logistic_descents(ZERO + 0.5, X, Y, lr=lr, scale=2.0, steps=5)
    torch.testing.assert_close(blocks.parameters, whole.parameters, rtol=1e-14, atol=1e-14)
    assert torch.equal(blocks.sign_changes, whole.sign_changes)


def test_no_path_unless_asked_and_a_gradient_of_zero_changes_no_sign():
    still = logistic_descents(ZERO, torch.tensor([[-1.0], [1.0]]).double(), Y[:2] * 0 + 0.5, lr=0.1, scale=1.0, steps=3)
    assert still.path is None
    assert int(still.sign_changes) == 0
    assert torch.equal(logistic_descents(ZERO + 1, X, Y, lr=0.1, scale=1.0, steps=0).parameters, ZERO + 1)


def test_descents_keep_the_dtype_of_the_start():
    factors = torch.tensor([0.1, 0.2]).double()
    for both in ({"lr": factors, "scale": 1.0}, {"lr": 0.1, "scale": factors}):
        runs = logistic_descents(ZERO.float(), X.float()[:1], Y.float()[:1], steps=2, **both)
        assert (runs.parameters.dtype, runs.loss.dtype, runs.gradient_norm.dtype) == (torch.float32,) * 3
        assert runs.sign_changes.dtype == torch.int64


@pytest.mark.parametrize("seed", range(100, 106))
def test_the_bound_separates_rest_from_oscillation(seed):
    x, y = toy(seed)
    minimum = logistic_minimum(x, y)
    k = critical_scale(0.1, largest_curvature(lambda p: logistic_loss(p, x, y), minimum))
    scales = torch.tensor([0.98 * k, 1.02 * k], dtype=torch.float64)
    runs = logistic_descents(minimum + 1e-3, x, y, lr=0.1, scale=scales, steps=3000)
    assert float(runs.gradient_norm[0]) < 1e-9
    assert float(runs.gradient_norm[1]) > 1e-4


@pytest.mark.parametrize(
    ("inputs", "targets"),
    [
        *((X, Y[:, None]), (X, Y[:1]), (X, 2 * Y), (X, Y - 1), (X, Y * math.nan), (X[:0], Y[:0])),
        *((X[:, 0], Y), (X[:, 0], Y[0]), (X, Y[0])),
    ],
)
def test_targets_that_broadcasting_would_accept_are_named(inputs, targets):
    for function in (logistic_loss, logistic_gradient):
        with pytest.raises(ValueError, match="targets has shape"):
            function(ZERO, inputs, targets)
    with pytest.raises(ValueError, match="targets has shape"):
        logistic_descents(ZERO, inputs, targets, lr=0.1, scale=1.0, steps=1)


@pytest.mark.parametrize("name", ["inputs", "targets", "start"])
def test_a_list_in_the_place_of_a_tensor_is_named(name):
    arguments = {"start": ZERO, "inputs": X, "targets": Y}
    with pytest.raises(TypeError, match=f"^{name} is a list; expected a tensor"):
        logistic_descents(**arguments | {name: arguments[name].tolist()}, lr=0.1, scale=1.0, steps=1)


def test_parameters_and_start_are_tensors_of_floats():
    for function in (logistic_loss, logistic_gradient):
        with pytest.raises(TypeError, match=r"^parameters is a list; expected a tensor"):
            function([1.0, -1.0], X, Y)
    for bad, kind in (([1.0, 2.0], "list"), (torch.tensor([1, 2]), r"torch\.int64")):
        with pytest.raises(TypeError, match=f"^parameters is of {kind}; expected a tensor of floating point numbers"):
            largest_curvature(lambda p: p.square().sum(), bad)
    with pytest.raises(TypeError, match=r"^start is of torch\.int64; expected a tensor of floating point numbers"):
        logistic_descents(torch.tensor([1, -1]), X, Y, lr=0.1, scale=1.0, steps=1)


@pytest.mark.parametrize("far", [math.inf, -math.inf, math.nan])
def test_a_search_begins_somewhere(far):
    with pytest.raises(ValueError, match="start holds a number that is not finite"):
        minimise(lambda p: p.square().sum(), torch.tensor([1.0, far]))


@pytest.mark.parametrize("bad", [math.nan, math.inf, torch.tensor([1.0, math.nan]), -0.1, 0.0, True])
@pytest.mark.parametrize("argument", ["lr", "scale"])
def test_rates_and_scales_are_finite_and_above_zero(argument, bad):
    with pytest.raises(ValueError, match="expected numbers whose product is finite and above zero"):
        logistic_descents(ZERO, X, Y, steps=1, **({"lr": 0.1, "scale": 1.0} | {argument: bad}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": X * math.nan}, "inputs holds a number that is not finite"),
        ({"inputs": X * math.inf}, "inputs holds a number that is not finite"),
        ({"start": ZERO * math.nan}, "start holds a number that is not finite"),
        ({"steps": -1}, "steps is -1; expected at least 0"),
    ],
)
def test_descents_refuse_what_would_end_in_nan_or_nothing(change, message):
    with pytest.raises(ValueError, match=message):
        logistic_descents(**({"start": ZERO, "inputs": X, "targets": Y, "lr": 0.1, "scale": 1.0, "steps": 1} | change))
