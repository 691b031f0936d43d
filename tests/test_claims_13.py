"""What notebook 13 says of other libraries, by closed forms and on weights that it does not use.

Keras and the Trainer take seconds to import: the notebook itself and ``make replicate`` hold them to account.
"""

import math

import numpy as np
import pytest
import torch
import xgboost as xgb
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn import functional as F

from tools.verdicts.notebook_13 import sample

QUIET = {"objective": "binary:logistic", "nthread": 1}


def toy(seed: int, size: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(size, 4))
    y = (x[:, 0] + draw.normal(size=size) > 1).astype(int)
    return x, y, np.exp(3 * draw.random(2))[y]


@pytest.mark.parametrize("c", [0.03, 1.0, 30.0])
def test_torchs_loss_with_decay_is_at_rest_where_scikit_learn_is(c):
    data = load_wine()
    x, y = (data.data - data.data.mean(0)) / data.data.std(0), data.target  # three classes
    w = np.array([1.0, 7.0, 0.3])
    model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-10).fit(x, y, sample_weight=w[y])
    theta = torch.tensor(model.coef_, requires_grad=True)
    logits = torch.tensor(x) @ theta.T + torch.tensor(model.intercept_)
    (g,) = torch.autograd.grad(F.cross_entropy(logits, torch.tensor(y), weight=torch.tensor(w)), theta)
    penalty = theta / (c * w[y].sum())
    assert (g + penalty).norm() < 1e-4 * penalty.norm()


def test_a_leaf_of_xgboost_divides_by_its_weight_and_lambda():
    x, y, s = toy(1)
    for penalty in (0.0, 1.0, 50.0):
        settings = QUIET | {"max_depth": 1, "eta": 1.0, "base_score": 0.5, "lambda": penalty}
        stump = xgb.train(settings, xgb.DMatrix(x, y, weight=s), 1)
        leaf = stump.predict(xgb.DMatrix(x), pred_leaf=True).ravel()
        value = stump.predict(xgb.DMatrix(x), output_margin=True)
        assert len(np.unique(leaf)) == 2
        for i in np.unique(leaf):
            inside = leaf == i
            wanted = (s * (y - 0.5))[inside].sum() / ((s / 4)[inside].sum() + penalty)
            assert value[inside] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(("k", "nodes"), [(1, 1), (100, 3)])
def test_a_factor_decides_whether_there_may_be_a_leaf(k, nodes):
    x, y, p = np.repeat([[0.0], [1.0]], 20, axis=0), np.repeat([0.0, 1.0], 20), 0.0125
    data = xgb.DMatrix(x, y, weight=np.full(40, float(k)), base_margin=np.full(40, math.log(p / (1 - p))))
    tree = xgb.train(QUIET | {"min_child_weight": 0.5, "lambda": 0}, data, 1)
    assert len(tree.trees_to_dataframe()) == nodes


def test_scale_pos_weight_is_the_weights_but_for_the_start_and_the_bins():
    x, y, _ = toy(2)

    def gap(**settings: float) -> float:
        by_name = xgb.train(QUIET | settings | {"scale_pos_weight": 30.0}, xgb.DMatrix(x, y), 2)
        by_weights = xgb.train(QUIET | settings, xgb.DMatrix(x, y, weight=np.where(y == 1, 30.0, 1.0)), 2)
        return np.abs(by_name.predict(xgb.DMatrix(x)) - by_weights.predict(xgb.DMatrix(x))).max()

    # 300 values of a feature in 256 bins are cut at weighted quantiles, in 1 024 bins not at all.
    assert gap(base_score=0.5, max_bin=1024) < 1e-6
    assert gap(max_bin=1024) > 1e-3
    assert gap(base_score=0.5) > 1e-3


def test_settings_that_grow_with_the_weights_undo_a_power_of_two_exactly():
    x, y, s = sample(10_005, "cancer")

    def gap(k: float, **settings: float) -> float:
        def fit(s: np.ndarray, k: float) -> np.ndarray:
            wanted = QUIET | settings | {"lambda": k, "min_child_weight": k}
            return xgb.train(wanted, xgb.DMatrix(x, y, weight=k * s), 50).predict(xgb.DMatrix(x))

        return np.abs(fit(s, 1) - fit(s, k)).max()

    assert gap(128) == 0
    # At 100 rounding may move the edge of a bin; where each value has a bin of its own, it cannot.
    assert gap(100, max_bin=1024) < 1e-5


def test_where_a_weight_is_kept_decides_what_happens_to_it():
    weight = torch.tensor([1.0, 25_000.0])
    model = nn.Linear(2, 2)
    model.kept, model.loss = weight, nn.CrossEntropyLoss(weight)
    model.register_buffer("quiet", weight, persistent=False)
    assert set(model.state_dict()) == {"weight", "bias", "loss.weight"}
    narrow = model.bfloat16()
    assert [w[1].item() for w in (narrow.kept, narrow.loss.weight, narrow.quiet)] == [25_000, 24_960, 24_960]
    there = model.to("meta")
    assert [w.device.type for w in (there.kept, there.loss.weight, there.quiet)] == ["cpu", "meta", "meta"]
