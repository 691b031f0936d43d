"""What is stored for notebook 06 of the long budget hangs together."""

import json
import math
import statistics

import pytest
import torch

from tools.budgets import BUDGETS, LOADERS, RECALLS, STORED, focal, logits, measures

ROWS = json.loads(STORED.read_text(encoding="utf-8"))


def test_each_data_set_has_its_methods_at_both_budgets():
    rows = [(row["data"], row["epochs"], row["method"]) for row in ROWS]
    assert len(set(rows)) == len(rows)
    shared = {"τ = 0", "τ = 0.5", "τ = 1", "resampling", "moved, τ = 0.5", "minus log w"}
    assert set(rows) >= {(data, epochs, method) for data in LOADERS for epochs in BUDGETS for method in shared}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['data']} {row['epochs']} {row['method']}")
def test_area_is_the_mean_of_the_splits_and_that_of_the_curve(row):
    curve = row["precision at recall"]
    assert row["area"] == pytest.approx(sum(row["areas"]) / len(row["areas"]), abs=2e-4)
    assert len(curve) == len(RECALLS)
    assert curve == sorted(curve, reverse=True)
    # The stored points take the best precision from there on, so their mean lies a little above the area.
    assert row["area"] - 0.01 < sum(curve) / len(curve) < row["area"] + 0.12


def test_a_stored_split_comes_out_again():
    z, y, rare = logits("shuttle", 6, 0)
    areas = {row["method"]: row["areas"][0] for row in ROWS if (row["data"], row["epochs"]) == ("shuttle", 6)}
    assert areas.keys() == z.keys()
    off = [abs(measures(z[name], y, rare)["area"] - area) for name, area in areas.items()]
    assert statistics.median(off) < 0.02
    assert max(off) < 0.1  # other instructions part single networks by a quarter of that


def test_focal_loss_lets_the_sure_samples_go_by_their_doubt_squared():
    p = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.4, 0.5]])  # of the labels 0.7 and 0.4
    by_hand = (0.3**2 * -math.log(0.7) + 0.6**2 * -math.log(0.4)) / 2
    assert focal(5 + p.log(), torch.tensor([0, 1]), 0.0).item() == pytest.approx(by_hand, rel=1e-5)
