"""Networks trained side by side, against one at a time in plain PyTorch."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.ensembles import fit_many

Loss = Callable[[Tensor, Tensor, float], Tensor]


def weighted(*w: float) -> Loss:
    return lambda z, y, _: F.cross_entropy(z, y, weight=torch.tensor(w, dtype=z.dtype))


def fading(z: Tensor, y: Tensor, done: float) -> Tensor:
    return (1 - done) * F.cross_entropy(z, y)


LOSSES: list[Loss] = [weighted(1.0, 1.0, 1.0, 1.0), weighted(1.0, 9.0, 1.0, 3.0), fading]


@pytest.fixture
def sample() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(50, 3, generator=generator, dtype=torch.float64)
    return x, (x @ torch.randn(3, 4, generator=generator, dtype=torch.float64)).argmax(dim=1)


def alone(x, y, loss, *, epochs, lr, size, num_hidden, seed, orders=None):
    """One network: nn.Linear twice, torch's Adam, and torch's schedule of the learning rate."""
    generator = torch.Generator().manual_seed(seed)
    hidden, output = nn.Linear(x.shape[1], num_hidden, dtype=x.dtype), nn.Linear(num_hidden, 4, dtype=x.dtype)
    with torch.no_grad():
        first, second, bias = (
            (2 * torch.rand(shape, generator=generator, dtype=torch.float64) - 1) / math.sqrt(fan_in)
            for shape, fan_in in (
                ((num_hidden, x.shape[1] + 1), x.shape[1]),
                ((4, num_hidden), num_hidden),
                ((4, 1), num_hidden),
            )
        )
        hidden.weight.copy_(first[:, :-1])
        hidden.bias.copy_(first[:, -1])
        output.weight.copy_(second)
        output.bias.copy_(bias[:, 0])
    model = nn.Sequential(hidden, nn.ReLU(), output)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    steps = epochs * (len(x) // size)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    orders = orders or [torch.randperm(len(x), generator=generator) for _ in range(epochs)]
    batches = [batch for order in orders for batch in order.split(size) if len(batch) == size]
    for step, batch in enumerate(batches):
        optimizer.zero_grad()
        loss(model(x[batch]), y[batch], step / steps).backward()
        optimizer.step()
        schedule.step()
    return model


def assert_same(networks, models, x):
    for logits, model in zip(networks.logits(x), models, strict=True):
        torch.testing.assert_close(logits, model(x).detach(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("size", [1, 20, 50])
def test_networks_side_by_side_are_networks_alone(sample, size):
    options = {"epochs": 3, "lr": 0.02, "num_hidden": 8, "seed": 3}
    together = fit_many(*sample, LOSSES, batch_size=size, **options)
    assert together.logits(sample[0]).shape == (3, 50, 4)
    assert_same(together, [alone(*sample, loss, size=size, **options) for loss in LOSSES], sample[0])


def test_each_network_may_have_a_rate_of_its_own(sample):
    rates = (0.01, 0.02, 0.3)
    options = {"epochs": 3, "num_hidden": 8, "seed": 3}
    together = fit_many(*sample, LOSSES, batch_size=20, lr=rates, **options)
    models = [alone(*sample, loss, size=20, lr=lr, **options) for loss, lr in zip(LOSSES, rates, strict=True)]
    assert_same(together, models, sample[0])


@pytest.mark.parametrize("lr", [1, torch.tensor(1.0), (1.0, 1, 1.0)])
def test_a_rate_is_any_real_number(sample, lr):
    assert torch.equal(
        fit_many(*sample, LOSSES, epochs=1, lr=lr).hidden, fit_many(*sample, LOSSES, epochs=1, lr=1.0).hidden
    )


def test_what_is_not_said_is_all_samples_at_once_32_units_and_seed_0(sample):
    model = alone(*sample, fading, epochs=2, lr=0.02, size=50, num_hidden=32, seed=0)
    assert_same(fit_many(*sample, [fading], epochs=2, lr=0.02), [model], sample[0])


def test_a_sampler_gives_the_order(sample):
    order = [7, 7, 3, 49, 0, 12, 12, 12, 5, 1] * 5
    options = {"epochs": 2, "lr": 0.02, "num_hidden": 1, "seed": 4}
    model = alone(*sample, fading, size=20, orders=[torch.tensor(order)] * 2, **options)
    assert_same(fit_many(*sample, [fading], batch_size=20, sampler=order, **options), [model], sample[0])


def test_after_each_epoch_the_networks_of_that_epoch_are_shown(sample):
    seen = []
    last = fit_many(*sample, LOSSES, epochs=3, lr=0.02, after_epoch=lambda e, n: seen.append((e, n.logits(sample[0]))))
    assert [epoch for epoch, _ in seen] == [1, 2, 3]
    assert torch.equal(seen[-1][1], last.logits(sample[0]))
    assert not torch.equal(seen[0][1], seen[1][1])


def test_networks_take_the_dtype_of_their_inputs_and_leave_them_alone(sample):
    x = sample[0].float().requires_grad_()
    networks = fit_many(x, sample[1], LOSSES[:1], epochs=1, lr=0.1)
    assert networks.hidden.dtype == torch.float32
    assert x.grad is None
    assert not networks.logits(x).requires_grad


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 51}, "batch_size is 51"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"lr": 0.0}, "lr is 0.0"),
        ({"lr": math.inf}, "lr is inf"),
        ({"lr": (0.1, 0.1, 0.0)}, "lr is 0.0"),
        ({"lr": (0.1, 0.1)}, "lr holds 2 rates"),
        ({"lr": (0.1, 0.1, 0.1, 0.1)}, "lr holds 4 rates"),
        ({"targets": torch.zeros(51, dtype=torch.int64)}, "inputs holds 50 samples, targets 51"),
        ({"inputs": torch.full((50, 3), math.nan)}, "inputs holds"),
        ({"inputs": torch.zeros(50)}, r"inputs has shape \(50,\)"),
        ({"inputs": torch.zeros(50, 3, dtype=torch.float16)}, "inputs has .* torch.float16"),
        ({"targets": torch.full((50,), -1)}, "targets .* below 0"),
        ({"losses": []}, "losses is empty"),
        (
            {"losses": [fading, lambda z, y, _: F.cross_entropy(z, y, reduction="none")]},
            r"losses holds .* shape \(50,\)",
        ),
        ({"epochs": -1}, "epochs is -1"),
        ({"num_hidden": 0}, "num_hidden is 0"),
        ({"sampler": range(9), "batch_size": 10}, "sampler gives 9 samples in epoch 1"),
        ({"sampler": [-1] * 50}, "sampler gives"),
        ({"sampler": range(1, 51)}, "sampler gives 50 samples in epoch 1; expected at least 50, each from 0 to 49"),
    ],
)
def test_what_would_go_unnoticed_is_named(sample, change, message):
    arguments = {"inputs": sample[0], "targets": sample[1], "losses": LOSSES, "epochs": 1, "lr": 0.1} | change
    with pytest.raises(ValueError, match=f"^{message}"):
        fit_many(**arguments)


def test_a_sampler_that_gives_only_once_is_named(sample):
    with pytest.raises(ValueError, match=r"^sampler gives 0 samples in epoch 2"):
        fit_many(sample[0], sample[1], LOSSES, epochs=2, lr=0.1, sampler=iter(range(50)))


@pytest.mark.parametrize("name", ["inputs", "targets"])
def test_a_list_in_the_place_of_a_tensor_is_named(sample, name):
    arguments = dict(zip(("inputs", "targets"), sample, strict=True))
    with pytest.raises(TypeError, match=f"^{name} is a list"):
        fit_many(**arguments | {name: arguments[name].tolist()}, losses=LOSSES, epochs=1, lr=0.1)


def test_one_loss_is_told_to_stand_in_a_list(sample):
    for losses in (fading, iter(LOSSES)):
        with pytest.raises(TypeError, match=r"^losses is no list; .*: give \[loss\]$"):
            fit_many(*sample, losses, epochs=1, lr=0.1)


def test_no_epoch_is_the_start(sample):
    started = fit_many(*sample, LOSSES, epochs=0, lr=0.1, seed=3).logits(sample[0])
    later = fit_many(*sample, LOSSES, epochs=1, lr=0.1, seed=3).logits(sample[0])
    torch.testing.assert_close(started[0], started[1])
    assert (later[0] - started[0]).abs().max() > 0.01
