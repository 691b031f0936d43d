"""What the checks of arguments let through, and what they name where they refuse."""

import math

import pytest
import torch

from helpers.arguments import check_weight, finite, floating_tensor, positive, real_number, tensors, whole_number


@pytest.mark.parametrize("value", [torch.ones(2, dtype=torch.bfloat16), torch.tensor(1.0)])
def test_floating_tensors_come_back_as_they_are(value):
    assert floating_tensor("weight", value) is value


@pytest.mark.parametrize(
    ("value", "kind"),
    [(torch.ones(2, dtype=torch.int64), "torch.int64"), (torch.tensor(True), "torch.bool"), ([1.0, 2.0], "list")],
)
def test_another_kind_is_named(value, kind):
    with pytest.raises(TypeError, match=rf"^weight is of {kind}; expected a tensor of floating point"):
        floating_tensor("weight", value)


@pytest.mark.parametrize("value", [0, -1.5, math.inf, math.nan])
def test_what_is_not_above_zero_is_named(value):
    with pytest.raises(ValueError, match=rf"^lr is {float(value)}; expected a finite number above zero"):
        positive("lr", value)


@pytest.mark.parametrize("value", ["0.1", True, None, 1j, torch.ones(2)])
def test_what_is_no_real_number_is_named(value):
    for check in (positive, real_number):
        with pytest.raises(TypeError, match=r"^lr is .*expected a real number"):
            check("lr", value)


def test_numbers_come_back_as_python_has_them():
    assert type(positive("lr", torch.tensor(0.5))) is float
    assert type(whole_number("steps", torch.tensor(3).numpy()[()], 0)) is int
    assert real_number("k", -2, low=-2, high=-2) == -2.0
    assert math.isnan(real_number("k", math.nan))


@pytest.mark.parametrize(("low", "high", "expected"), [(0.0, 1.0, "from 0 to 1"), (2.5, math.inf, "from 2.5 to inf")])
def test_a_number_outside_is_named_with_the_range(low, high, expected):
    for value in (1.5, math.nan):
        with pytest.raises(ValueError, match=rf"^beta is {value}; expected a number {expected}$"):
            real_number("beta", value, low, high)


@pytest.mark.parametrize("value", [5, math.nan])
def test_the_highest_counts_without_a_lowest(value):
    assert real_number("beta", -1e300, high=1) == -1e300
    with pytest.raises(ValueError, match=rf"^beta is {float(value)}; expected a number from -inf to 1$"):
        real_number("beta", value, high=1)


@pytest.mark.parametrize(("high", "expected"), [(None, "at least 1"), (4, "1 to 4")])
def test_a_whole_number_outside_is_named_with_the_range(high, expected):
    assert whole_number("steps", 1, 1, high) == 1
    assert whole_number("steps", 4, 1, high) == 4
    with pytest.raises(ValueError, match=rf"^steps is 0; expected {expected}$"):
        whole_number("steps", 0, 1, high)


@pytest.mark.parametrize("value", [True, 1.0, "1", torch.tensor(1)])
def test_what_is_no_whole_number_is_named(value):
    with pytest.raises(TypeError, match=r"^steps is .*; expected a whole number"):
        whole_number("steps", value, 0)


def test_a_list_among_tensors_is_named_with_its_cure():
    tensors(logits=torch.ones(1), targets=torch.ones(1))
    with pytest.raises(TypeError, match=r"^targets is a list; .* give torch.tensor\(targets\)$"):
        tensors(logits=torch.ones(1), targets=[1])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_named(value):
    finite("inputs", torch.zeros(3))
    with pytest.raises(TypeError, match=r"^inputs is a list; expected a tensor"):
        finite("inputs", [value])
    with pytest.raises(ValueError, match=r"^inputs holds a number that is not finite"):
        finite("inputs", torch.tensor([0.0, value]))


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, -math.inf])
def test_the_class_of_a_bad_weight_is_named(value):
    check_weight(torch.tensor([0.0, 1e30]))
    check_weight(torch.ones(2))
    with pytest.raises(ValueError, match=rf"^weight of class 1 is {value}; expected a finite number >= 0"):
        check_weight(torch.tensor([0.0, value, 3.0]))
