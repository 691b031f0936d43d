"""What notebook 11 derives, on counts, weights and parameters that it does not use; its trainings are replicated."""

from typing import Any

import nbformat
import pytest
import torch
from conftest import ROOT, code_cells
from torch.nn import functional as F

NOTEBOOK = ROOT / "notebooks" / "11_your_loss.ipynb"
TABLE = ("g = torch.Generator().manual_seed(4)", "def weighted_sum(", "def bce(", '"map m, mean()"', "def two_numbers(")


@pytest.fixture(autouse=True)
def double():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_a_hundredfold_changes_the_same_thing_at_other_parameters(seed):
    names: dict[str, Any] = {"torch": torch, "F": F}
    for source in code_cells(NOTEBOOK, *TABLE):
        exec(source.replace("manual_seed(4)", f"manual_seed({seed})"), names)
    found = {name: names["two_numbers"](name) for name in names["losses"]}
    found |= {name: names["two_numbers"](*first_and_term) for name, first_and_term in names["mixed"].items()}
    stored = next(c for c in nbformat.read(NOTEBOOK, as_version=4).cells if "rows.sort(" in c.source).outputs[0].text
    lines = {line.split("   ")[0]: line for line in stored.splitlines()[1:]}
    assert lines.keys() == found.keys()
    for name, (divisor, _, _, changes) in found.items():
        assert lines[name].endswith(changes), name
        assert lines[name].split("   ", 1)[1].strip().startswith(divisor), name


def test_tiles_of_one_class_are_worth_one_sample_and_tiles_of_all_alike_their_pixels():
    names: dict[str, Any] = {"torch": torch, "F": F, "pixels": torch.tensor([900, 90, 10]), "mask": torch.tensor([0])}
    names["w_pixel"] = names["pixels"].sum() / (3 * names["pixels"])
    exec(*code_cells(NOTEBOOK, "def part_of_red("), names)
    whole = 64 * torch.eye(3)[torch.arange(3).repeat_interleave(names["pixels"])]
    as_samples = names["effective_weights"](names["pixels"], names["w_pixel"], 20)[2] / names["w_pixel"][2]
    assert names["part_of_red"](whole, 20) == pytest.approx(float(as_samples), abs=0.03)
    alike = 64 * torch.tensor([[0.9, 0.09, 0.01]]).expand(50, 3)
    assert names["part_of_red"](alike, 4) == pytest.approx(1.0)
