"""Which figures move, and what each is given to compute with."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from helpers.datasets import austen_pairs, two_gaussians
from helpers.stability import largest_curvature, logistic_loss, minimise
from helpers.weights import inverse_frequency, normalize, power

HERE = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.M)
CLOUDS_SEED = 0
Data = dict[str, Any]


@dataclass(frozen=True)
class Moving:
    """What a module of this folder shows, and what it computes with. The notebooks say where: ``moving("name")``."""

    alt: str  # in words, for where nothing can move
    data: Callable[[], Data]


def module(name: str) -> str:
    """The source of a figure as one ES module: what it imports from its neighbours stands above it."""
    parts: dict[str, str] = {}

    def add(part: str) -> None:
        text = (HERE / f"{part}.js").read_text(encoding="utf-8")
        for needed in IMPORT.findall(text):
            if needed not in parts:
                add(needed)
        text = IMPORT.sub("", text)
        parts[part] = text if part == name else re.sub(r"^export ", "", text, flags=re.M)

    add(name)
    return "".join(parts.values())


def data_of(name: str) -> str:
    """What a figure computes with, as JSON: every float keeps all its digits."""
    return json.dumps(FIGURES[name].data())


def descent() -> Data:
    """The thread's sample of notebook 04, the start of its animation, its minimum and its sharpness there."""
    toy = two_gaussians(0)
    x, t = toy.inputs.double(), toy.targets.double()
    minimum = minimise(lambda v: logistic_loss(v, x, t), torch.zeros(2).double())
    curvature = largest_curvature(lambda v: logistic_loss(v, x, t), minimum)
    return {
        "inputs": x[:, 0].tolist(),
        "targets": t.tolist(),
        "start": [1.0, -1.5],
        "minimum": minimum.tolist(),
        "curvature": curvature,
    }


def clouds() -> Data:
    """150 points of each class, normal around (0, 0) and (2, 0): the true log-odds are 2 x - 2, as in notebook 02."""
    points = torch.randn(300, 2, generator=torch.Generator().manual_seed(CLOUDS_SEED), dtype=torch.float64)
    points[150:, 0] += 2
    return {"inputs": points.tolist(), "targets": [0] * 150 + [1] * 150}


def one_knob() -> Data:
    """Mean weight and mean square of notebook 07's seven weightings, and the runs that ``tools.one_knob`` made."""
    n = torch.bincount(austen_pairs().train_targets, minlength=7000).double()
    share, inverse = n / n.sum(), inverse_frequency(n)
    weightings = {
        "no weights": ("no weights", torch.ones_like(n)),
        "N/n_c": ("N/n_c", inverse),
        "sum one": ("N/n_c", normalize(inverse, to="sum")),
        "max one": ("N/n_c", normalize(inverse, to="max")),
        "class mean one": ("N/n_c", normalize(inverse, to="class mean")),
        "sample mean one": ("N/n_c", normalize(inverse, n, to="sample mean")),
        "square root": ("square root", normalize(power(n, 0.5), n, to="sample mean")),
    }
    rows = []
    for name, (ratios, w) in weightings.items():
        mean = float(share @ w)
        rows.append({"name": name, "ratios": ratios, "mean": mean, "second": float(share @ w**2) / mean**2})
    runs = json.loads((HERE / "one_knob.json").read_text(encoding="utf-8"))
    return {"weightings": rows, **runs}


def window() -> Data:
    """The largest and the smallest number of each format, and the rate at which Adam forgets squares."""
    formats = {kind: torch.finfo(getattr(torch, kind)) for kind in ("float16", "bfloat16", "float32")}
    ends = {kind: {"max": f.max, "smallest": f.smallest_normal * f.eps} for kind, f in formats.items()}
    return {"formats": ends, "beta2": 0.999}


FIGURES: dict[str, Moving] = {
    "descent": Moving(
        "Gradient descent in the plane of weight and bias, and the weight against the step, with a slider each for the "
        "scale k and the learning rate: below k* the run comes to rest, above it cycles or is thrown about.",
        descent,
    ),
    "clouds": Moving(
        "Two overlapping clouds and the boundary of a weighted logistic regression, with a slider each for the ratio "
        "and the scale of the weights: the ratio moves the boundary by half its logarithm, the scale moves nothing but "
        "the length of the gradient.",
        clouds,
    ),
    "through": Moving(
        "The weight asked for and the weight that a batch lets through for each class, with sliders for the batch size "
        "and the exponent of the weights, and your own counts: half of the largest weight passes a batch of that size.",
        dict,
    ),
    "one_knob": Moving(
        "Seven weightings on one axis, learning rate times mean weight, coloured by what became of such runs: as the "
        "learning rate moves, all slide from stuck through learning to diverged and NaN.",
        one_knob,
    ),
    "window": Moving(
        "The weights that a number format can bear, as a window, and the range of your weights as a bar that must fit "
        "into it, with sliders for the smallest weight, the spread, the number of classes and the batch size.",
        window,
    ),
}
