"""Arguments of the wrong kind or size, refused with an error that names them.

Python lets True pass for 1 and torch cuts 1.5 to 1; here neither goes unnoticed.
"""

from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

LARGEST_SEED = 2**63 - 1
# More would run for days, or ask for more memory than there is.
MOST_STEPS = 10**8
LARGEST_SIZE = 10**8


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


def real_number(name: str, value: Any) -> float:
    """``value`` as a float, which may be NaN or infinite: the range is the caller's matter.

    Raises TypeError for anything but a real number or a tensor that holds a single one.
    """
    if isinstance(value, Tensor) and value.ndim == 0 and not value.is_complex() and value.dtype != torch.bool:
        value = value.item()
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}; expected a real number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} is a number of more than 308 digits; expected one that a float can hold") from None


def seed_number(value: Any) -> int:
    """A seed that torch takes: a whole number from 0 to 2^63 - 1."""
    return whole_number("seed", value, 0, LARGEST_SEED)


def floating_tensor(name: str, value: Any) -> Tensor:
    """``value``, if it is a tensor of a floating point dtype; else TypeError."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} is a {type(value).__name__}; expected a torch.Tensor")
    if not value.is_floating_point():
        raise TypeError(f"{name} has dtype {value.dtype}; expected a floating point dtype")
    return value


def one_a_run(name: str, value: Tensor | float, dtype: torch.dtype) -> Tensor:
    """``value``, a number or one a run, as a tensor of ``dtype``; TypeError or ValueError for anything but finite."""
    if isinstance(value, Tensor) and (value.is_complex() or value.dtype == torch.bool):
        raise TypeError(f"{name} has dtype {value.dtype}; expected real numbers")
    factor = torch.as_tensor(value if isinstance(value, Tensor) else real_number(name, value), dtype=dtype)
    if not factor.isfinite().all():
        raise ValueError(f"{name} is {value}; expected finite numbers")
    return factor


def check_regression(parameters: Tensor, inputs: Tensor, targets: Tensor, name: str = "parameters") -> None:
    """Refuse a logistic regression that would end in an error of torch's, or in a number that broadcasting made up."""
    floating_tensor(name, parameters)
    floating_tensor("inputs", inputs)
    if inputs.dtype != parameters.dtype:
        raise TypeError(f"inputs has dtype {inputs.dtype} but {name} {parameters.dtype}: convert one of them")
    check_binary(targets)
    for what, tensor, dimensions in ((name, parameters, 1), ("inputs", inputs, 2), ("targets", targets, 1)):
        if tensor.ndim < dimensions:
            raise ValueError(f"{what} has shape {tuple(tensor.shape)}; expected at least {dimensions} dimensions")
    samples, features = inputs.shape[-2:]
    if features + 1 != parameters.shape[-1]:
        raise ValueError(
            f"{name} has {parameters.shape[-1]} numbers for {features} features of inputs; "
            "expected one slope a feature and the bias last"
        )
    if not samples or targets.shape[-1] != samples:
        raise ValueError(
            f"inputs has {samples} samples and targets {targets.shape[-1]}; expected as many, at least one"
        )
    try:
        # torch's own function of this name would first import a computer algebra system, for half a second.
        np.broadcast_shapes(parameters.shape[:-1], inputs.shape[:-2], targets.shape[:-1])
    except ValueError:
        shapes = [tuple(tensor.shape) for tensor in (parameters, inputs, targets)]
        raise ValueError(f"{name}, inputs and targets have runs that do not fit: {shapes}") from None


def check_binary(targets: Tensor) -> None:
    """Refuse targets that are not numbers from 0 to 1."""
    if not isinstance(targets, Tensor) or targets.is_complex() or targets.dtype == torch.bool:
        kind = targets.dtype if isinstance(targets, Tensor) else type(targets).__name__
        raise TypeError(f"targets is a {kind}; expected a torch.Tensor of zeros and ones")
    if not ((targets >= 0) & (targets <= 1)).all():
        raise ValueError("targets leaves the range 0 to 1; expected zeros and ones")
