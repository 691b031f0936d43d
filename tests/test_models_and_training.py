"""The models are seeded, and the loop does what a loop written by hand does."""

import math

import pytest
import torch
from torch.nn import functional as F

from helpers.models import next_word_model, one_hidden_layer, softmax_regression
from helpers.training import fit

MAKERS = [
    lambda seed: softmax_regression(4, 3, seed=seed),
    lambda seed: one_hidden_layer(4, 5, 3, seed=seed),
    lambda seed: next_word_model(6, 2, seed=seed),
]


def flat(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("make", MAKERS)
def test_models_depend_on_their_seed_alone(make):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = make(0), make(0), make(1)
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(flat(first), flat(again))
    assert not torch.equal(flat(first), flat(other))


def test_models_map_to_logits():
    assert softmax_regression(4, 3)(torch.zeros(2, 4)).shape == (2, 3)
    assert one_hidden_layer(4, 5, 3)(torch.zeros(2, 4)).shape == (2, 3)
    assert next_word_model(6, 2)(torch.tensor([0, 5])).shape == (2, 6)
    assert softmax_regression(4, 3, dtype=torch.float64)(torch.zeros(2, 4, dtype=torch.float64)).dtype == torch.float64


@pytest.fixture
def sample():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(40, 4, generator=generator, dtype=torch.float64)
    return x, torch.randint(3, (40,), generator=generator)


def test_full_batch_is_gradient_descent_by_hand(sample):
    x, y = sample
    model = softmax_regression(4, 3, dtype=torch.float64)
    weight, bias = (p.detach().clone().requires_grad_() for p in model.parameters())
    history = fit(model, x, y, torch.optim.SGD(model.parameters(), lr=0.5), steps=6)
    for step in range(6):
        loss = F.cross_entropy(x @ weight.T + bias, y)
        gradients = torch.autograd.grad(loss, [weight, bias])
        norm = torch.cat([g.flatten() for g in gradients]).norm()
        assert float(history.loss[step]) == pytest.approx(loss.item(), rel=1e-12)
        assert float(history.gradient_norm[step]) == pytest.approx(float(norm), rel=1e-12)
        largest = 0.5 * max(float(g.abs().max()) for g in gradients)
        assert float(history.largest_update[step]) == pytest.approx(largest, rel=1e-9)
        with torch.no_grad():
            weight -= 0.5 * gradients[0]
            bias -= 0.5 * gradients[1]
    torch.testing.assert_close(model.weight, weight, rtol=1e-12, atol=1e-14)


def test_batches_cover_an_epoch_once_and_follow_the_seed(sample):
    x, y = sample
    seen = []

    def watching(logits, targets):
        seen.append(targets)
        return F.cross_entropy(logits, targets)

    identity = torch.arange(40)
    model = next_word_model(40, 3)
    fit(model, identity, identity, torch.optim.SGD(model.parameters(), lr=0.0), steps=5, batch_size=16, loss=watching)
    first, second, third = seen[0], seen[1], seen[2]
    assert len(set(torch.cat([first, second]).tolist())) == 32
    assert not torch.equal(third, first)
    runs = []
    for seed in (0, 0, 1):
        model = softmax_regression(4, 3, dtype=torch.float64)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        runs.append(fit(model, x, y, optimizer, steps=5, batch_size=8, seed=seed).loss)
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_clipping_bounds_the_update_and_records_the_norm_before_it(sample):
    x, y = sample
    model = softmax_regression(4, 3, dtype=torch.float64)
    before = flat(model)
    history = fit(model, x, 100 * F.one_hot(y, 3).double(), torch.optim.SGD(model.parameters(), lr=1.0), steps=1,
                  loss=lambda z, t: (z - t).pow(2).sum(), clip_norm=0.5)  # fmt: skip
    assert float(history.gradient_norm[0]) > 100
    assert float((flat(model) - before).norm()) == pytest.approx(0.5, rel=1e-4)


def test_lbfgs_gets_its_closure(sample):
    x, y = sample
    model = softmax_regression(4, 3, dtype=torch.float64)
    optimizer = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=50, line_search_fn="strong_wolfe")
    history = fit(model, x, y, optimizer, steps=4)
    assert float(history.gradient_norm[-1]) < 1e-4
    assert history.loss[-1] < history.loss[0]


def test_a_diverged_run_is_recorded_not_hidden(sample):
    x, y = sample
    model = softmax_regression(4, 3, dtype=torch.float32)
    history = fit(model, x.float(), y, torch.optim.SGD(model.parameters(), lr=1e38), steps=4)
    assert math.isnan(float(history.loss[-1])) or float(history.loss[-1]) > 1e30


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"steps": 1, "batch_size": 41}, "batch_size is 41; expected 1 to 40"),
        ({"steps": 1, "batch_size": 0}, "batch_size is 0"),
    ],
)
def test_bad_options_are_named(sample, options, message):
    model = softmax_regression(4, 3, dtype=torch.float64)
    with pytest.raises(ValueError, match=message):
        fit(model, *sample, torch.optim.SGD(model.parameters(), lr=0.1), **options)


def test_lengths_must_agree(sample):
    x, y = sample
    model = softmax_regression(4, 3, dtype=torch.float64)
    with pytest.raises(ValueError, match="inputs has 40 samples but targets 39"):
        fit(model, x, y[:-1], torch.optim.SGD(model.parameters(), lr=0.1), steps=1)
