"""Edges of the numbers that pass through: dtypes, blocks of runs, runs that do not fit, tensors of one number."""

import math

import pytest
import torch

from helpers import stability
from helpers.arguments import real_number
from helpers.stability import logistic_descents, logistic_gradient, logistic_loss, logistic_minimum
from helpers.training import fit
from helpers.weights import effective_number, inverse_frequency, normalize, power

X = torch.tensor([[0.0], [1.0], [2.0], [3.0]], dtype=torch.float64)
Y = torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=torch.float64)
TARGETS = ("sum", "class mean", "sample mean", "max")


@pytest.mark.parametrize("to", TARGETS)
@pytest.mark.parametrize("shift", [-1001, -900, -1, 1, 7, 900, 1001])
def test_powers_of_two_normalise_to_the_same_bits(to, shift):
    w = torch.tensor([0.3, 1.7, 4.9], dtype=torch.float64)
    shifted = w * 2.0 ** (shift // 2) * 2.0 ** (shift - shift // 2)
    assert torch.equal(normalize(shifted, [3, 2, 1], to=to), normalize(w, [3, 2, 1], to=to))


@pytest.mark.parametrize("to", TARGETS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_weights_keep_their_dtype(to, dtype):
    assert normalize(torch.tensor([1.0, 3.0], dtype=dtype), [3, 1], to=to).dtype == dtype
    assert normalize([1, 3], [3, 1], to=to).dtype == torch.float32
    assert inverse_frequency(torch.tensor([1.0, 3.0], dtype=dtype)).dtype == dtype


def test_a_weight_that_vanishes_is_named_and_a_zero_is_kept():
    kept = normalize(torch.tensor([0.0, 1.0, 3.0]), to="sum")
    assert kept.tolist() == [0.0, 0.25, 0.75]
    with pytest.raises(ValueError, match=r"class 1 is 3.03e-77, .*float32 cannot hold: give weights of a wider dtype"):
        normalize(torch.tensor([0.0, 1e-38, 3.3e38]), to="max")
    with pytest.raises(ValueError, match="float16 cannot hold: give counts of a wider dtype"):
        effective_number(torch.tensor([1e-6, 1.0], dtype=torch.float16), 0.5)
    for exponent in (math.inf, -math.inf, math.nan):
        with pytest.raises(ValueError, match="exponent is"):
            power([1, 3], exponent)


def test_beta_zero_gives_ones():
    assert effective_number([1, 3, 1000], 0.0).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("runs", [1, 2, 3, 4, 7])
def test_runs_in_blocks_are_the_runs_without(monkeypatch, runs):
    lr = torch.logspace(-2, 0, runs, dtype=torch.float64)
    start = torch.tensor([0.5, -0.5], dtype=torch.float64)
    whole = logistic_descents(start, X, Y, lr=lr, scale=2.0, steps=5)
    monkeypatch.setattr(stability, "BLOCK", 3)
    blocks = logistic_descents(start, X, Y, lr=lr, scale=2.0, steps=5)
    torch.testing.assert_close(blocks.parameters, whole.parameters, rtol=1e-14, atol=1e-14)
    assert torch.equal(blocks.sign_changes, whole.sign_changes)


def test_shared_samples_never_become_a_batch_of_products(monkeypatch):
    seen = []
    product = torch.Tensor.__matmul__
    monkeypatch.setattr(
        torch.Tensor, "__matmul__", lambda a, b: (seen.append((a.ndim, b.ndim)), product(a, b))[1], raising=True
    )
    logistic_descents(torch.zeros(5, 2).double(), X, Y, lr=0.1, scale=1.0, steps=1)
    assert set(seen) == {(2, 2)}


@pytest.mark.parametrize("function", [logistic_loss, logistic_gradient])
@pytest.mark.parametrize(
    ("parameters", "inputs", "targets"),
    [((2, 2), (3, 4, 1), (4,)), ((2, 2), (4, 1), (3, 4)), ((2,), (2, 4, 1), (3, 4)), ((2, 3, 2), (4, 4, 1), (4,))],
)
def test_runs_that_do_not_fit_are_named_with_their_shapes(function, parameters, inputs, targets):
    tensors = [torch.zeros(shape, dtype=torch.float64) for shape in (parameters, inputs, targets)]
    with pytest.raises(ValueError) as raised:
        function(*tensors)
    assert f"parameters, inputs and targets have runs that do not fit: {[parameters, inputs, targets]}" in str(
        raised.value
    )


def test_inputs_alone_may_differ_from_run_to_run():
    inputs = torch.stack([X, 2 * X, 3 * X])
    runs = logistic_descents(torch.zeros(2).double(), inputs, Y, lr=0.1, scale=1.0, steps=2)
    assert runs.loss.shape == (3,)
    assert runs.sign_changes.shape == (3,)


@pytest.mark.parametrize("lr", [0.1, torch.tensor(0.1).double(), torch.tensor([0.1, 0.2]).double()])
def test_descents_keep_the_dtype_of_the_start(lr):
    runs = logistic_descents(torch.zeros(2), X.float(), Y.float(), lr=lr, scale=1.0, steps=2)
    assert (runs.parameters.dtype, runs.loss.dtype, runs.gradient_norm.dtype) == (torch.float32,) * 3


@pytest.mark.parametrize("bad", [torch.tensor([True]), torch.tensor([1j]), torch.tensor(True), torch.tensor(1j)])
@pytest.mark.parametrize("argument", ["lr", "scale"])
def test_rates_and_scales_are_real(argument, bad):
    with pytest.raises(TypeError, match=rf"{argument} has dtype torch\.(bool|complex64); expected real"):
        logistic_descents(torch.zeros(2).double(), X, Y, steps=1, **({"lr": 0.1, "scale": 1.0} | {argument: bad}))


def test_a_tensor_of_one_number_is_a_number():
    assert real_number("lr", torch.tensor(0.25)) == 0.25
    assert real_number("lr", torch.tensor(3)) == 3.0
    for bad in (torch.tensor(True), torch.tensor(1j), torch.tensor([0.25])):
        with pytest.raises(TypeError, match="lr is tensor"):
            real_number("lr", bad)


@pytest.mark.parametrize(
    ("targets", "kind"), [(Y.bool(), "torch.bool"), (Y.to(torch.complex64), "torch.complex64"), (None, "NoneType")]
)
def test_targets_of_another_kind_are_named(targets, kind):
    with pytest.raises(TypeError, match=f"targets .*{kind}"):
        logistic_loss(torch.zeros(2).double(), X, targets)


def test_steps_have_both_ends():
    with pytest.raises(ValueError, match="in 1 steps"):
        logistic_minimum(X, Y, steps=1)
    with pytest.raises(ValueError, match="steps is 100000001; expected 1 to 100000000"):
        logistic_minimum(X, Y, steps=10**8 + 1)
    with pytest.raises(ValueError, match="steps is 100000001; expected 1 to 100000000"):
        model = torch.nn.Linear(1, 1)
        fit(model, X, Y, torch.optim.SGD(model.parameters(), lr=0.1), steps=10**8 + 1)
