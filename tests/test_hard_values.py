"""Hard values that helpers must take, or refuse, in so many words: too large, too small, too many, too few."""

import math

import pytest
import torch

from helpers.datasets import stratified_split
from helpers.losses import weighted_cross_entropy
from helpers.stability import critical_scale, logistic_loss
from helpers.weights import inverse_frequency, normalize, power


def test_ten_million_classes():
    counts = torch.arange(1, 10**7 + 1)
    w = inverse_frequency(counts.double())
    assert float(w[0] / w[-1]) == pytest.approx(1e7, rel=1e-12)
    assert float(normalize(w, to="sum").sum()) == pytest.approx(1.0, rel=1e-9)
    logits, target = torch.zeros(1, 10**7), torch.tensor([3])
    assert float(weighted_cross_entropy(logits, target, w.float())) == pytest.approx(math.log(1e7), rel=1e-6)


@pytest.mark.parametrize("size", [1e308, 1e-308, 5e-324])
def test_normalize_near_the_ends_of_the_float(size):
    w = torch.tensor([size, size, 0.0], dtype=torch.float64)
    for to, expected in (("sum", 0.5), ("class mean", 1.5), ("max", 1.0), ("sample mean", 1.5)):
        assert normalize(w, [1, 1, 1], to=to).tolist() == pytest.approx([expected, expected, 0.0], rel=1e-15)


@pytest.mark.parametrize("exponent", [-1e308, 1e308, -1100.0])
def test_a_weight_that_would_vanish_or_overflow_is_refused(exponent):
    with pytest.raises(ValueError, match="exponent nearer 0"):
        power(torch.tensor([1.0, 1.0], dtype=torch.float64), exponent)


@pytest.mark.parametrize(("lr", "curvature"), [(1e-200, 1e-200), (1e200, 1e200), (5e-324, 1.0)])
def test_a_critical_scale_that_no_float_holds(lr, curvature):
    with pytest.raises(ValueError, match="lr times curvature"):
        critical_scale(lr, curvature)


def test_split_does_not_count_up_to_the_largest_label():
    far = torch.tensor([-5, 10**15, -5, 10**15, -5, -5])
    near = torch.tensor([0, 1, 0, 1, 0, 0])
    for expected, found in zip(stratified_split(near, 0.5, 0), stratified_split(far, 0.5, 0), strict=True):
        assert torch.equal(expected, found)


@pytest.mark.parametrize("targets", [torch.zeros(4, 1), torch.zeros(1), torch.full((4,), 2.0)])
def test_logistic_loss_makes_up_no_number_by_broadcasting(targets):
    with pytest.raises(ValueError, match="targets"):
        logistic_loss(torch.zeros(2), torch.zeros(4, 1), targets)
