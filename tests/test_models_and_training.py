"""The models are seeded, and the loop does what a loop written by hand does."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.models import Stack, next_word_model, one_hidden_layer, softmax_regression
from helpers.training import fit, fit_stack

MAKERS = [softmax_regression, lambda *sizes, **options: one_hidden_layer(4, *sizes, **options), next_word_model]


def flat(model):
    return nn.utils.parameters_to_vector(model.parameters()).detach()


@pytest.mark.parametrize("make", MAKERS)
def test_models_depend_on_their_seed_alone(make):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = make(3, 2), make(3, 2, seed=0), make(3, 2, seed=1)
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(flat(first), flat(again))
    assert not torch.equal(flat(first), flat(other))


def test_models_map_to_logits():
    assert softmax_regression(4, 3)(torch.zeros(2, 4)).shape == (2, 3)
    assert one_hidden_layer(4, 5, 3)(torch.zeros(2, 4)).shape == (2, 3)
    assert next_word_model(6, 2)(torch.tensor([0, 5])).shape == (2, 6)
    assert {flat(make(4, 3, dtype=torch.float64)).dtype for make in MAKERS[:2]} == {torch.float64}


def test_a_hidden_layer_bends_and_words_have_32_dimensions():
    z = one_hidden_layer(1, 8, 2)(torch.tensor([[-1.0], [0.0], [1.0]]))
    assert not torch.allclose(z[2] - z[1], z[1] - z[0])
    assert next_word_model(3)[0].embedding_dim == 32


@pytest.fixture
def sample():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(40, 4, generator=generator, dtype=torch.float64)
    return x, torch.randint(3, (40,), generator=generator)


@pytest.fixture
def model():
    return softmax_regression(4, 3, dtype=torch.float64)


def sgd(model, lr):
    return torch.optim.SGD(model.parameters(), lr=lr)


def test_full_batch_is_gradient_descent_by_hand(sample, model):
    x, y = sample
    weight, bias = (p.detach().clone().requires_grad_() for p in model.parameters())
    history = fit(model, x, y, sgd(model, 0.5), steps=6)
    assert {seen.shape for seen in (history.loss, history.gradient_norm, history.largest_update)} == {(6,)}
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


@pytest.mark.parametrize(("size", "a_epoch"), [(2, 3), (3, 2), (6, 1), (4, 1), (5, 1)])
def test_an_epoch_takes_each_sample_at_most_once_in_an_order_of_its_own(size, a_epoch):
    words, seen = torch.arange(6), []
    model = next_word_model(6, 2)
    fit(model, words, words, sgd(model, 0.0), steps=3 * a_epoch, batch_size=size, seed=7,
        loss=lambda z, y: (seen.append(y), F.cross_entropy(z, y))[1])  # fmt: skip
    generator = torch.Generator().manual_seed(7)
    orders = [torch.randperm(6, generator=generator)[: a_epoch * size] for _ in range(3)]
    assert torch.equal(torch.cat(seen), torch.cat(orders))


def test_the_seed_is_zero_unless_given(sample):
    runs = []
    for options in ({}, {"seed": 0}, {"seed": 1}):
        model = softmax_regression(4, 3, dtype=torch.float64)
        runs.append(fit(model, *sample, sgd(model, 0.1), steps=5, batch_size=8, **options).loss)
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_clipping_bounds_the_update_and_records_the_norm_before_it(sample, model):
    before = flat(model)
    x, y = sample
    history = fit(model, 1e4 * x, y, sgd(model, 1.0), steps=1, clip_norm=0.5)
    assert float(history.gradient_norm[0]) > 100
    assert float((flat(model) - before).norm()) == pytest.approx(0.5, rel=1e-4)


def test_layers_that_the_optimizer_does_not_hold_count_as_frozen(sample):
    runs = []
    for frozen in (True, False):
        model = one_hidden_layer(4, 5, 3, dtype=torch.float64)
        layers = [layer for layer in model if isinstance(layer, nn.Linear)]
        layers[0].requires_grad_(not frozen)
        history = fit(model, *sample, sgd(layers[1], 0.5), steps=8, batch_size=np.int64(8), clip_norm=0.05)
        runs.append((history.loss, history.gradient_norm, flat(model)))
    for held, left in zip(*runs, strict=True):
        assert torch.equal(held, left)


def test_lbfgs_gets_its_closure(sample, model):
    optimizer = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=50, line_search_fn="strong_wolfe")
    history = fit(model, *sample, optimizer, steps=4)
    assert float(history.gradient_norm[-1]) < 1e-4
    assert history.loss[-1] < history.loss[0]


def test_a_diverged_run_is_recorded_not_hidden(sample):
    model = softmax_regression(4, 3)
    history = fit(model, sample[0].float(), sample[1], sgd(model, 1e38), steps=4)
    assert math.isnan(float(history.loss[-1])) or float(history.loss[-1]) > 1e30


def test_frozen_parameters_stay(sample, model):
    model.bias.requires_grad_(False)
    bias = model.bias.clone()
    fit(model, *sample, sgd(model, 0.1), steps=1)
    assert torch.equal(model.bias, bias)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 41}, "batch_size is 41; expected 1 to 40"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"steps": -1}, "steps is -1; expected at least 0"),
        ({"inputs": torch.full((40, 2), math.nan)}, "inputs holds a number that is not finite"),
        ({"clip_norm": 0.0}, "clip_norm is 0.0"),
        ({"clip_norm": math.inf}, "clip_norm is inf"),
        ({"clip_norm": math.nan}, "clip_norm is nan"),
        ({"targets": torch.zeros(41, dtype=torch.int64)}, "inputs has 40 samples but targets 41"),
        ({"optimizer": sgd(softmax_regression(4, 3), 0.1)}, "optimizer holds no parameter of model"),
    ],
)
def test_what_would_go_unnoticed_is_named(sample, model, options, message):
    arguments = {"inputs": sample[0], "targets": sample[1], "optimizer": sgd(model, 0.1), "steps": 1} | options
    with pytest.raises(ValueError, match=message):
        fit(model, **arguments)


@pytest.mark.parametrize("size", [True, 1.5, "2"])
def test_a_batch_size_is_a_whole_number(sample, model, size):
    with pytest.raises(TypeError, match="batch_size is"):
        fit(model, *sample, sgd(model, 0.1), steps=1, batch_size=size)


@pytest.mark.parametrize(
    "make", [softmax_regression, next_word_model, lambda a, b, **k: one_hidden_layer(3, a, b, **k)]
)
@pytest.mark.parametrize(("sizes", "seed"), [((0, 2), 0), ((2, 0), 0), ((2, 2), -1)])
def test_a_model_of_nothing_or_a_seed_below_zero_is_refused(make, sizes, seed):
    with pytest.raises(ValueError, match=r"^(num_\w+|seed) is (0|-1); expected at least [01]"):
        make(*sizes, seed=seed)


def test_a_seed_is_not_cut_to_a_whole_number():
    with pytest.raises(TypeError, match=r"seed is 1\.5"):
        softmax_regression(2, 2, seed=1.5)


def test_an_array_in_the_place_of_a_tensor_is_named(sample, model):
    with pytest.raises(TypeError, match=r"inputs is a ndarray; expected a tensor: give torch\.tensor\(inputs\)"):
        fit(model, sample[0].numpy(), sample[1], sgd(model, 0.1), steps=1)


def rows(z, y):
    """The mean cross entropy of each of M models."""
    y = y.expand(len(z), -1)
    return F.cross_entropy(z.flatten(0, 1), y.flatten(), reduction="none").view(y.shape).mean(dim=1)


@pytest.mark.parametrize(("size", "clip"), [(None, None), (8, None), (8, 0.1), (8, 100.0)])
@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
def test_models_side_by_side_end_where_each_ends_alone(sample, make, size, clip):
    seeds = [3, 1, 2]
    models = [one_hidden_layer(4, 5, 3, seed=seed, dtype=torch.float64) for seed in seeds]
    stack = Stack(models)
    assert torch.equal(stack.flat(), torch.stack([flat(model) for model in models]))
    torch.testing.assert_close(stack(sample[0]), torch.stack([model(sample[0]) for model in models]))
    options = {"steps": 12, "batch_size": size, "clip_norm": clip}
    fit_stack(stack, *sample, make(stack.parameters(), 0.1), loss=rows, seeds=seeds, **options)
    for model, seed in zip(models, seeds, strict=True):
        fit(model, *sample, make(model.parameters(), 0.1), seed=seed, **options)
    torch.testing.assert_close(stack.flat(), torch.stack([flat(model) for model in models]), rtol=1e-9, atol=1e-12)


def test_a_stack_of_one_linear_map_takes_lbfgs(sample, model):
    stack, alone = Stack([model]), torch.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")
    fit_stack(stack, *sample, torch.optim.LBFGS(stack.parameters(), line_search_fn="strong_wolfe"), steps=3, loss=rows)
    fit(model, *sample, alone, steps=3)
    torch.testing.assert_close(stack.flat()[0], flat(model), rtol=1e-6, atol=1e-6)


def test_a_stack_names_what_does_not_fit(sample, model):
    others = (
        one_hidden_layer(4, 2, 3),
        nn.Linear(4, 3, dtype=torch.float64),
        nn.Linear(5, 3),
        nn.Linear(4, 3, bias=False),
    )
    for wrong in ([model, others[0]], [others[1], nn.Linear(4, 3)], [others[2], others[3]], [others[3]], []):
        with pytest.raises(ValueError, match="the same layers"):
            Stack(wrong)
    with pytest.raises(ValueError, match="the same layers"):
        Stack([next_word_model(3)])
    stack = Stack([model, model])
    optimizer = torch.optim.SGD(stack.parameters(), 0.1)
    with pytest.raises(ValueError, match="L-BFGS, which would mix the 2 models"):
        fit_stack(stack, *sample, torch.optim.LBFGS(stack.parameters()), steps=1, loss=rows)
    with pytest.raises(ValueError, match="steps is -1"):
        fit_stack(stack, *sample, optimizer, steps=-1, loss=rows)
    with pytest.raises(ValueError, match="clip_norm is 0"):
        fit_stack(stack, *sample, optimizer, steps=1, loss=rows, clip_norm=0)
    with pytest.raises(ValueError, match="batch_size is 1000"):
        fit_stack(stack, *sample, optimizer, steps=1, loss=rows, batch_size=1000, seeds=[0, 1])
    with pytest.raises(ValueError, match="optimizer holds no parameter"):
        fit_stack(stack, *sample, sgd(model, 0.1), steps=1, loss=rows)
    with pytest.raises(ValueError, match="seeds holds 1; expected one for each of the 2 models"):
        fit_stack(stack, *sample, optimizer, steps=1, loss=rows, batch_size=8, seeds=[0])
    with pytest.raises(ValueError, match=r"loss returns shape \(\); expected \(2,\), one a model"):
        fit_stack(stack, *sample, optimizer, steps=1, loss=lambda z, y: rows(z, y).mean())
    before = stack.flat()
    fit_stack(stack, *sample, optimizer, steps=0, loss=rows)
    assert torch.equal(stack.flat(), before)
