"""What notebook 11 derives, on counts, weights and parameters that it does not use; its trainings are replicated."""

from typing import Any

import nbformat
import pytest
import torch
from conftest import ROOT
from torch.nn import functional as F

NOTEBOOK = ROOT / "notebooks" / "11_your_loss.ipynb"
TABLE = ("g = torch.Generator().manual_seed(4)", "def weighted_sum(", "def bce(", '"map m, mean()"', "def two_numbers(")


@pytest.fixture(autouse=True)
def double():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def cells(*starts: str) -> list[str]:
    """The notebook's code cells that hold one of the texts, in its order."""
    found = [c.source for c in nbformat.read(NOTEBOOK, as_version=4).cells if c.cell_type == "code"]
    return [source for source in found if any(start in source for start in starts)]


def drawn(seed: int) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Counts over five decades, weights (N / n_c) ** exponent, and a smoothing."""
    generator = torch.Generator().manual_seed(seed)
    n = (10 ** (5 * torch.rand(2 + seed % 30, generator=generator))).ceil()
    exponent, eps = torch.rand(2, generator=generator).tolist()
    return n, (n.sum() / n) ** exponent, eps


@pytest.mark.parametrize("seed", range(100, 120))
def test_repaired_smoothing_has_its_best_answer_at_the_smoothed_target(seed):
    n, w, eps = drawn(seed)
    z = ((1 - eps) * torch.eye(len(n)) + eps / len(n)).log().requires_grad_()
    each = F.cross_entropy(z, torch.arange(len(n)), label_smoothing=eps, reduction="none")
    (g,) = torch.autograd.grad((w * each).sum() / w.sum(), z)
    assert g.abs().max() < 1e-12


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_a_hundredfold_changes_the_same_thing_at_other_parameters(seed):
    names: dict[str, Any] = {"torch": torch, "F": F}
    for source in cells(*TABLE):
        exec(source.replace("manual_seed(4)", f"manual_seed({seed})"), names)
    found = {name: names["two_numbers"](name) for name in names["losses"]}
    found |= {name: names["two_numbers"](*first_and_term) for name, first_and_term in names["mixed"].items()}
    stored = next(c for c in nbformat.read(NOTEBOOK, as_version=4).cells if "rows.sort(" in c.source).outputs[0].text
    lines = {line.split("   ")[0]: line for line in stored.splitlines()[1:]}
    assert lines.keys() == found.keys()
    for name, (divisor, _, _, changes) in found.items():
        assert lines[name].endswith(changes), name
        assert lines[name].split("   ", 1)[1].strip().startswith(divisor), name


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 7.0])
@pytest.mark.parametrize("alpha", [0.1, 0.25, 0.9])
def test_focal_loss_says_yes_from_one_minus_alpha_on(alpha, gamma):
    for p, sign in ((1 - alpha - 0.01, 1), (1 - alpha + 0.01, -1)):
        z = torch.zeros((), requires_grad=True)
        q = torch.sigmoid(z)
        loss = -alpha * p * (1 - q) ** gamma * q.log() - (1 - alpha) * (1 - p) * q**gamma * (1 - q).log()
        (g,) = torch.autograd.grad(loss, z)
        assert g * sign > 0  # at q = 1/2 descent goes down below the place, and up above it


@pytest.mark.parametrize("seed", range(100, 105))
def test_best_bias_of_an_untrained_network_is_log_of_weight_times_count(seed):
    n, w, _ = drawn(seed)
    y = torch.arange(len(n)).repeat_interleave((n / n.min()).clamp(max=50).long())
    b = (w * torch.bincount(y)).log().requires_grad_()
    (g,) = torch.autograd.grad(F.cross_entropy(b.expand(len(y), -1), y, weight=w), b)
    assert g.abs().max() < 1e-12


def test_tiles_of_one_class_are_worth_one_sample_and_tiles_of_all_alike_their_pixels():
    names: dict[str, Any] = {"torch": torch, "F": F, "pixels": torch.tensor([900, 90, 10]), "mask": torch.tensor([0])}
    names["w_pixel"] = names["pixels"].sum() / (3 * names["pixels"])
    exec(*cells("def part_of_red("), names)
    whole = 64 * torch.eye(3)[torch.arange(3).repeat_interleave(names["pixels"])]
    as_samples = names["effective_weights"](names["pixels"], names["w_pixel"], 20)[2] / names["w_pixel"][2]
    assert names["part_of_red"](whole, 20) == pytest.approx(float(as_samples), abs=0.03)
    alike = 64 * torch.tensor([[0.9, 0.09, 0.01]]).expand(50, 3)
    assert names["part_of_red"](alike, 4) == pytest.approx(1.0)
