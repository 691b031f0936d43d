"""What notebook 07 says beside its replicated conclusions, on starts that it does not use, and its stored runs."""

import json
from functools import partial

import pytest
import torch

from helpers.datasets import DATA, austen_pairs
from helpers.losses import weighted_cross_entropy
from helpers.models import next_word_model
from helpers.training import fit
from helpers.weights import inverse_frequency, normalize

SEEDS = (100, 101)


@pytest.fixture(scope="module")
def words():
    return austen_pairs(seed=100)


class Problem:
    """The pairs among the ``k`` most frequent words, and runs of one network on a sample of them."""

    def __init__(self, words, k, seed, steps=40, batch_size=64):
        inside = (words.train_inputs < k) & (words.train_targets < k)
        inputs, targets = words.train_inputs[inside], words.train_targets[inside]
        sample = torch.randperm(len(targets), generator=torch.Generator().manual_seed(seed))[: steps * batch_size]
        self.k, self.seed, self.steps, self.batch_size = k, seed, steps, batch_size
        self.x, self.y = inputs[sample], targets[sample]
        self.n = torch.bincount(targets, minlength=k)
        w = inverse_frequency(self.n)
        self.weights = {to: normalize(w, self.n, to=to) for to in ("sum", "max", "class mean", "sample mean")} | {
            "N/n_c": w
        }

    def mean_weight(self, scheme):
        return float((self.n * self.weights[scheme].double()).sum() / self.n.sum())

    def run(self, scheme, make, divide_by="samples"):
        """The losses, and by which part the own loss fell."""
        model = next_word_model(self.k, seed=self.seed)
        w = self.weights[scheme]
        before = self._own_loss(model, w)
        loss = partial(weighted_cross_entropy, weight=w, divide_by=divide_by)
        optimizer = make(model.parameters())
        history = fit(model, self.x, self.y, optimizer, steps=self.steps, batch_size=self.batch_size, loss=loss)
        return history.loss, 1 - self._own_loss(model, w) / before

    def _own_loss(self, model, w):
        with torch.no_grad():
            return float(weighted_cross_entropy(model(self.x[:2048]), self.y[:2048], w))


@pytest.fixture(params=SEEDS)
def small(words, request):
    return Problem(words, 700, request.param)


def sgd(lr=1.0):
    return partial(torch.optim.SGD, lr=lr)


def adam(eps=1e-8):
    return partial(torch.optim.Adam, lr=0.01, eps=eps)


def test_mean_sample_weight_of_inverse_frequency_is_the_number_of_classes(words):
    for k in (70, 700, 7000):
        problem = Problem(words, k, 100)
        assert problem.mean_weight("N/n_c") == pytest.approx(k, rel=1e-5)


def test_no_nan_and_no_standstill_by_total_weight_or_adam(small):
    for scheme in ("N/n_c", "sum"):
        assert small.run(scheme, sgd(), divide_by="weights")[1] > 0.05
        assert small.run(scheme, adam())[1] > 0.05


def test_scaled_epsilon_repeats_the_run_of_sample_mean_one(small):
    reference = small.run("sample mean", adam())[1]
    fall = small.run("sum", adam(1e-8 * small.mean_weight("sum")))[1]
    assert fall == pytest.approx(reference, abs=0.005)


def test_size_alone_gives_nan_or_a_standstill(words):
    problem = Problem(words, 7000, 102)
    for lr in (10, 0.1):
        assert not problem.run("N/n_c", sgd(lr))[0].isfinite().all()
    assert abs(problem.run("sum", sgd(10))[1]) < 0.01


def test_weights_move_recall_from_head_to_tail(words):
    n = torch.bincount(words.train_targets, minlength=7000)
    held_out = torch.bincount(words.test_targets, minlength=7000)
    weights = {"none": torch.ones(7000), "balanced": normalize(inverse_frequency(n), n, to="sample mean")}
    recall = {}
    for name, w in weights.items():
        model = next_word_model(7000, seed=103)
        loss = partial(weighted_cross_entropy, weight=w, divide_by="samples")
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        pairs = words.train_inputs, words.train_targets
        fit(model, *pairs, optimizer, steps=100, batch_size=128, loss=loss, seed=103)
        with torch.no_grad():
            lists = torch.cat([model(part).topk(10).indices for part in torch.arange(7000).split(1000)])
        hit = (lists[words.test_inputs] == words.test_targets[:, None]).any(dim=1).double()
        per_word = torch.bincount(words.test_targets, hit, minlength=7000) / held_out
        for band, inside in (("head", n > 1000), ("tail", n.sum() / n > 25_000)):
            recall[name, band] = float(per_word[inside & (held_out > 0)].mean())
    assert recall["none", "head"] > 2 * recall["balanced", "head"]
    assert recall["balanced", "tail"] > 2 * max(recall["none", "tail"], 10 / 7000)


def test_stored_runs_are_complete_and_at_the_best_rate_without_weights():
    stored = json.loads((DATA / "bands.json").read_text(encoding="utf-8"))
    for steps, lr in stored["settings"]["lr"].items():
        losses = {row["lr"]: row["held-out loss"] for row in stored["search"] if row["steps"] == int(steps)}
        assert len(losses) >= 3
        assert losses[lr] == min(losses.values())
    seeds = {run["seed"] for run in stored["runs"]}
    kinds = {(run["method"], run["tau"]) for run in stored["runs"]}
    assert len(kinds) == 9
    assert len(stored["runs"]) == len(seeds) * len(kinds) * len(stored["settings"]["lr"])
