"""What notebook 07 says beside its replicated conclusions, on starts that it does not use, and its stored runs."""

import json
import math
from functools import partial

import pytest
import torch

from helpers.datasets import DATA
from helpers.losses import weighted_cross_entropy
from helpers.models import next_word_model
from helpers.training import fit
from helpers.weights import inverse_frequency, normalize, power
from tools import bands, one_knob
from tools.verdicts.notebook_07 import change, training_pairs

SEEDS = (100, 101)


def scheme(to, words=700):
    """Weights of sum one or of sample mean one, and their mean over the samples."""
    n = training_pairs(words)[2]
    w = normalize(inverse_frequency(n), n, to=to)
    return w, float((n * w.double()).sum() / n.sum())


def fall(seed, w, optimizer, divide_by="samples"):
    """By which part the own loss falls in 40 steps of 64 pairs, among the 700 most frequent words."""
    inputs, targets, _ = training_pairs(700)
    sample = torch.randperm(len(targets), generator=torch.Generator().manual_seed(seed))[: 40 * 64]
    x, y = inputs[sample], targets[sample]
    model = next_word_model(700, seed=seed)
    before = weighted_cross_entropy(model(x), y, w).item()
    loss = partial(weighted_cross_entropy, weight=w, divide_by=divide_by)
    fit(model, x, y, optimizer(model.parameters()), steps=40, batch_size=64, loss=loss)
    return 1 - weighted_cross_entropy(model(x), y, w).item() / before


@pytest.mark.parametrize("seed", SEEDS)
def test_no_nan_and_no_standstill_by_total_weight_or_adam(seed):
    for w in (scheme("sum")[0], inverse_frequency(training_pairs(700)[2])):
        assert fall(seed, w, partial(torch.optim.SGD, lr=1.0), divide_by="weights") > 0.05
        assert fall(seed, w, partial(torch.optim.Adam, lr=0.01)) > 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_scaled_epsilon_repeats_the_run_of_sample_mean_one(seed):
    w, mean_weight = scheme("sum")
    reference = fall(seed, scheme("sample mean")[0], partial(torch.optim.Adam, lr=0.01))
    found = fall(seed, w, partial(torch.optim.Adam, lr=0.01, eps=1e-8 * mean_weight))
    assert found == pytest.approx(reference, abs=0.005)


def test_size_alone_gives_nan_or_a_standstill():
    for lr in (10, 0.1):
        assert math.isnan(change(102, inverse_frequency(training_pairs(7000)[2]), lr, 7000, 64, 0.0))
    assert change(102, scheme("sum", 7000)[0], 10, 7000, 64, 0.0) == pytest.approx(1, abs=0.01)


def test_stored_runs_are_complete_and_at_the_best_rate_without_weights():
    stored = json.loads((DATA / "bands.json").read_text(encoding="utf-8"))
    for steps, lr in stored["settings"]["lr"].items():
        losses = {row["lr"]: row["held-out loss"] for row in stored["search"] if row["steps"] == int(steps)}
        assert losses[lr] == min(losses.values())
        assert min(losses) < lr < max(losses)  # the last that was tried might be the best of those alone
    seeds = {run["seed"] for run in stored["runs"]}
    kinds = {(run["method"], run["tau"]) for run in stored["runs"]}
    assert len(kinds) == 9
    assert len(stored["runs"]) == len(seeds) * len(kinds) * len(stored["settings"]["lr"])


@pytest.mark.parametrize("method", ["no weights", "weights", "adjusted loss", "resampling"])
def test_a_stored_run_comes_out_again(method):
    stored = json.loads(bands.STORED.read_text(encoding="utf-8"))
    runs = [run for run in stored["runs"] if (run["seed"], run["steps"]) == (1, 128)]
    wanted = {(run["method"], run["tau"]): run["recall"] for run in runs}
    found = bands.graded((method, 0.5 * (method != "no weights"), 1, 128, stored["settings"]["lr"]["128"]))
    assert len(found) == (3 if method == "no weights" else 1)
    for run in found:
        assert run["recall"] == pytest.approx(wanted[run["method"], run["tau"]], rel=0.05, abs=0.1)


def test_a_stored_loss_of_the_search_comes_out_again():
    stored = {
        (row["steps"], row["lr"]): row["held-out loss"]
        for row in json.loads(bands.STORED.read_text(encoding="utf-8"))["search"]
    }
    assert bands.held_out_loss((128, 0.1)) == pytest.approx(stored[128, 0.1], rel=0.01)


@pytest.mark.parametrize("name", ["no weights", "square root", "N/n_c"])
def test_a_stored_fall_comes_out_again(name):
    found, n = json.loads(one_knob.TARGET.read_text(encoding="utf-8")), training_pairs(7000)[2]
    exponent = {"no weights": 0.0, "square root": 0.5, "N/n_c": 1.0}[name]
    at = found["products"].index(1.0)
    fall = one_knob.fall(normalize(power(n, exponent), n, to="sample mean"), found["products"][at], 1)
    assert fall == pytest.approx(found["falls"][name][at][1], abs=0.005)
