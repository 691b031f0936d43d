"""Weights from counts: closed forms, scikit-learn, and what torch would take in silence."""

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from helpers.weights import effective_number, inverse_frequency, normalize, power

counts_lists = st.lists(st.integers(1, 10**6), min_size=1, max_size=30)
TARGETS = ("sum", "class mean", "sample mean", "max")


def doubles(values):
    return torch.tensor(values, dtype=torch.float64)


@given(counts_lists)
def test_inverse_frequency_is_total_over_count(counts):
    expected = [float(Fraction(sum(counts), n)) for n in counts]
    torch.testing.assert_close(inverse_frequency(doubles(counts)), doubles(expected), rtol=1e-14, atol=0)


@given(st.lists(st.integers(1, 300), min_size=2, max_size=12))
def test_sample_mean_one_is_scikit_learns_balanced(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    oracle = compute_class_weight("balanced", classes=np.arange(len(counts)), y=labels)
    ours = normalize(inverse_frequency(doubles(counts)), counts, to="sample mean")
    torch.testing.assert_close(ours, torch.from_numpy(oracle), rtol=1e-12, atol=0)


@given(counts_lists, st.floats(0, 1))
def test_power_interpolates_between_ones_and_inverse_frequency(counts, exponent):
    n = doubles(counts)
    torch.testing.assert_close(power(n, exponent), inverse_frequency(n) ** exponent, rtol=1e-12, atol=0)
    assert torch.equal(power(n, 0.0), torch.ones_like(n))
    assert torch.equal(power(n, 1.0), inverse_frequency(n))


@given(counts_lists, st.sampled_from([0.5, 0.9, 0.999, 0.9999]))
def test_effective_number_sums_the_geometric_series(counts, beta):
    small = [min(n, 2000) for n in counts]
    expected = [1 / math.fsum(beta**j for j in range(n)) for n in small]
    torch.testing.assert_close(effective_number(doubles(small), beta), doubles(expected), rtol=1e-9, atol=0)


def test_effective_number_spans_none_to_inverse_frequency():
    n = doubles([10, 100, 1000])
    assert torch.equal(effective_number(n, 0.0), torch.ones(3, dtype=torch.float64))
    torch.testing.assert_close(effective_number(n, 1 - 1e-12), 1 / n, rtol=1e-4, atol=0)


@given(counts_lists, st.sampled_from(TARGETS), st.floats(-6, 6))
def test_normalize_keeps_ratios_and_forgets_the_scale(counts, to, exponent):
    w, n = inverse_frequency(doubles(counts)), doubles(counts)
    result = normalize(w, counts, to=to)
    torch.testing.assert_close(result / result[0], w / w[0], rtol=1e-12, atol=0)
    torch.testing.assert_close(normalize(10**exponent * w, counts, to=to), result, rtol=1e-12, atol=0)
    assert torch.equal(normalize(2.0**40 * w, counts, to=to), result)
    measured = {
        "sum": result.sum(),
        "class mean": result.mean(),
        "sample mean": (n * result).sum() / n.sum(),
        "max": result.max(),
    }[to]
    assert float(measured) == pytest.approx(1.0, rel=1e-12)


def test_normalize_admits_a_class_of_weight_zero():
    assert normalize(doubles([0.0, 1.0, 3.0]), to="sum").tolist() == [0.0, 0.25, 0.75]


@pytest.mark.parametrize(
    "counts",
    [
        [1, 3],
        (1, 3),
        np.array([1, 3]),
        torch.tensor([1, 3], dtype=torch.int8),
        torch.tensor([1.0, 3.0]),
        torch.tensor([1, 0, 3])[::2],
        torch.tensor([1.0, 3.0], requires_grad=True),
    ],
)
def test_counts_come_in_any_form(counts):
    for weights in (inverse_frequency(counts), 4 * effective_number(counts, 1 - 1e-7)):
        assert weights.tolist() == pytest.approx([4.0, 4 / 3], rel=1e-6)
        assert weights.dtype == torch.float32
        assert not weights.requires_grad


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_weights_keep_their_dtype(dtype):
    n = torch.tensor([1.0, 3.0], dtype=dtype)
    made = [inverse_frequency(n), effective_number(n, 0.9), *(normalize(n, [3, 1], to=to) for to in TARGETS)]
    assert {w.dtype for w in made} == {dtype}
    assert {normalize([1, 3], [3, 1], to=to).dtype for to in TARGETS} == {torch.float32}


@pytest.mark.parametrize("function", [inverse_frequency, lambda n: power(n, 0.5), lambda n: effective_number(n, 0.9)])
@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([3, 0, 2], r"counts\[1\] is 0: class 1 has no sample"),
        ([3, 1, -2], r"counts\[2\] is -2.0"),
        ([math.nan, 1], r"counts\[0\] is nan"),
        ([1, math.inf], r"counts\[1\] is inf"),
        ([], "counts has shape"),
        ([[1, 2]], "counts has shape"),
        (5, "counts has shape"),
    ],
)
def test_bad_counts_are_named(function, counts, message):
    with pytest.raises(ValueError, match=message):
        function(counts)


def test_counts_are_real():
    for counts in (torch.tensor([1 + 1j, 2]), [1 + 1j, 2], np.array([1 + 1j, 2])):
        with pytest.raises(TypeError, match=r"counts is a .*, not numbers in order: some have an imaginary part"):
            inverse_frequency(counts)


def test_masked_counts_are_refused():
    masked = np.ma.masked_equal([5, 4, 255], 255)
    for call in (inverse_frequency, lambda n: normalize([1, 2, 3], n, to="sample mean")):
        with pytest.raises(TypeError, match=r"counts holds a masked array.*give its .compressed\(\)$"):
            call(masked)


def test_lists_are_read_in_float64():
    """As counts and weights that float32 takes for infinity and zero, and only the result can be too large for it."""
    assert power([1e308, 1e307], 0.1).tolist() == pytest.approx([1.1**0.1, 11**0.1])
    assert normalize([1e-320, 1e-320], to="max").tolist() == [1, 1]
    with pytest.raises(ValueError, match=r"weights leave the range of torch.float32"):
        normalize([1e-320, 1], to="sum")


def test_counts_in_the_order_of_their_frequencies_are_refused():
    for series in (pd.Series([2, 2, 2, 0, 0, 1]).value_counts(), pd.Series(["a", "b", "b"]).value_counts()):
        with pytest.raises(TypeError, match=r"counts is a Series with an index of its own.*give counts\[classes\]"):
            inverse_frequency(series)
    n = pd.Series([2, 2, 2, 0, 0, 1]).value_counts().sort_index()
    for in_order in (n, n.tolist()):
        assert inverse_frequency(in_order).tolist() == pytest.approx([3, 6, 2])


@pytest.mark.parametrize("counts", ["12", ["a", "b"], None, Counter("ab"), [[1], [2, 3]]])
def test_what_torch_refuses_obscurely_is_named(counts):
    with pytest.raises(TypeError, match="counts is a"):
        inverse_frequency(counts)


def test_what_has_names_is_told_how_to_be_put_in_order():
    for counts in (Counter("aab"), {"a": 2, "b": 1}):
        with pytest.raises(
            TypeError, match=r"; expected numbers in the order of the logits: give \[counts\[c\] for c in"
        ):
            inverse_frequency(counts)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: normalize(torch.tensor([1.0, -2.0]), to="sum"), r"weights\[1\] is -2.0"),
        (lambda: normalize(torch.tensor([1.0, math.nan]), to="max"), r"weights\[1\] is nan"),
        (lambda: normalize(torch.zeros(3), to="class mean"), "weights sum to 0"),
        (lambda: normalize(doubles([1e308, 1e308]), to="sum"), "weights sum to inf"),
        (lambda: normalize(torch.ones(3), to="sample mean"), "counts is None"),
        (lambda: normalize(torch.ones(3), [1], to="sample mean"), r"counts is \[1\]"),
        (lambda: normalize(torch.ones(3), to="mean"), "to is 'mean'"),
        (
            lambda: normalize(torch.tensor([1e-3, 1e3]).half(), [10**6, 1], to="sample mean"),
            "leave the range of torch.fl",
        ),
        (lambda: normalize(torch.tensor([1e-6, 6e4]).half(), to="sum"), "leave the range of torch.float16"),
        (lambda: power([1, 2], math.nan), "exponent is nan"),
        (lambda: power([1, 2], math.inf), "exponent is inf"),
        (lambda: power([1, 2], 1000), "exponent is 1000: a weight leaves the range of torch.float32"),
        (lambda: power([1, 2], -1000), "exponent is -1000: a weight leaves"),
        (lambda: inverse_frequency(torch.tensor([6e4, 6e4, 1]).half()), "float16; .* counts in a wider dtype"),
        (lambda: effective_number([1, 2], 1.0), "beta is 1.0"),
        (lambda: effective_number([1, 2], -0.1), "beta is -0.1"),
        (lambda: effective_number([1, 2], math.nan), "beta is nan"),
        (lambda: effective_number(torch.tensor([1e-6, 1]).half(), 0.9), r"beta is 0.9: .* range of torch.float16"),
        (lambda: effective_number([1e-320, 5], 0.9), "expected 1 or more samples a class, and counts in a wider dtype"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("bad", ["0.5", None, torch.tensor([0.5, 0.6])])
def test_exponents_and_betas_are_one_number(bad):
    with pytest.raises(TypeError, match="exponent is"):
        power([1, 2], bad)
    with pytest.raises(TypeError, match="beta is"):
        effective_number([1, 2], bad)
