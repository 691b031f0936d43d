"""What notebook 06 says of probabilities and of thresholds, on other splits; the rest is in tools/verdicts."""

from statistics import mean

import pytest
import torch

from helpers.datasets import shuttle
from helpers.ensembles import fit_many
from tools.verdicts.notebook_06 import RARE, measures, weighted

SEEDS = (101, 102, 103)


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, float]]:
    """Means over fresh splits, by method; ``expected`` are the rare samples that it expects, over their true number."""
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in ("none", "root", "N/n", "moved", "recovered")}
    for seed in SEEDS:
        split = shuttle(seed=seed)
        x, y, x_test = split.train_inputs.double(), split.train_targets, split.test_inputs.double()
        n = torch.bincount(y).double()
        w, rare = n.sum() / n, n < RARE
        losses = [weighted(None), weighted(w**0.5), weighted(w)]
        z = fit_many(x, y, losses, epochs=6, batch_size=1024, lr=0.05, seed=seed).logits(x_test)
        for found, one in zip(rows.values(), torch.cat([z, z[:1] + w.log(), z[2:] - w.log()]), strict=True):
            expected = float(one.softmax(dim=1)[:, rare].sum() / rare[split.test_targets].sum())
            found.append(measures(one, split.test_targets, rare) | {"expected": expected})
    return {name: {key: mean(row[key] for row in found) for key in found[0]} for name, found in rows.items()}


def test_weights_make_the_network_expect_too_many_rare_and_log_w_takes_it_back(measured):
    assert 0.6 < measured["none"]["expected"] < 1.3
    assert measured["root"]["expected"] > 2.5
    assert measured["N/n"]["expected"] > 10
    assert 0.3 < measured["recovered"]["expected"] < 1.5
    assert measured["recovered"]["recall"] < measured["root"]["recall"]


def test_moving_the_threshold_is_not_weighting_on_this_budget(measured):
    assert measured["moved"]["recall"] < measured["N/n"]["recall"]
    assert measured["moved"]["precision"] < 0.5 * measured["N/n"]["precision"]
