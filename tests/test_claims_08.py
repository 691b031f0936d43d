"""Verdicts of notebook 08 that a seed could flip, by the notebook's own functions on seeds that it does not use."""

import ast
from typing import Any

import nbformat
import pytest
import torch
from conftest import ROOT
from torch.nn import functional as F

from helpers.datasets import shuttle
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


@pytest.mark.usefixtures("book")
def test_batch_of_one_ignores_any_weights():
    generator = torch.Generator().manual_seed(21)
    for _ in range(200):
        z = torch.randn(1, 5, generator=generator, requires_grad=True)
        y = torch.randint(5, (1,), generator=generator)
        w = (8 * torch.rand(5, generator=generator)).exp()
        (weighted,) = torch.autograd.grad(F.cross_entropy(z, y, weight=w), z)
        (plain,) = torch.autograd.grad(F.cross_entropy(z, y), z)
        assert torch.allclose(weighted, plain, rtol=1e-14, atol=0)


def test_accumulated_means_keep_the_bias_of_the_micro_batch(book):
    q, w = book["q"], book["w"]
    y = torch.multinomial(q.expand(10_000, 3), 64, replacement=True, generator=torch.Generator().manual_seed(23))
    m = F.one_hot(y.view(-1, 4, 16), 3).sum(2).double()
    share = (m * w / (m @ w)[..., None]).mean(1)[:, 2]
    assert abs(share.mean() - book["expected_shares"](16)[2]) < 4 * share.std() / len(share) ** 0.5
    assert share.mean() < 0.7 * book["expected_shares"](64)[2]


def test_accumulation_wrong_and_repaired(book):
    book["x"], book["y"] = book["toy"](24)
    theta = torch.zeros(3, 3, requires_grad=True)
    batches = torch.randint(1000, (50, 64), generator=torch.Generator().manual_seed(25))
    off = {r: torch.tensor([book["off_by"](r, batch, theta) for batch in batches]) for r in (False, True)}
    assert off[False].median() > 0.1
    assert off[True].max() < 1e-13


def test_effective_weights_lie_between_their_bounds(book):
    generator = torch.Generator().manual_seed(22)
    for _ in range(20):
        num_classes = int(torch.randint(3, 300, (1,), generator=generator))
        counts = (9 * torch.rand(num_classes, generator=generator)).exp().ceil()
        w = normalize(inverse_frequency(counts), counts, to="sample mean")
        for size in (2, 16, 300):
            v = book["effective_weights"](counts, w, size)
            assert (counts / counts.sum() * v).sum() == pytest.approx(1.0, rel=1e-8)
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
        book[f"X{name}"] = torch.stack([book["prepared"](getattr(split, inputs)) for split in splits])
        book[f"Y{name}"] = torch.stack([getattr(split, targets) for split in splits])
    counts = torch.bincount(book["Y"][0])
    w = normalize(inverse_frequency(counts), counts, to="sample mean")
    for size in (16, 256):
        ways = ((w, True), (book["effective_weights"](counts, w, size), False))
        default, effective = (book["recall"](book["train"](size, *way))[:, counts < 200].mean() for way in ways)
        assert abs(effective - default) < 0.12


def test_effective_weights_do_not_see_the_scale(book):
    counts = torch.tensor([45_586, 8_903, 171, 10])
    w = inverse_frequency(counts)
    for size in (1, 16, 2_000):
        v = book["effective_weights"](counts, w, size)
        for scale in (1e-9, 1e-3, 1e9):
            assert torch.allclose(book["effective_weights"](counts, scale * w, size), v, rtol=1e-9)


def test_half_of_the_largest_weight_passes_below_that_weight_less_one(book):
    for counts in ([70, 20, 10], [60, 30, 10], [95, 3, 2], [900, 90, 10]):
        n = torch.tensor(counts)
        w = normalize(inverse_frequency(n), n, to="sample mean")
        top = float(w.max())
        part = [book["effective_weights"](n, w, size)[-1] / top for size in (0.69 * (top - 1), top - 1)]
        assert top > 2
        assert part[0] < 0.5 < part[1]
