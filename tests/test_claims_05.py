"""The verdicts of notebook 05 on starts and samples that it does not use."""

import math

import pytest
import torch
from torch import nn, optim

from helpers.datasets import shuttle, two_gaussians
from helpers.losses import weighted_cross_entropy
from helpers.models import one_hidden_layer
from helpers.stability import logistic_gradient, logistic_minimum
from helpers.training import fit
from helpers.weights import inverse_frequency, normalize

SEEDS = (100, 101, 102)


def bce(z, y):
    return nn.functional.binary_cross_entropy_with_logits(z[:, 0], y)


def toy(seed):
    sample = two_gaussians(seed)
    return sample.inputs.double(), sample.targets.double(), torch.cat([sample.weight[0], sample.bias]).double()


def end_of_line(seed, make, k, steps=50, clip=None):
    x, y, start = toy(seed)
    model = nn.Linear(1, 1, dtype=torch.float64)
    nn.utils.vector_to_parameters(start.clone(), model.parameters())
    seen = fit(model, x, y, make(model.parameters()), steps=steps, loss=lambda z, y: k * bce(z, y), clip_norm=clip)
    return nn.utils.parameters_to_vector(model.parameters()).detach(), seen


def change(seed, make, k):
    start, (one, _), (ended, _) = toy(seed)[2], end_of_line(seed, make, 1.0), end_of_line(seed, make, k)
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


def test_scale_is_one_over_epsilon_to_the_last_bit():
    small_loss, _ = end_of_line(100, lambda p: optim.Adam(p, 0.1, eps=1e-8), 2.0**-20)
    large_eps, _ = end_of_line(100, lambda p: optim.Adam(p, 0.1, eps=1e-8 * 2.0**20), 1.0)
    assert torch.equal(small_loss, large_eps)


@pytest.mark.parametrize("seed", SEEDS)
def test_lbfgs_has_a_wall(seed):
    x, y, start = toy(seed)
    wall = math.sqrt(1e-9) / float(logistic_gradient(start, x, y).norm())

    def moved(k):
        ended, _ = end_of_line(seed, lambda p: optim.LBFGS(p, line_search_fn="strong_wolfe"), k, steps=5)
        return float((ended - start).norm())

    assert moved(0.99 * wall) == 0
    assert moved(1.01 * wall) > 0.01


@pytest.mark.parametrize("seed", SEEDS)
def test_l2_ends_where_its_own_gradient_is_zero_and_adamw_does_not(seed):
    x, y, _ = toy(seed)
    theta, _ = end_of_line(seed, lambda p: optim.Adam(p, 0.1, weight_decay=0.1), 10.0, steps=300)
    assert (10 * logistic_gradient(theta, x, y) + 0.1 * theta).norm() < 1e-2
    assert (theta - logistic_minimum(x, y)).norm() > 0.1
    theta, _ = end_of_line(seed, lambda p: optim.AdamW(p, 0.05, betas=(0.9, 0.95), weight_decay=0.1), 10.0, steps=300)
    assert (theta - logistic_minimum(x, y)).norm() < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_clipped_descent_never_rests_at_large_scales(seed):
    ended, seen = end_of_line(seed, lambda p: optim.SGD(p, 1.0), 1e4, steps=200, clip=0.1)
    x, y, _ = toy(seed)
    assert (seen.gradient_norm > 0.1).double().mean() > 0.9
    assert seen.largest_update[-1] > 0.03
    assert seen.loss[-1] / 1e4 - bce(x @ ended[:1, None] + ended[1], y) < 0.1


@pytest.fixture(scope="module")
def seven():
    data = shuttle(seed=1)
    return data.train_inputs.double(), data.train_targets


def network(seed):
    return one_hidden_layer(9, 16, 7, seed=seed, dtype=torch.float64)


@pytest.mark.parametrize("seed", SEEDS)
def test_median_second_moment_predicts_where_adam_loses_half(seed, seven):
    inputs, targets = seven
    chosen = torch.cat([(targets == c).nonzero()[:100, 0] for c in range(7)])

    def run(k):
        model = network(seed)
        optimizer = optim.Adam(model.parameters(), 0.01)
        fit(
            model,
            inputs[chosen],
            targets[chosen],
            optimizer,
            steps=20,
            loss=lambda z, y: k * weighted_cross_entropy(z, y),
        )
        return nn.utils.parameters_to_vector(model.parameters()).detach(), optimizer

    one, optimizer = run(1.0)
    v = torch.cat([state["exp_avg_sq"].flatten() for state in optimizer.state.values()]) / (1 - 0.999**20)
    predicted = 1e-8 / float(v.sqrt().median())
    start = nn.utils.parameters_to_vector(network(seed).parameters()).detach()
    changes = [float((run(factor * predicted)[0] - one).norm() / (one - start).norm()) for factor in (1 / 3, 3)]
    assert changes[0] > 0.5 > changes[1]


def test_sgd_fails_by_scale_and_by_heavy_batches_where_adam_does_not_see_the_scale(seven):
    inputs, targets = seven
    n = torch.bincount(targets).double()
    raw = inverse_frequency(n)
    one = normalize(raw, n, to="sample mean")

    def trial(seed, optimizer, lr, weights, divide_by):
        def loss(z, y):
            return weighted_cross_entropy(z, y, weights, divide_by=divide_by)

        model, own = network(seed), normalize(weights, n, to="sample mean")
        begins = weighted_cross_entropy(model(inputs), targets, own).item()
        fit(model, inputs, targets, optimizer(model.parameters(), lr), steps=50, batch_size=256, seed=seed, loss=loss)
        ends = weighted_cross_entropy(model(inputs), targets, own).item()
        return not ends < begins, ends, nn.utils.parameters_to_vector(model.parameters()).detach()

    def runs(*case):
        return [trial(seed, *case) for seed in range(100, 106)]

    def failures(results):
        return sum(fails for fails, *_ in results)

    by_scale = failures(runs(optim.SGD, 0.05, raw, "samples"))
    by_batches = failures(runs(optim.SGD, 0.05, one, "samples"))
    assert failures(runs(optim.SGD, 0.05, torch.ones_like(one), "samples")) == 0
    assert by_scale >= 5
    assert by_batches >= 3
    assert failures(runs(optim.SGD, 0.05, raw, "weights")) < by_batches
    adam, scaled = runs(optim.Adam, 0.01, one, "samples"), runs(optim.Adam, 0.01, raw, "samples")
    assert max(ends for _, ends, _ in adam) < 100
    assert max(float((a[2] - b[2]).norm() / a[2].norm()) for a, b in zip(adam, scaled, strict=True)) < 0.05
