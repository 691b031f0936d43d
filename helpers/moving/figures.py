"""Which figures move, where each stands, and what each is given to compute with."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from helpers.datasets import two_gaussians
from helpers.stability import largest_curvature, logistic_loss, minimise

HERE = Path(__file__).parent
Data = dict[str, Any]


@dataclass(frozen=True)
class Moving:
    """A module of this folder: the notebook and the section whose end it closes on the site, and what it shows."""

    notebook: str
    section: str
    alt: str  # in words, for where nothing can move
    data: Callable[[], Data]


def module(name: str) -> str:
    """The source of a figure as one ES module: what it imports from ``base.js`` stands above it."""
    base, own = ((HERE / f"{part}.js").read_text(encoding="utf-8") for part in ("base", name))
    base = re.sub(r"^export ", "", base, flags=re.M)
    return base + re.sub(r'^import \{[^}]*\} from "\./base\.js";\n', "", own, flags=re.M)


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


FIGURES: dict[str, Moving] = {
    "descent": Moving(
        "04",
        "See it",
        "Gradient descent in the plane of weight and bias, and the weight against the step, with a slider each for the "
        "scale k and the learning rate: below k* the run comes to rest, above it cycles or is thrown about.",
        descent,
    ),
}
