"""What notebook 13 says of other libraries, by closed forms and on weights that it does not use.

Keras and the Trainer take seconds to import: the notebook itself and ``make replicate`` hold them to account.
"""

import math

import numpy as np
import pytest
import xgboost as xgb

QUIET = {"objective": "binary:logistic", "nthread": 1}


@pytest.mark.parametrize(("k", "nodes"), [(1, 1), (100, 3)])
def test_a_factor_decides_whether_there_may_be_a_leaf(k, nodes):
    x, y, p = np.repeat([[0.0], [1.0]], 20, axis=0), np.repeat([0.0, 1.0], 20), 0.0125
    data = xgb.DMatrix(x, y, weight=np.full(40, float(k)), base_margin=np.full(40, math.log(p / (1 - p))))
    tree = xgb.train(QUIET | {"min_child_weight": 0.5, "lambda": 0}, data, 1)
    assert len(tree.trees_to_dataframe()) == nodes


def test_scale_pos_weight_is_the_weights_but_for_the_start_and_the_bins():
    draw = np.random.default_rng(2)
    x = draw.normal(size=(300, 4))
    y = (x[:, 0] + draw.normal(size=300) > 1).astype(int)

    def gap(**settings: float) -> float:
        by_name = xgb.train(QUIET | settings | {"scale_pos_weight": 30.0}, xgb.DMatrix(x, y), 2)
        by_weights = xgb.train(QUIET | settings, xgb.DMatrix(x, y, weight=np.where(y == 1, 30.0, 1.0)), 2)
        return np.abs(by_name.predict(xgb.DMatrix(x)) - by_weights.predict(xgb.DMatrix(x))).max()

    # 300 values of a feature in 256 bins are cut at weighted quantiles, in 1,024 bins not at all.
    assert gap(base_score=0.5, max_bin=1024) < 1e-6
    assert gap(max_bin=1024) > 1e-3
    assert gap(base_score=0.5) > 1e-3
