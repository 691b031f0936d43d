"""Small problems with a long tail, four of them real, and the untrained model that each is given."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_digits, make_classification
from torch import Tensor, nn

from helpers.datasets import austen_pairs, shuttle
from helpers.models import one_hidden_layer, softmax_regression


class Problem(NamedTuple):
    inputs: Tensor
    targets: Tensor
    start: Callable[[int], nn.Module]  # a seed to an untrained model

    @property
    def num_classes(self) -> int:
        return int(self.targets.max()) + 1


def standard(inputs: Any) -> Tensor:
    x = torch.as_tensor(np.asarray(inputs), dtype=torch.float32)
    return (x - x.mean(dim=0)) / x.std(dim=0).clamp(min=1e-6)


def real(name: str) -> Problem:
    if name == "shuttle":
        data = shuttle()
        return Problem(data.train_inputs, data.train_targets, lambda s: one_hidden_layer(9, 32, 7, seed=s))
    if name == "austen":
        # Every 70th word in the order of frequency (one never comes), after one of the 500 most frequent.
        pairs = austen_pairs()
        kept = (pairs.train_targets % 70 == 35) & (pairs.train_inputs < 500)
        return Problem(pairs.train_inputs[kept], pairs.train_targets[kept] // 70, after_word)
    x, y = (load_digits if name == "digits" else load_breast_cancer)(return_X_y=True)
    x, y = standard(x), torch.as_tensor(y)
    keep = [int(178 * 0.6**c) or 1 for c in range(10)] if name == "digits" else [12, 357]
    rows = torch.cat([(y == c).nonzero()[:n, 0] for c, n in enumerate(keep)])
    if name == "digits":
        return Problem(x[rows], y[rows], lambda s: one_hidden_layer(64, 32, 10, seed=s))
    return Problem(x[rows], y[rows], lambda s: softmax_regression(30, 2, seed=s))


def made(name: str) -> Problem:
    r, size = np.random.default_rng(0), 8000
    if name == "tail":
        share = 0.3 ** np.arange(6)
        x, y = make_classification(
            size, 20, n_informative=8, n_redundant=4, n_classes=6, weights=share / share.sum(), flip_y=0, random_state=0
        )
        return Problem(standard(x), torch.as_tensor(y), lambda s: one_hidden_layer(20, 32, 6, seed=s))
    if name == "noisy":  # one in a hundred, and one label in a hundred drawn at random
        x, y = make_classification(size, 20, n_informative=10, weights=[0.99], flip_y=0.01, random_state=0)
        return Problem(standard(x), torch.as_tensor(y), lambda s: softmax_regression(20, 2, seed=s))
    if name == "fraud":  # two in a thousand, and features with Student's t of three degrees
        y = (np.arange(size) < 0.002 * size).astype(int)
        x = r.standard_t(3, (size, 10)) + y[:, None]
        return Problem(standard(x), torch.as_tensor(y), lambda s: softmax_regression(10, 2, seed=s))
    share = np.array([0.365, 0.488, 0.0615, 0.0047, 0.0163, 0.0299, 0.0346])  # as in Covertype
    y = r.choice(7, size, p=share / share.sum())
    x = 0.7 * r.normal(size=(7, 10))[y] + r.normal(size=(size, 10))
    soils = r.dirichlet(np.full(40, 0.2), 7)
    soil = np.eye(40)[np.array([r.choice(40, p=soils[c]) for c in y])]
    return Problem(standard(np.c_[x, soil]), torch.as_tensor(y), lambda s: one_hidden_layer(50, 32, 7, seed=s))


def after_word(seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Embedding(500, 16), nn.Linear(16, 100))


PROBLEMS = dict.fromkeys(("shuttle", "austen", "digits", "cancer"), real)
PROBLEMS |= dict.fromkeys(("tail", "noisy", "fraud", "cover"), made)


@cache
def problem(name: str) -> Problem:
    return PROBLEMS[name](name)
