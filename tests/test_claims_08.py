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


def test_half_of_the_largest_weight_passes_where_the_batch_equals_it(book):
    generator = torch.Generator().manual_seed(22)
    for _ in range(20):
        num_classes = int(torch.randint(3, 300, (1,), generator=generator))
        counts = (9 * torch.rand(num_classes, generator=generator)).exp().ceil()
        w = normalize(inverse_frequency(counts), counts, to="sample mean")
        v = book["effective_weights"](counts, w, round(float(w.max())))
        assert (counts / counts.sum() * v).sum() == pytest.approx(1.0, rel=1e-8)
        assert 0.4 < v[w.argmax()] / w.max() < 0.65


def test_one_batch_favours_the_default_and_a_hundred_favour_the_other(book):
    for seed in range(200, 206):
        x, y = book["toy"](seed)
        theta = torch.zeros(3, 3)
        for size in (1, 16, 64, 256):
            bias, calm, none, noisy = book["bias_and_noise"](size, book["sample_gradients"](theta, x, y), y)
            assert none < 1e-10
            assert bias**2 + calm**2 < noisy**2
            assert 1 < book["even_after"](size, theta, x, y) < 100


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


def test_trained_model_obeys_the_effective_weights(book):
    splits = [shuttle(seed) for seed in range(300, 306)]
    book["SEEDS"] = len(splits)
    for name, inputs, targets in (("", "train_inputs", "train_targets"), ("_test", "test_inputs", "test_targets")):
        book[f"X{name}"] = torch.stack([book["prepared"](getattr(split, inputs)) for split in splits])
        book[f"Y{name}"] = torch.stack([getattr(split, targets) for split in splits])
    book["n7"] = counts = torch.bincount(book["Y"][0])
    book["w7"] = normalize(inverse_frequency(counts), counts, to="sample mean")
    default, by_samples, effective = {}, {}, {}
    for size in (4, 16, 1024):
        rare = book["train"](size)[:, counts < 200].mean(1)
        default[size], by_samples[size], effective[size] = rare.T
    for size in (4, 16):
        assert (by_samples[size] > default[size]).all()
        assert by_samples[size].mean() - default[size].mean() > 0.2
    assert abs(by_samples[1024].mean() - default[1024].mean()) < 0.15
    for size in (4, 16, 1024):
        assert abs(effective[size].mean() - default[size].mean()) < 0.12
