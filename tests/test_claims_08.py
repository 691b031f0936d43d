"""Verdicts of notebook 08 that a seed could flip, by the notebook's own functions on seeds that it does not use."""

import ast
from typing import Any

import nbformat
import pytest
import torch
from conftest import ROOT

from helpers.datasets import shuttle
from helpers.diagnosis.formulas import let_through
from helpers.weights import inverse_frequency, normalize

NOTEBOOK = ROOT / "notebooks" / "08_batches_and_machines.ipynb"
KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef)


@pytest.fixture(scope="module")
def book() -> dict[str, Any]:
    """The notebook's imports and functions, and its three classes; float64 as there, and one thread."""
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    counts = torch.tensor([900, 90, 10])
    names: dict[str, Any] = {"n": counts, "q": counts / counts.sum()}
    names["w"] = normalize(inverse_frequency(counts), counts, to="sample mean")
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code" and "check(" not in cell.source:
            body = [node for node in ast.parse(cell.source).body if isinstance(node, KEPT)]
            exec(compile(ast.Module(body, []), NOTEBOOK.name, "exec"), names)
    yield names
    torch.set_num_threads(threads)
    torch.set_default_dtype(dtype)


def test_effective_weights_are_those_of_the_package_at_any_scale_and_lie_between_their_bounds(book):
    generator = torch.Generator().manual_seed(22)
    for _ in range(20):
        num_classes = int(torch.randint(3, 300, (1,), generator=generator))
        counts = (9 * torch.rand(num_classes, generator=generator)).exp().ceil()
        w = normalize(inverse_frequency(counts), counts, to="sample mean")
        for size in (2, 16, 300):
            v = book["effective_weights"](counts, w, size)
            assert torch.allclose(v, let_through(counts / counts.sum(), w, size), rtol=1e-6)
            assert torch.allclose(v, book["effective_weights"](counts, 1e9 * w, size), rtol=1e-9)
            assert (v >= size * w / (w + size - 1) * (1 - 1e-8)).all()
            assert v[w.argmax()] <= w.max() * (1 - (1 - 1 / w.max()) ** size) * (1 + 1e-8)


def test_batches_drawn_give_the_bias_the_noise_and_the_effective_weights_in_closed_form(book):
    x, y = book["toy"](26)
    w, g, size = book["w"], book["sample_gradients"](torch.zeros(3, 3), x, y), 16
    batch = torch.randint(1000, (20_000, size), generator=torch.Generator().manual_seed(27))
    wanted = (w[y][:, None] * g).mean(0)
    bias, noise, none, noise_n = book["bias_and_noise"](size, g, y)
    drawn = (w[y[batch]][..., None] * g[batch]).sum(1)
    for sums, off, scatter in ((drawn / w[y[batch]].sum(1, keepdim=True), bias, noise), (drawn / size, none, noise_n)):
        assert (sums.mean(0) - wanted).norm() == pytest.approx(float(off), abs=0.05 * float(scatter))
        assert sums.var(0).sum().sqrt() == pytest.approx(float(scatter), rel=0.03)
    closed = ((w[y] ** 2 * g.square().sum(1)).mean() - wanted.square().sum()) / size
    assert noise_n**2 == pytest.approx(float(closed), rel=1e-9)


def test_weights_v_act_as_the_default_does(book):
    splits = [shuttle(seed) for seed in range(300, 304)]
    book["SEEDS"] = len(splits)
    for name, inputs, targets in (("", "train_inputs", "train_targets"), ("_test", "test_inputs", "test_targets")):
        book[f"X7{name}"] = torch.stack([book["prepared"](getattr(split, inputs)) for split in splits])
        book[f"Y7{name}"] = torch.stack([getattr(split, targets) for split in splits])
    counts = torch.bincount(book["Y7"][0])
    w = normalize(inverse_frequency(counts), counts, to="sample mean")
    for size in (16, 256):
        weights = torch.stack([w, book["effective_weights"](counts, w, size)])
        thetas = book["train"](size, weights, torch.tensor([True, False]))
        default, effective = book["recall"](thetas)[..., counts < 200].mean(dim=(1, 2))
        assert abs(effective - default) < 0.12
