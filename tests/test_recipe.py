"""The recipe for class weights: what it returns, and that the stored table is what its runs give."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from helpers.diagnosis import advised_lr as diagnosed_lr
from helpers.diagnosis.formulas import curvature_of_inputs
from tools.problems import PROBLEMS, problem
from tools.recipe import (
    BATCHES,
    EXPONENTS,
    RATES,
    STORED,
    Arm,
    advised_lr,
    constant_loss,
    ends_below,
    key,
    rows_of,
    stored_rows,
    train,
    weighted_loss,
    weights_for,
)

ROWS = stored_rows()
LABELS = st.lists(st.sampled_from([-100, 0, 1, 2, 4]), min_size=1, max_size=40).filter(lambda y: max(y) >= 0)


def some(y):
    draw = torch.Generator().manual_seed(len(y))
    return torch.tensor(y), torch.randn(len(y), 6, generator=draw), torch.randn(len(y), 3, generator=draw)


@given(y=LABELS, exponent=st.floats(0, 1))
def test_weights_meet_an_empty_class_and_samples_without_a_label(y, exponent):
    y, logits, _ = some(y)
    w, kept = weights_for(y, 6, exponent), y >= 0
    n = torch.bincount(y[kept], minlength=6)
    assert w.isfinite().all() and (w[n == 0] == 1).all()
    torch.testing.assert_close(w[y[kept]].mean(), torch.tensor(1.0))
    held = n > 0
    torch.testing.assert_close(w[held] * n[held] ** exponent, (w[held] * n[held] ** exponent)[:1].expand(held.sum()))
    by_hand = (w[y[kept]] * F.cross_entropy(logits[kept], y[kept], reduction="none")).mean()
    torch.testing.assert_close(weighted_loss(logits, y, w), by_hand)


def test_a_batch_without_any_label_costs_nothing():
    logits = torch.ones(3, 2, requires_grad=True)
    weighted_loss(logits, torch.full((3,), -100), torch.ones(2)).backward()
    assert (logits.grad == 0).all()


@given(y=LABELS, exponent=st.floats(0, 1), batch=st.integers(1, 5000), adam=st.booleans(), scale=st.floats(0.01, 100))
def test_the_rate_is_never_raised_and_knows_no_scale(y, exponent, batch, adam, scale):
    y, _, x = some(y)
    w, kept = weights_for(y, 6, exponent), y >= 0
    lr = advised_lr(0.3, w, y, batch, x, adam)
    assert 0 < lr <= 0.3 * (1 + 1e-5)
    assert lr <= advised_lr(0.3, w, y, batch, None, adam) * (1 + 1e-5)
    assert advised_lr(0.3, scale * w, y, batch, x, adam) == pytest.approx(lr, rel=1e-3)
    assert advised_lr(0.3, w, y[kept], batch, x[kept], adam) == pytest.approx(lr, rel=1e-3)
    assert advised_lr(0.3, torch.ones(6), y, batch, x, adam) == pytest.approx(0.3)


def test_the_rate_of_a_large_batch_falls_by_the_ratio_of_the_curvatures():
    y = torch.tensor([0] * 99 + [1])
    w = weights_for(y, 2, 1.0)
    x = torch.where(y == 1, 9.9, -0.1)[:, None]  # a long input where the weight is large
    flat, bent = (curvature_of_inputs(x, v) for v in (torch.ones(100), w[y]))
    assert advised_lr(1.0, w, y, 10**9, x) == pytest.approx(flat / bent, rel=1e-4)


@given(y=LABELS, exponent=st.floats(0, 1), batch=st.integers(1, 5000), adam=st.booleans())
def test_the_diagnosis_advises_the_same_rate(y, exponent, batch, adam):
    y, _, _ = some(y)
    w, n = weights_for(y, 6, exponent), torch.bincount(y[y >= 0], minlength=6).double()
    by_diagnosis = diagnosed_lr(0.3, w.double(), n / n.sum(), batch, adaptive=adam)
    assert advised_lr(0.3, w, y, batch, adam=adam) == pytest.approx(by_diagnosis, rel=1e-4)


@pytest.mark.parametrize("optimiser", RATES)
@pytest.mark.parametrize("divisor", ["samples", "weights"])
def test_a_run_is_what_torch_does(optimiser, divisor):
    x, y, start = problem("cancer")
    w, model = weights_for(y, 2, 1.0), start(7)
    steps = getattr(torch.optim, optimiser)(model.parameters(), lr=0.05)
    draw = torch.Generator().manual_seed(7)
    order = torch.cat([torch.randperm(len(y), generator=draw) for _ in range(6)])[: 60 * 32]
    before = weighted_loss(model(x), y, w).item()
    for rows in order.split(32):
        steps.zero_grad()
        z = model(x[rows])
        (weighted_loss(z, y[rows], w) if divisor == "samples" else F.cross_entropy(z, y[rows], w)).backward()
        steps.step()
    # Another arm beside it must not touch it.
    found = train("cancer", optimiser, 32, [Arm(1.0, divisor, 0.05), Arm(0.5, "samples", 3.0)], [7])
    assert [loss[0, 0].item() for loss in found] == pytest.approx(
        [before, weighted_loss(model(x), y, w).item()], rel=1e-3
    )


def test_the_table_has_a_row_for_each_cell():
    kinds = [(e, d) for e in EXPONENTS for d in ("samples", "weights") if e or d == "samples"]
    wanted = [
        (name, optimiser, batch, e, d if e else "either", best)
        for name in PROBLEMS
        for optimiser in RATES
        for batch in BATCHES
        for e, d in kinds
        for best in (True, False)
    ]
    columns = ("problem", "optimiser", "batch", "exponent", "divisor", "best")
    assert [tuple(row[c] for c in columns) for row in ROWS] == wanted, "run `python -m tools.recipe`"


def test_the_recipe_ends_below_its_start_but_where_the_divisor_is_another_loss():
    worse = [row for row in ROWS if not ends_below(row, "advised")]
    assert [tuple(row[c] for c in ("problem", "optimiser", "batch", "exponent", "divisor")) for row in worse] == [
        ("shuttle", "Adam", 32, 1.0, "weights"),
        ("fraud", "SGD", 32, 1.0, "weights"),
    ]
    assert all(row["heaviest"] > row["batch"] for row in worse)  # the divisor lets no class weigh more than B


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_no_answer_that_is_the_same_for_every_sample_loses_less_than_the_constant_one(exponent):
    y = torch.tensor([0] * 900 + [1] * 80 + [2] * 20 + [-100] * 5)
    w = weights_for(y, 4, exponent)  # class 3 is empty
    q = torch.tensor([900.0, 80.0, 20.0, 0.0]) * w / 1000
    z = q.clamp(min=1e-30).log().requires_grad_()
    loss = weighted_loss(z.expand(len(y), 4), y, w)
    (slope,) = torch.autograd.grad(loss, z)  # the loss is convex
    assert slope.abs().max() < 1e-6
    assert constant_loss(y, 4, w).item() == pytest.approx(loss.item(), rel=1e-5)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_stored_constant_answers_are_those_of_the_problems(name):
    y, num_classes = problem(name).targets, problem(name).num_classes
    found = {row["exponent"]: row["constant"] for row in ROWS if row["problem"] == name}
    computed = {e: constant_loss(y, num_classes, weights_for(y, num_classes, e)).item() for e in EXPONENTS}
    assert found == pytest.approx(computed, rel=1e-4)


CHEAP = [
    row
    for row in ROWS
    if row["batch"] == 32 and row["exponent"] == 1 and row["best"] and row["problem"] in ("digits", "cancer", "noisy")
]


@pytest.mark.parametrize("row", CHEAP, ids=lambda row: f"{row['problem']} {row['optimiser']} {row['divisor']}")
def test_a_stored_cell_comes_out_again(row):
    arm = Arm(row["exponent"], row["divisor"], row["advised lr"])
    seeds = json.loads(STORED.read_text(encoding="utf-8"))["settings"]["seeds"]
    before, after = train(row["problem"], row["optimiser"], row["batch"], [arm], seeds)
    assert before[:, 0].tolist() == pytest.approx(row["before"], rel=1e-3)
    assert after[:, 0].tolist() == pytest.approx(row["advised"], rel=1e-2)


@pytest.mark.parametrize("optimiser", ["SGD", "Adam"])
def test_a_stored_problem_comes_out_again(optimiser):
    stored = [row for row in ROWS if key(row) == ("cancer", optimiser, 1024)]
    for found, row in zip(rows_of("cancer", optimiser, 1024), stored, strict=True):
        assert found.keys() == row.keys()
        for name, value in row.items():
            if isinstance(value, list):
                assert found[name] == pytest.approx(value, rel=0.05), name
            elif isinstance(value, float):
                assert found[name] == pytest.approx(value, rel=1e-3), name
            else:
                assert found[name] == value, name
