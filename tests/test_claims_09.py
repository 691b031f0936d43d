"""Verdicts of notebook 09, recomputed with its own functions from draws that it does not use."""

from types import SimpleNamespace

import nbformat
import pytest
import torch
from conftest import ROOT
from torch.nn import functional as F

TAKEN = (
    "FORMATS =",
    *(f"def {name}(" for name in ("safe_range", "one_step", "trials", "draw", "scaled_run", "clipped_run")),
)


@pytest.fixture(scope="module")
def taught() -> SimpleNamespace:
    """What the notebook's defining cells define."""
    notebook = nbformat.read(ROOT / "notebooks" / "09_number_formats.ipynb", as_version=4)
    namespace: dict[str, object] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and any(start in cell.source for start in TAKEN):
            exec(cell.source, namespace)
    return SimpleNamespace(**namespace)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_edges_hold_on_both_sides(taught, name):
    generator = torch.Generator().manual_seed(90)
    for _ in range(4):
        num_classes, batch_size = (int(torch.randint(3, most, (), generator=generator)) for most in (1000, 200))
        assert taught.contradicted(taught.FORMATS[name], num_classes, batch_size) == []


@pytest.mark.parametrize("seed", range(90, 93))
def test_scaler_skips_as_predicted_and_k_is_one_more_factor(taught, seed):
    x, y = taught.draw(seed)
    runs = {k: taught.scaled_run(k, x, y) for k in (2.0**6, 2.0**10)}
    assert [run[0] for run in runs.values()] == [taught.predicted_skips(k, x, y) for k in runs]
    assert len({k * run[1] for k, run in runs.items()}) == 1


def test_autocast_keeps_the_loss_finite_and_not_the_gradient():
    linear = torch.nn.Linear(5, 4)
    with torch.autocast("cpu", dtype=torch.float16):
        z = linear(torch.ones(8, 5))
        z.retain_grad()
        loss = F.cross_entropy(z, torch.arange(8) % 4, weight=torch.full((4,), 1e6), reduction="sum")
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.isfinite()
    assert z.grad.dtype == torch.float16
    assert not z.grad.isfinite().all()


def test_adam_in_bfloat16_never_forgets_a_heavy_sample():
    v = {}
    for dtype in (torch.float32, torch.bfloat16):
        p = torch.nn.Parameter(torch.zeros(1, dtype=dtype))
        adam = torch.optim.Adam([p], fused=True)
        for g in [1000.0, *50 * [1.0]]:
            p.grad = torch.tensor([g], dtype=dtype)
            adam.step()
        v[dtype] = adam.state[p]["exp_avg_sq"].item()
    assert v[torch.bfloat16] == 1000.0
    assert v[torch.float32] < 960.0


def test_forgetting_unscale_stops_sgd_and_not_adam(taught):
    for kind, lr, low, high in ((torch.optim.SGD, 0.1, 0.0, 1e-3), (torch.optim.Adam, 0.01, 0.5, 2.0)):
        without, with_it = (taught.clipped_run(kind, lr, how)[0] for how in (False, True))
        assert low * with_it < without < high * with_it
