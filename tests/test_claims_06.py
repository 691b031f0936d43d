"""What notebook 06 says of probabilities and of thresholds, on other splits; the rest is in tools/verdicts."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from helpers.datasets import shuttle
from helpers.ensembles import fit_many

SEEDS = (101, 102, 103)
BUDGET = {"epochs": 6, "batch_size": 1024, "lr": 0.05, "num_hidden": 32}


def weighted(w: Tensor | None) -> Callable[..., Tensor]:
    return lambda z, y, _: F.cross_entropy(z, y, weight=w)


def read(z: Tensor, y: Tensor, rare: Tensor) -> dict[str, Tensor]:
    """Rare recall, rare precision and rare samples expected, over the true number, for logits (M, N, K)."""
    named = z.argmax(dim=-1)
    hits = ((named == y) & torch.isin(y, rare)).sum(dim=-1).double()
    return {
        "recall": hits / torch.isin(y, rare).sum(),
        "precision": hits / torch.isin(named, rare).sum(dim=-1),
        "expected": z.softmax(dim=-1)[..., rare].sum(dim=(-2, -1)) / torch.isin(y, rare).sum(),
    }


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, float]]:
    """Means over fresh splits: method to measure to value."""
    rows = []
    for seed in SEEDS:
        split = shuttle(seed=seed)
        x, y, x_test = split.train_inputs.double(), split.train_targets, split.test_inputs.double()
        n = torch.bincount(y).double()
        w = n.sum() / n
        trained = fit_many(x, y, [weighted(None), weighted(w**0.5), weighted(w)], seed=seed, **BUDGET)
        z = trained.logits(x_test)
        z = torch.cat([z, z[:1] + w.log(), z[2:3] - w.log()])
        rows.append(read(z, split.test_targets, (n < 200).nonzero()[:, 0]))
    names = ("none", "root", "N/n", "moved", "recovered")
    means = {key: torch.stack([row[key] for row in rows]).mean(dim=0).tolist() for key in rows[0]}
    return {name: {key: values[i] for key, values in means.items()} for i, name in enumerate(names)}


def test_weights_make_the_network_expect_too_many_rare_and_log_w_takes_it_back(measured):
    assert 0.6 < measured["none"]["expected"] < 1.3
    assert measured["root"]["expected"] > 2.5
    assert measured["N/n"]["expected"] > 10
    assert 0.3 < measured["recovered"]["expected"] < 1.5
    assert measured["recovered"]["recall"] < measured["root"]["recall"]


def test_moving_the_threshold_is_not_weighting_on_this_budget(measured):
    assert measured["moved"]["recall"] < measured["N/n"]["recall"]
    assert measured["moved"]["precision"] < 0.5 * measured["N/n"]["precision"]
