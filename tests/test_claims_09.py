"""The edges of notebook 09, by its own functions, at sizes that it does not use; its verdicts are replicated."""

from types import SimpleNamespace

import pytest
import torch
from conftest import ROOT, code_cells

TAKEN = ("FORMATS =", "def safe_range(", "def one_step(", "def trials(")


@pytest.fixture(scope="module")
def taught() -> SimpleNamespace:
    """What the notebook's defining cells define."""
    namespace: dict[str, object] = {}
    for source in code_cells(ROOT / "notebooks" / "09_number_formats.ipynb", *TAKEN):
        exec(source, namespace)
    return SimpleNamespace(**namespace)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_edges_hold_on_both_sides(taught, name):
    generator = torch.Generator().manual_seed(90)
    for _ in range(4):
        num_classes, batch_size = (int(torch.randint(3, most, (), generator=generator)) for most in (1000, 200))
        assert taught.contradicted(taught.FORMATS[name], num_classes, batch_size) == []
    for batch_size in (1, 2, 32):  # of two classes, whose loss is below the weight
        assert taught.contradicted(taught.FORMATS[name], 2, batch_size) == []
