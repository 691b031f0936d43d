"""Notebook 02: which weightings are one problem, and what a ratio buys."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from helpers.stability import minimise
from tools.verdicts import Verdict


def one_minimum(seed: int, num_classes: int = 3, features: int = 2) -> bool:
    """Whether four weightings of one ratio have one minimiser on fresh overlapping clouds, and 3 : 2 : 1 another."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(num_classes).repeat_interleave(60)
    centres = torch.randn(num_classes, features, generator=generator, dtype=torch.float64) / features**0.5
    x = F.pad(centres[y] + torch.randn(len(y), features, generator=generator, dtype=torch.float64), (0, 1), value=1.0)
    ratio = torch.arange(1.0, num_classes + 1, dtype=torch.float64)

    def least(w: Tensor) -> Tensor:
        start = torch.zeros(features + 1, num_classes - 1, dtype=torch.float64)
        return minimise(lambda v: F.cross_entropy(F.pad(x @ v, (1, 0)), y, w, reduction="sum") / len(y), start)

    first = least(ratio)
    same = max(float((least(k * ratio) - first).abs().max()) for k in (2, 100, 1 / 6))
    return same < 1e-6 < float((least(ratio.flip(0)) - first).abs().max()) / 100


def moved(seed: int, per_class: int = 10_000, ratio: float = 10.0, spread: float = 1.0) -> tuple[float, float]:
    """Slope and bias with the ratio, less those without, on a fresh sample."""
    noise = torch.randn(2, per_class, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    x, y = torch.cat([noise[0], 2 + spread * noise[1]]), torch.arange(2).repeat_interleave(per_class)

    def line(w: Tensor) -> Tensor:
        def loss(v: Tensor) -> Tensor:
            z = x * v[0] + v[1]
            return (w[y] * (F.softplus(z) - y * z)).mean()

        return minimise(loss, torch.zeros(2, dtype=torch.float64))

    slope, bias = line(torch.tensor([1.0, ratio], dtype=torch.float64)) - line(torch.ones(2, dtype=torch.float64))
    return float(slope), float(bias)


def shift(seed: int, ratio: float = 10.0, **setting: float) -> bool:
    """Whether the bias moves by log(w1 / w0), within five per cent of it."""
    _, bias = moved(seed, ratio=ratio, **setting)  # type: ignore[arg-type]
    return abs(bias - math.log(ratio)) < 0.05 * math.log(ratio)


def slope_stays(seed: int, **setting: float) -> bool:
    """Whether the slope, 2 in truth, moves by less than a tenth of it."""
    return abs(moved(seed, **setting)[0]) < 0.2  # type: ignore[arg-type]


VERDICTS = [
    Verdict(
        "02",
        "one minimum",
        "Four weightings of one ratio share their minimum on overlapping classes, and 3 : 2 : 1 has another.",
        one_minimum,
        {"as in the notebook": {}, "6 classes": {"num_classes": 6}, "6 features": {"features": 6}},
    ),
    Verdict(
        "02",
        "shift",
        "A ratio moves the bias by its logarithm, within 5 %, for classes two deviations apart.",
        shift,
        {
            "10,000 points a class, ratio 10": {},
            "1,000 points a class, ratio 10": {"per_class": 1000},
            "100 points a class, ratio 10": {"per_class": 100},
            "10,000 points a class, ratio 100": {"ratio": 100.0},
            "a line for a parabola": {"spread": 2.0},
        },
    ),
    Verdict(
        "02",
        "slope",
        "A ratio moves the slope by less than a tenth.",
        slope_stays,
        {
            "10,000 points a class, ratio 10": {},
            "10,000 points a class, ratio 100": {"ratio": 100.0},
            "1,000 points a class, ratio 10": {"per_class": 1000},
            "1,000 points a class, ratio 100": {"per_class": 1000, "ratio": 100.0},
            "1,000 points a class, ratio 1,000": {"per_class": 1000, "ratio": 1000.0},
            "100 points a class, ratio 10": {"per_class": 100},
        },
    ),
]
