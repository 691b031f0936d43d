"""Hostile arguments: each helper gives a right result, or a TypeError or ValueError that names the argument.

One argument at a time is replaced by something that it should not be; test_hard_values.py
holds what is hard but allowed against an oracle.
"""

import math

import numpy as np
import pytest
import torch
import torch.distributed as dist
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from torch.nn import functional as F

from helpers import plots
from helpers.datasets import stratified_split, two_gaussians
from helpers.diagnosis import diagnose
from helpers.distributed import global_weighted_mean
from helpers.ensembles import fit_many
from helpers.exercises.core import judge
from helpers.losses import weighted_cross_entropy
from helpers.models import next_word_model, one_hidden_layer, softmax_regression
from helpers.parallel import parallel_map
from helpers.stability import (
    critical_scale,
    largest_curvature,
    logistic_descents,
    logistic_gradient,
    logistic_loss,
    logistic_minimum,
)
from helpers.training import fit
from helpers.weights import effective_number, inverse_frequency, normalize, power

NAN, INF = math.nan, math.inf
SCALARS = [NAN, INF, -INF, -1, -0.5, 0, 0.0, 1.5, 10**30, 10**400, 1e308, 5e-324, True, False, None, "1", "x", b"1", 1j]
CONTAINERS = [[], (), {}, {1}, [1.0, 2.0], ["a"], [[1.0]], [[1], [1, 2]], [None], [NAN, 1.0], [True], {"a": 1}]
ARRAYS = [np.array(["a", "b"]), np.array([1, 2], dtype=object), np.zeros((2, 2)), np.float32(0.5), np.int64(3)]
DTYPES = [torch.float16, torch.float32, torch.float64, torch.int64, torch.int8, torch.bool, torch.complex64]
SHAPES = [(), (0,), (1,), (2,), (3,), (0, 2), (2, 0), (3, 1), (2, 3), (3, 2), (2, 2, 2)]
VALUES = [0.0, 1.0, -1.0, 0.3, NAN, INF, -INF, 6e4]


@st.composite
def hostile_tensors(draw):
    shape, dtype, value = (draw(st.sampled_from(choices)) for choices in (SHAPES, DTYPES, VALUES))
    if not (dtype.is_floating_point or dtype.is_complex) and not math.isfinite(value):
        value = -1.0
    tensor = torch.full(shape, value).to(dtype)
    if tensor.numel() and draw(st.booleans()):
        tensor.view(-1)[0] = 1
    if draw(st.booleans()) and tensor.ndim:
        tensor = torch.stack([tensor, tensor], dim=-1)[..., 0]  # not contiguous
    return tensor.requires_grad_(dtype.is_floating_point and draw(st.booleans()))


hostile = st.one_of(st.sampled_from(SCALARS), st.sampled_from(CONTAINERS), st.sampled_from(ARRAYS), hostile_tensors())

Z = torch.tensor([[1.0, -2.0], [0.5, 0.0], [3.0, 1.0]])
X = torch.tensor([[0.0], [1.0], [2.0], [3.0]], dtype=torch.float64)
Y = torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=torch.float64)
THETA = torch.tensor([1.0, -1.0], dtype=torch.float64)
NAMES = {"title": "t", "xlabel": "x", "ylabel": "y"}


def train(**arguments):
    model = softmax_regression(2, 2)
    return fit(**{"model": model, "optimizer": torch.optim.SGD(model.parameters(), lr=0.1), **arguments})


def on_axes(draw):
    """The drawing function on Axes of its own: small ones, for a canvas of the course's takes a tenth of a second."""

    def call(**arguments):
        ax = Figure(figsize=(2, 1)).add_axes((0.2, 0.2, 0.7, 0.7))
        return draw(ax, **arguments, **NAMES)

    return call


def mean_of_one_process(**arguments):
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        return global_weighted_mean(**arguments)
    finally:
        dist.destroy_process_group()


# Helper, its good arguments; each of them is replaced in turn.
CASES = {
    "weighted_cross_entropy": (
        weighted_cross_entropy,
        {"logits": Z, "targets": torch.tensor([0, 1, 0]), "weight": torch.tensor([1.0, 2.0]), "divide_by": "weights",
         "ignore_index": -100, "label_smoothing": 0.1},
    ),
    "inverse_frequency": (inverse_frequency, {"counts": [1, 3]}),
    "power": (power, {"counts": [1, 3], "exponent": 0.5}),
    "effective_number": (effective_number, {"counts": [1, 3], "beta": 0.9}),
    "normalize": (normalize, {"weights": torch.tensor([1.0, 3.0]), "counts": [3, 1], "to": "sample mean"}),
    "softmax_regression": (softmax_regression, {"num_features": 2, "num_classes": 3, "seed": 0, "dtype": torch.half}),
    "one_hidden_layer": (one_hidden_layer, {"num_features": 2, "num_hidden": 4, "num_classes": 3, "seed": 0}),
    "next_word_model": (next_word_model, {"num_words": 3, "num_dimensions": 2, "seed": 0}),
    "fit": (
        train,
        {"inputs": Z, "targets": torch.tensor([0, 1, 0]), "steps": 2, "loss": F.cross_entropy, "batch_size": 2,
         "seed": 0, "clip_norm": 1.0, "progress": None},
    ),
    "critical_scale": (critical_scale, {"lr": 0.1, "curvature": 0.25}),
    "largest_curvature": (largest_curvature, {"loss": lambda p: (p * p).sum(), "parameters": THETA}),
    "logistic_loss": (logistic_loss, {"parameters": THETA, "inputs": X, "targets": Y}),
    "logistic_gradient": (logistic_gradient, {"parameters": THETA, "inputs": X, "targets": Y}),
    "logistic_minimum": (logistic_minimum, {"inputs": X, "targets": Y, "steps": 50}),
    "logistic_descents": (
        logistic_descents, {"start": THETA, "inputs": X, "targets": Y, "lr": 0.1, "scale": 2.0, "steps": 3}
    ),
    "stratified_split": (stratified_split, {"targets": torch.tensor([0, 1, 1, 0]), "test_fraction": 0.5, "seed": 0}),
    "two_gaussians": (two_gaussians, {"seed": 0}),
    "diagnose": (
        diagnose,
        {"counts": [10, 30], "reduction": "mean", "optimizer": "Adam", "lr": 0.1, "batch_size": 4,
         "dtype": torch.float32, "scheme": "balanced"},
    ),
    "lines": (on_axes(plots.lines), {"x": [0, 1, 2], "series": {"SGD": [1.0, 2.0, 3.0]}}),
    "points": (on_axes(plots.points), {"x": [0, 1, 2], "y": [1.0, 2.0, 3.0]}),
    "bars": (on_axes(plots.bars), {"values": {"SGD": 1.0, "Adam": 2.0}}),
    "grouped_bars": (
        lambda series: on_axes(plots.grouped_bars)(groups=["a", "b"], series=series), {"series": {"SGD": [1.0, 2.0]}}
    ),
    "heat_table": (
        lambda values: on_axes(plots.heat_table)(values=values, rows=["a"], columns=["b", "c"]), {"values": [[1.0, 2]]}
    ),
    "note": (
        lambda at, offset: plots.note(Figure(figsize=(2, 1)).add_subplot(), "here", at, offset=offset),
        {"at": (0.0, 1.0), "offset": (2, 2)},
    ),
    "show": (plots.show, {"figure": Figure(figsize=(1, 1)), "alt": "An empty canvas, on which nobody has drawn."}),
    "fit_many": (
        fit_many,
        {"inputs": Z, "targets": torch.tensor([0, 1, 0]), "losses": [lambda z, y, _: F.cross_entropy(z, y)],
         "epochs": 1, "lr": 0.1, "batch_size": 2, "num_hidden": 2, "seed": 0},
    ),
    "global_weighted_mean": (
        mean_of_one_process,
        {"logits": Z, "targets": torch.tensor([0, 1, 0]), "weight": torch.tensor([1.0, 2.0]), "group": None},
    ),
    "judge": (judge, {"number": "1.1", "answer": torch.sum, "seed": 0}),
    "parallel_map": (parallel_map, {"work": repr, "jobs": [1, 2]}),
}  # fmt: skip
ARGUMENTS = [(helper, argument) for helper, (_, good) in CASES.items() for argument in good]


@pytest.mark.parametrize(("helper", "argument"), ARGUMENTS, ids=[".".join(pair) for pair in ARGUMENTS])
@settings(max_examples=40)
@given(value=hostile)
def test_one_hostile_argument(helper, argument, value):
    call, good = CASES[helper]
    try:
        call(**{**good, argument: value})
    except (TypeError, ValueError) as error:
        assert argument in str(error), f"{type(error).__name__} does not name {argument}: {error}"


def plain(value):
    return value.detach().contiguous() if isinstance(value, torch.Tensor) else value


def awkward(value):
    """The same numbers, not contiguous, and asking for a gradient where they can."""
    if not isinstance(value, torch.Tensor) or not value.ndim:
        return value
    spaced = torch.stack([value, value], dim=-1)[..., 0]
    return spaced.requires_grad_() if value.is_floating_point() else spaced


TENSOR_HELPERS = [name for name in CASES if name.startswith(("weighted", "norm", "log", "str", "largest"))]


@pytest.mark.parametrize("helper", TENSOR_HELPERS)
def test_layout_and_gradients_change_no_number(helper):
    call, good = CASES[helper]
    results = [call(**{k: change(v) for k, v in good.items()}) for change in (plain, awkward)]
    if hasattr(results[0], "sign_changes"):
        results = [result.parameters for result in results]
    torch.testing.assert_close(*(tuple(r) if isinstance(r, tuple) else r for r in results), rtol=1e-12, atol=0)


def linear(seed=0):
    return softmax_regression(2, 2, seed=seed)


SGD = torch.optim.SGD(linear().parameters(), lr=0.1)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("model", None),
        ("model", linear()),
        ("model", torch.nn.Flatten()),
        ("optimizer", "SGD"),
        ("optimizer", SGD),
        ("loss", lambda z, y: F.cross_entropy(z, y, reduction="none")),
        ("loss", lambda *_: torch.tensor(1.0)),
        ("loss", lambda *_: 1.0),
        ("clip_norm", -1.0),
        ("batch_size", 4),
    ],
)
def test_fit_refuses_what_would_train_nothing(argument, value):
    with pytest.raises((TypeError, ValueError), match="optimizer" if isinstance(value, torch.nn.Module) else argument):
        train(**{**CASES["fit"][1], argument: value})
