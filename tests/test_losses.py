"""weighted_cross_entropy against torch, in every case that torch has, and where torch is silent."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from helpers.losses import weighted_cross_entropy

TORCH_REDUCTION = {"weights": "mean", "samples": "mean", None: "sum"}
exponent_lists = st.lists(st.floats(-6, 6), min_size=1, max_size=9)


def draw(seed, num_samples, num_classes, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    z = 5 * torch.randn(num_samples, num_classes, generator=generator, dtype=dtype)
    y = torch.randint(num_classes, (num_samples,), generator=generator)
    t = torch.softmax(torch.randn(num_samples, num_classes, generator=generator, dtype=dtype), dim=1)
    return z, y, t


def assert_same_value_and_gradient(z, ours, theirs, rtol):
    results = []
    for loss in (ours, theirs):
        leaf = z.clone().requires_grad_()
        value = loss(leaf)
        value.backward()
        results.append((value.detach(), leaf.grad))
    (value, gradient), (expected, expected_gradient) = results
    torch.testing.assert_close(value, expected, rtol=rtol, atol=0)
    assert (gradient - expected_gradient).abs().max() <= rtol * expected_gradient.abs().max()


@given(
    seed=st.integers(0, 2**20),
    num_samples=st.integers(1, 20),
    exponents=exponent_lists,
    divide_by=st.sampled_from(["weights", None]),
    ignored=st.booleans(),
    dtype_and_tolerance=st.sampled_from([(torch.float64, 1e-12), (torch.float32, 1e-4)]),
)
def test_indices_equal_torch(seed, num_samples, exponents, divide_by, ignored, dtype_and_tolerance):
    dtype, rtol = dtype_and_tolerance
    z, y, _ = draw(seed, num_samples, len(exponents), dtype)
    w = 10 ** torch.tensor(exponents, dtype=dtype)
    if ignored:
        y[1:][::2] = -100
    assert_same_value_and_gradient(
        z,
        lambda leaf: weighted_cross_entropy(leaf, y, w, divide_by=divide_by),
        lambda leaf: F.cross_entropy(leaf, y, w, reduction=TORCH_REDUCTION[divide_by]),
        rtol,
    )


@given(
    seed=st.integers(0, 2**20),
    num_samples=st.integers(1, 20),
    exponents=exponent_lists,
    divide_by=st.sampled_from(["samples", None]),
)
def test_probabilities_equal_torch(seed, num_samples, exponents, divide_by):
    z, _, t = draw(seed, num_samples, len(exponents))
    w = 10 ** torch.tensor(exponents, dtype=torch.float64)
    assert_same_value_and_gradient(
        z,
        lambda leaf: weighted_cross_entropy(leaf, t, w, divide_by=divide_by),
        lambda leaf: F.cross_entropy(leaf, t, w, reduction=TORCH_REDUCTION[divide_by]),
        1e-12,
    )


@given(seed=st.integers(0, 2**20), num_samples=st.integers(1, 20), num_classes=st.integers(2, 9))
def test_one_hot_rows_equal_indices_whatever_the_divisor(seed, num_samples, num_classes):
    z, y, _ = draw(seed, num_samples, num_classes)
    w = torch.rand(num_classes, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.1
    one_hot = F.one_hot(y, num_classes).double()
    for divide_by in ("weights", "samples", None):
        by_index = weighted_cross_entropy(z, y, w, divide_by=divide_by)
        by_row = weighted_cross_entropy(z, one_hot, w, divide_by=divide_by)
        torch.testing.assert_close(by_index, by_row, rtol=1e-12, atol=0)


def test_divided_by_samples_is_the_threads_formula_over_the_samples_that_count():
    z, y, _ = draw(0, 6, 3)
    w = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    threads = sum(w[y[i]] * -torch.log_softmax(z[i], 0)[y[i]] for i in range(6)) / 6
    torch.testing.assert_close(weighted_cross_entropy(z, y, w, divide_by="samples"), threads, rtol=1e-12, atol=0)
    z, y = torch.cat([z, torch.full((2, 3), math.nan)]), torch.cat([y, torch.tensor([-100, -100])])
    torch.testing.assert_close(weighted_cross_entropy(z, y, w, divide_by="samples"), threads, rtol=1e-12, atol=0)


@pytest.mark.parametrize("bad", [math.nan, -math.inf])
def test_what_is_ignored_spoils_no_gradient(bad):
    x, y, _ = draw(0, 6, 3)
    layer = torch.eye(3, dtype=torch.float64, requires_grad=True)
    (alone,) = torch.autograd.grad(weighted_cross_entropy(x @ layer, y), layer)
    z = torch.cat([x @ layer, x[:2] @ layer + bad])
    (beside,) = torch.autograd.grad(weighted_cross_entropy(z, torch.cat([y, torch.tensor([-100, -100])])), layer)
    torch.testing.assert_close(beside, alone, rtol=1e-12, atol=0)


def test_extreme_logits_and_ten_million_classes_stay_finite():
    z = torch.tensor([[1e4, 0.0], [0.0, 1e4]])
    assert float(weighted_cross_entropy(z, torch.tensor([0, 0]))) == 5000.0
    many = weighted_cross_entropy(torch.zeros(1, 10**7), torch.tensor([3]), torch.arange(1.0, 10**7 + 1))
    assert float(many) == pytest.approx(math.log(1e7), rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("divide_by", ["weights", "samples", None])
def test_float32_weights_beside_logits_of_16_bits_give_the_loss_of_float32(dtype, divide_by):
    z, y, t = draw(0, 6, 3, torch.float32)
    w = torch.tensor([704_409.0, 1.0, 25_000.0])
    short = z.to(dtype).requires_grad_()
    for targets in (y, t):
        value = weighted_cross_entropy(short, targets, w, divide_by=divide_by)
        expected = weighted_cross_entropy(short.float(), targets, w, divide_by=divide_by)
        assert value.dtype == torch.float32
        assert value.isfinite()
        assert torch.equal(value, expected)
    weighted_cross_entropy(short, y, w).backward()
    assert short.grad.dtype == dtype


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_weights_of_16_bits_are_summed_in_the_format_of_the_logits(dtype):
    z, y, t = draw(0, 6, 3, torch.float32)
    w = torch.tensor([24_992.0, 33.3, 24_992.0], dtype=dtype)
    for targets in (y, t):
        value = weighted_cross_entropy(z, targets, w)
        assert value.dtype == torch.float32
        assert torch.equal(value, weighted_cross_entropy(z, targets, w.float()))


@pytest.mark.parametrize("weight", [None, torch.tensor([2.0, 1.0, 0.5], dtype=torch.float16)])
def test_probabilities_of_float32_beside_logits_of_16_bits_are_summed_in_float32(weight):
    y = torch.arange(80_000) % 3  # more of them than float16 can count
    z = torch.randn(80_000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float16).requires_grad_()
    value = weighted_cross_entropy(z, F.one_hot(y, 3).float(), weight)
    assert value.dtype == torch.float32
    expected = weighted_cross_entropy(z.float(), y, None if weight is None else weight.float())
    torch.testing.assert_close(value, expected, rtol=1e-5, atol=0)
    value.backward()
    assert z.grad.dtype == torch.float16
    one, t = torch.tensor([[3.7, -1.2, 0.4]], dtype=torch.float16), torch.tensor([[0.2, 0.5, 0.3]])
    exact = weighted_cross_entropy(one.double(), t.double(), None if weight is None else weight.double())
    assert float(weighted_cross_entropy(one, t, weight)) == pytest.approx(float(exact), rel=1e-6)


Z = torch.zeros(3, 4)
Y = torch.tensor([0, 1, 3])
W = torch.ones(4)


def changed(c, value):
    return W.index_fill(0, torch.tensor(c), value)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((Z, Y, changed(2, -1.0)), {}, "weight of class 2 is -1.0"),
        ((Z, Y, changed(1, math.nan)), {}, "weight of class 1 is nan"),
        ((Z, Y, changed(3, math.inf)), {}, "weight of class 3 is inf"),
        ((Z, torch.full((3, 4), 0.25), torch.tensor([0.0, 0.5, -2.0, 1.0])), {}, "weight of class 2 is -2.0"),
        ((Z, Y, torch.ones(5)), {}, r"weight has shape \(5,\); expected one a class, \(4,\)"),
        ((Z, Y[:2], W), {}, r"targets has shape \(2,\)"),
        ((Z, Y.double(), W), {}, r"targets has shape \(3,\) and dtype torch.float64"),
        ((Z, F.one_hot(Y, 4), W), {}, r"targets has shape \(3, 4\) and dtype torch.int64"),
        ((torch.zeros(3, 4, 2), Y, W), {}, r"logits of shape \(3, 4, 2\)"),
        ((Z, torch.full((3, 4), 1.5), W), {}, "targets leaves the range 0 to 1"),
        ((Z, torch.full((3, 4), -0.5), W), {}, "targets leaves the range 0 to 1"),
        ((Z, torch.full((3, 4), math.nan), W), {}, "targets leaves the range 0 to 1"),
        ((Z, Y, changed([0, 1, 3], 0.0)), {}, "total weight of the 3 samples is zero"),
        ((Z.half(), Y, W.half() * 60_000), {}, "total weight of the 3 samples overflows torch.float16"),
        ((Z.half(), Y, W.half() * 1e-6), {}, "is 3.04e-06: one over it, by which .* overflows torch.float16"),
        ((Z, torch.full((3,), -100), W), {}, "targets leaves no sample"),
        ((Z, torch.full((3,), -100), W), {"divide_by": "samples"}, "targets leaves no sample"),
        ((Z[:0], Y[:0], W), {}, "targets leaves no sample"),
        ((Z, Y, W), {"divide_by": "batch"}, "divide_by is 'batch'"),
    ],
)
def test_what_torch_would_take_in_silence_is_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        weighted_cross_entropy(*arguments, **options)


@pytest.mark.parametrize("label", [-1, 4])
def test_a_label_outside_the_classes_is_refused(label):
    with pytest.raises((RuntimeError, IndexError), match=f"index {label} is out of bounds"):
        weighted_cross_entropy(Z, torch.tensor([0, label, 3]), W)


@pytest.mark.parametrize(
    ("name", "value"),
    [("weight", [1.0, 2.0, 3.0, 4.0]), ("weight", W.numpy()), ("weight", "balanced"), ("logits", Z.numpy()),
     ("targets", Y.tolist())],
)  # fmt: skip
@pytest.mark.parametrize("weight", [W, None])
def test_what_is_no_tensor_is_named(name, value, weight):
    with pytest.raises(TypeError, match=rf"{name} is a \w+; expected a tensor"):
        weighted_cross_entropy(**{"logits": Z, "targets": Y, "weight": weight} | {name: value})


def test_whole_numbers_are_no_logits_and_no_weights():
    with pytest.raises(TypeError, match=r"logits holds torch.int64; expected floating point.*: give logits.float\(\)"):
        weighted_cross_entropy(Z.long(), Y)
    with pytest.raises(TypeError, match=r"weight holds torch.int64; expected floating point.*: give weight.float\(\)"):
        weighted_cross_entropy(Z, Y, torch.arange(1, 5))
