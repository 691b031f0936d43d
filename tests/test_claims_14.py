"""What notebook 14 says of curvature, of minima and of its rules, against other implementations; its stored runs."""

import json
from math import inf, nan

import pytest
import torch

from helpers.tail import descend, pair_counts, table_gradient, thirds, zipf_samples
from tools.tail import STORED, WEIGHTINGS, jobs, run

RUNS = json.loads(STORED.read_text(encoding="utf-8"))["runs"]


@pytest.mark.parametrize("rule", ["momentum", "Adam"])
def test_rules_are_those_of_torch(rule):
    start, target = torch.randn(4, 3, generator=torch.Generator().manual_seed(1)), torch.arange(12.0).view(4, 3)
    p = torch.nn.Parameter(start.clone())
    kinds = {"momentum": torch.optim.SGD([p], lr=0.05, momentum=0.9), "Adam": torch.optim.Adam([p], lr=0.05)}
    *_, theta = descend(lambda theta: theta - target, start, rule, 0.05, 20)
    for _ in range(20):
        p.grad = p.detach() - target
        kinds[rule].step()
    assert torch.allclose(theta, p, rtol=1e-4)


def test_sign_moves_every_number_by_the_rate():
    start = torch.tensor([1.0, -2.0, 0.0])
    *_, theta = descend(lambda _: torch.tensor([1e-6, -3.0, 0.0]), start, "sign", 0.1, 3)
    assert torch.allclose(theta, torch.tensor([0.7, -1.7, 0.0]))
    with pytest.raises(ValueError, match="expected 'momentum', 'sign' or 'Adam'"):
        next(descend(lambda theta: theta, start, "rmsprop", 0.1, 1))


def test_tail_has_equal_groups_and_flat_has_none():
    x, y = zipf_samples(5, seed=101)
    n = torch.bincount(y)
    assert x.shape[1] > len(x) == 5 * 2**5
    assert len(n) == 2**5 - 1
    assert [int(n[n == size].sum()) for size in n.unique()] == [32] * 5
    assert n[zipf_samples(5, seed=101, tail=False)[1]].numel() == len(y)
    assert int(torch.bincount(zipf_samples(5, seed=101, tail=False)[1]).max()) <= len(y) / len(n) + 1


def test_thirds_hold_a_third_each():
    n = torch.bincount(zipf_samples(6, seed=0)[1])
    assert [int(n[thirds(n) == k].sum()) for k in range(3)] == [128] * 3
    words = pair_counts(300).sum(dim=0)
    assert all(abs(float(words[thirds(words) == k].sum() / words.sum()) - 1 / 3) < 0.03 for k in range(3))


def test_gradient_of_the_table_is_that_of_its_loss():
    q = torch.rand(5, 4, generator=torch.Generator().manual_seed(103))
    q, theta = q / q.sum(), torch.randn(5, 4, generator=torch.Generator().manual_seed(104), requires_grad=True)
    (gradient,) = torch.autograd.grad(-(q * torch.log_softmax(theta, dim=1)).sum(), theta)
    assert torch.allclose(gradient, table_gradient(theta.detach(), q), atol=1e-6)


def test_stored_runs_are_those_of_the_tool():
    def key(job):
        return json.dumps([job[name] for name in ("part", "settings", "rule", "lr")])

    assert [key(row) for row in RUNS] == [key(job) for job in jobs()]
    assert {row["settings"].get("weighting") for row in RUNS} == {None, *WEIGHTINGS}


@pytest.mark.parametrize("part", ["zipf", "table", "batches"])
def test_the_best_rate_of_momentum_lies_inside_its_grid(part):
    """Else a wider grid could change what the notebook says."""
    groups: dict[str, list[tuple[float, float]]] = {}
    for row in RUNS:
        if (row["part"], row["rule"]) == (part, "momentum"):
            loss = row["loss"]["30" if part == "zipf" else "100"][0]
            if loss is not None:
                groups.setdefault(json.dumps(row["settings"]), []).append((loss, row["lr"]))
    assert groups
    for settings, found in groups.items():
        rates = sorted(lr for _, lr in found)
        assert min(found)[1] < rates[-1], settings
        assert min(found)[1] > rates[0] or part == "zipf", settings


@pytest.mark.parametrize("number", [0, 3])
def test_a_stored_run_comes_out_again(number):
    row = [r for r in RUNS if r["part"] == ("zipf", "table")[number % 2] and r["rule"] == "Adam"][number]
    again = run({name: row[name] for name in ("part", "settings", "rule", "lr")})
    for step in ("3", "30"):
        assert again["loss"][step] == pytest.approx(row["loss"][step], rel=0.05, abs=0.01)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        *((lambda lr=lr: descend(abs, torch.ones(2), "sign", lr, 1), ValueError, "lr is") for lr in (-1, 0, nan, inf)),
        (lambda: descend(abs, torch.ones(2), "sign", 0.1, -1), ValueError, "steps is -1"),
        (lambda: descend(abs, torch.ones(2), "sign", "x", 1), TypeError, "lr is 'x'; expected a real number"),
        (lambda: zipf_samples(0, seed=0), ValueError, "size is 0; expected 1 to"),
        (lambda: zipf_samples(1.5, seed=0), TypeError, "size is 1.5; expected a whole number"),
    ],
)
def test_what_would_go_unnoticed_is_named(call, error, message):
    with pytest.raises(error, match=message):
        next(iter(call()))
