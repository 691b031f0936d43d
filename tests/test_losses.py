"""weighted_cross_entropy against torch, in every case that torch has, and on bad input."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from helpers.losses import check_class_indices, weighted_cross_entropy

TORCH_REDUCTION = {"weights": "mean", "samples": "mean", None: "sum"}
log_weights = st.floats(-6, 6)


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
    exponents=st.lists(log_weights, min_size=2, max_size=9),
    smoothing=st.sampled_from([0.0, 0.1, 0.7, 1.0]),
    divide_by=st.sampled_from(["weights", None]),
    ignore=st.booleans(),
    dtype_and_tolerance=st.sampled_from([(torch.float64, 1e-12), (torch.float32, 1e-4)]),
)
def test_indices_equal_torch(seed, num_samples, exponents, smoothing, divide_by, ignore, dtype_and_tolerance):
    dtype, rtol = dtype_and_tolerance
    z, y, _ = draw(seed, num_samples, len(exponents), dtype)
    w = 10 ** torch.tensor(exponents, dtype=dtype)
    if ignore:
        y[1:][::2] = -100
    options = {"label_smoothing": smoothing}
    assert_same_value_and_gradient(
        z,
        lambda leaf: weighted_cross_entropy(leaf, y, w, divide_by=divide_by, **options),
        lambda leaf: F.cross_entropy(leaf, y, w, reduction=TORCH_REDUCTION[divide_by], **options),
        rtol,
    )


@given(
    seed=st.integers(0, 2**20),
    num_samples=st.integers(1, 20),
    exponents=st.lists(log_weights, min_size=2, max_size=9),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    divide_by=st.sampled_from(["samples", None]),
)
def test_probabilities_equal_torch(seed, num_samples, exponents, smoothing, divide_by):
    z, _, t = draw(seed, num_samples, len(exponents))
    w = 10 ** torch.tensor(exponents, dtype=torch.float64)
    options = {"label_smoothing": smoothing}
    assert_same_value_and_gradient(
        z,
        lambda leaf: weighted_cross_entropy(leaf, t, w, divide_by=divide_by, **options),
        lambda leaf: F.cross_entropy(leaf, t, w, reduction=TORCH_REDUCTION[divide_by], **options),
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


def test_divided_by_samples_is_the_threads_formula():
    z, y, _ = draw(0, 6, 3)
    w = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    threads = sum(w[y[i]] * -torch.log_softmax(z[i], 0)[y[i]] for i in range(6)) / 6
    torch.testing.assert_close(weighted_cross_entropy(z, y, w, divide_by="samples"), threads, rtol=1e-12, atol=0)


def test_samples_that_are_ignored_are_not_counted():
    z, y, _ = draw(0, 6, 3)
    w = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    ignored = y.clone()
    ignored[4:] = 7
    for divide_by in ("weights", "samples", None):
        some = weighted_cross_entropy(z, ignored, w, divide_by=divide_by, ignore_index=7)
        torch.testing.assert_close(some, weighted_cross_entropy(z[:4], y[:4], w, divide_by=divide_by))


def test_no_weight_means_ones():
    z, y, _ = draw(0, 6, 3)
    torch.testing.assert_close(weighted_cross_entropy(z, y), F.cross_entropy(z, y), rtol=1e-12, atol=0)


def test_extreme_logits_stay_finite():
    z = torch.tensor([[1e4, 0.0], [0.0, 1e4]])
    assert float(weighted_cross_entropy(z, torch.tensor([0, 0]))) == 5000.0


Z = torch.zeros(3, 4)
Y = torch.tensor([0, 1, 3])
W = torch.ones(4)


def changed(tensor, index, value):
    copy = tensor.clone()
    copy[index] = value
    return copy


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((Z, Y, changed(W, 2, -1.0)), {}, "weight of class 2 is -1.0"),
        ((Z, Y, changed(W, 1, math.nan)), {}, "weight of class 1 is nan"),
        ((Z, Y, changed(W, 3, math.inf)), {}, "weight of class 3 is inf"),
        ((Z, Y, torch.tensor([0.0, 0.5, -2.0, 1.0], dtype=Z.dtype)), {}, "weight of class 2 is -2.0"),
        ((Z, Y, W[:3]), {}, r"weight has shape \(3,\); expected one weight a class, \(4,\)"),
        ((Z, changed(Y, 1, 4), W), {}, "targets of sample 1 is 4; expected a class from 0 to 3"),
        ((Z, changed(Y, 2, -1), W), {}, "targets of sample 2 is -1"),
        ((Z, Y[:2], W), {}, r"targets has shape \(2,\)"),
        ((Z[0], Y, W), {}, r"logits has shape \(4,\)"),
        ((Z, Y, changed(changed(changed(W, 0, 0), 1, 0), 3, 0)), {}, "total weight of the 3 samples is zero"),
        ((Z, Y, 0 * W), {}, "total weight of the 3 samples is zero"),
        ((Z, torch.full((3,), -100), W), {}, "targets leaves no sample"),
        ((Z, torch.full((3,), -100), W), {"divide_by": "samples"}, "targets leaves no sample"),
        ((Z[:0], Y[:0], W), {}, "targets leaves no sample"),
        ((Z, Y, W), {"divide_by": "batch"}, "divide_by is 'batch'"),
        ((Z, Y, W), {"label_smoothing": 1.5}, "label_smoothing is 1.5"),
        ((Z, Y, W), {"label_smoothing": math.nan}, "label_smoothing is nan"),
        ((Z, torch.full((3, 4), 1.5), W), {}, "targets of sample 0 leaves the range 0 to 1"),
        ((Z, torch.zeros(3, 5), W), {}, r"targets has shape \(3, 5\)"),
    ],
)
def test_bad_values_are_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        weighted_cross_entropy(*arguments, **options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Z, Y, W.double()), "weight has dtype torch.float64 but logits torch.float32"),
        ((Z, Y, [1.0, 1.0, 1.0, 1.0]), "weight is a list"),
        ((Z, Y.int(), W), "targets has dtype torch.int32"),
        ((Z.long(), Y, W), "logits has dtype torch.int64"),
        ((Z.tolist(), Y, W), "logits is a list"),
        ((Z, torch.zeros(3, 4, dtype=torch.float64), W), "targets has dtype torch.float64"),
        ((Z, [0, 1, 3], W), "targets is a list"),
    ],
)
def test_bad_types_are_named(arguments, message):
    with pytest.raises(TypeError, match=message):
        weighted_cross_entropy(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Z.long(), Y, W), "logits has dtype torch.int64"),
        ((Z, [0, 1, 3], W), "targets is a list; expected a torch.Tensor"),
        ((Z, Y.double(), W), "targets has dtype torch.float64"),
        ((Z, Y + 100, W), "targets of sample 0 is"),
        ((Z, Y, None), "weight is a NoneType; expected a torch.Tensor"),
        ((Z, Y, -W), "weight of class 0 is"),
        ((Z, Y, W.clone().requires_grad_()), "weight requires a gradient"),
    ],
)
def test_a_loss_for_class_indices_is_told_what_it_could_not_use(arguments, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        check_class_indices(*arguments)


def test_a_loss_for_class_indices_may_ignore_samples():
    check_class_indices(Z, torch.tensor([0, -100, 3]), W)
