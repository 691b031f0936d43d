"""What Python and torch would take in silence: True for 1, 1.5 cut to 1, a rate of NaN, a negative weight."""

import math
from numbers import Integral, Real
from typing import Any

from torch import Tensor


def whole_number(name: str, value: Any, low: int, high: int | None = None) -> int:
    """``value`` as an int from ``low`` to ``high``.

    Raises TypeError for anything but an integer (True is none), ValueError for one outside.
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}; expected a whole number")
    number = int(value)
    if number < low or (high is not None and number > high):
        raise ValueError(f"{name} is {number}; expected " + (f"at least {low}" if high is None else f"{low} to {high}"))
    return number


def real_number(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """``value``, a real number or a tensor of one, as a float from ``low`` to ``high``; without either NaN may pass.

    Raises TypeError for what is no real number, ValueError for one outside or that no float can hold.
    """
    if isinstance(value, Tensor) and value.numel() == 1:
        value = value.item()
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}; expected a real number")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{name} is a number that no float can hold; expected one below 1e308") from None
    if (low, high) != (-math.inf, math.inf) and not low <= number <= high:
        raise ValueError(f"{name} is {number}; expected a number from {low:g} to {high:g}")
    return number


def positive(name: str, value: Any) -> float:
    """``value`` as a float above zero; ValueError for zero, a negative one, NaN or infinity."""
    number = real_number(name, value)
    if not 0.0 < number < math.inf:
        raise ValueError(f"{name} is {number}; expected a finite number above zero")
    return number


def tensors(**given: Any) -> None:
    """TypeError, which says how to make one, for a list or an array among them."""
    for name, value in given.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} is a {type(value).__name__}; expected a tensor: give torch.tensor({name})")


def floating_tensor(name: str, value: Any) -> Tensor:
    """``value``, if it is a tensor of a floating point dtype; else TypeError."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        kind = value.dtype if isinstance(value, Tensor) else type(value).__name__
        raise TypeError(f"{name} is of {kind}; expected a tensor of floating point numbers")
    return value


def finite(name: str, values: Tensor) -> None:
    """ValueError for a tensor in which a number is NaN or infinite; TypeError for a list or an array."""
    tensors(**{name: values})
    if not values.isfinite().all():
        raise ValueError(f"{name} holds a number that is not finite, NaN or infinity: drop it, or fill it in")


def no_mask(name: str, values: Any) -> None:
    """TypeError for a masked array, or one in a list: numpy and torch would count what it masks."""
    within = values if isinstance(values, list | tuple) else ()
    if any(hasattr(one, "compressed") for one in (values, *within)):
        raise TypeError(f"{name} holds a masked array, whose masked entries would count: give its .compressed()")


def in_order(name: str, values: Any) -> Any:
    """``values``, a pandas Series as a list if its index numbers the classes, 0 to K - 1 in this order.

    Raises TypeError for a table, and for a Series with another index: numpy and torch would drop it in silence.
    """
    if hasattr(values, "columns"):
        raise TypeError(f"{name} is a table; expected one number a class: give one column of it")
    if not hasattr(values, "sort_index"):
        return values
    if list(values.index) != list(range(len(values))):
        raise TypeError(
            f"{name} is a Series with an index of its own (that of value_counts() goes by frequency); expected numbers "
            f"in the order of the logits: give {name}[classes].tolist(), with your classes in that order"
        )
    return values.tolist()


def check_weight(weight: Tensor) -> None:
    """ValueError, which names the class, for a weight that is negative, NaN or infinite."""
    low, high = (end.item() for end in weight.detach().aminmax())  # one pass for all that is well; NaN shows in both
    if not 0 <= low <= high < math.inf:
        c = int((~((weight >= 0) & weight.isfinite())).nonzero()[0])
        raise ValueError(f"weight of class {c} is {weight[c].item()}; expected a finite number >= 0: mend that entry")
