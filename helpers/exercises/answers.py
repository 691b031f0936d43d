"""A learner's function: how it is called, what it returned, and when two answers are the same."""

from collections.abc import Callable, Iterator
from itertools import islice
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

TOLERANCE = 1e-4  # relative: four digits, which float32 can keep
LONGEST = 10**5  # of an iterator, which need not end
UNREADABLE = (TypeError, ValueError, RuntimeError, OverflowError)

Answer = Callable[..., Any]


def close(found: Any, wanted: Any) -> bool:
    """Whether texts are equal, or each number is within TOLERANCE of the wanted one, relative to that."""
    if isinstance(found, str) or isinstance(wanted, str):
        return bool(found == wanted)
    a, b = (torch.as_tensor(value, dtype=torch.float64) for value in (found, wanted))
    return a.shape == b.shape and torch.allclose(a, b, rtol=TOLERANCE, atol=0.0)


class NotAnsweredError(Exception):
    """The function returned nothing at its first call: its body is still the stub."""


class RefusedError(Exception):
    """The function failed, or returned what cannot be judged; the message is the hint."""


class Submission:
    """The learner's function. It works on copies, and what goes wrong becomes a hint."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._returned = False

    def __call__(self, *inputs: Any) -> Any:
        """What the function returns.

        Raises RefusedError for an exception, and for None or Ellipsis unless this is the first call: then
        NotAnsweredError.
        """
        copies = [value.clone() if isinstance(value, Tensor) else value for value in inputs]
        try:
            result = self._answer(*copies)
            if isinstance(result, Iterator):
                result = tuple(islice(result, LONGEST))  # which can be read twice, and ends
        except Exception as error:
            raise RefusedError(f"Your function raised {type(error).__name__}: {error}") from error
        if result is None or result is ...:
            if self._returned:
                raise RefusedError("Your function returns nothing for some inputs: does every branch return?")
            raise NotAnsweredError
        self._returned = True
        return result


def plain(value: Any) -> Any:
    """``value``, or a copy that torch can read: it takes no array with a negative step, as [::-1] makes it, no column
    of pandas with names for its rows, no fraction, no whole number from 2^63 on, and no list of tensors.
    """
    if isinstance(value, Tensor):
        return value
    if isinstance(value, list | tuple):
        try:
            torch.as_tensor(value)
        except UNREADABLE:
            return [part.tolist() if hasattr(part, "tolist") else plain(part) for part in value]
        return value
    if hasattr(value, "__array__"):
        return np.array(value)
    return float(value) if isinstance(value, Real) else value


def read_numbers(value: Any) -> Tensor | None:
    """``value`` as a float64 tensor without a gradient, or None where it holds no real numbers."""
    try:
        readable = plain(value)
        tensor = torch.as_tensor(readable)
        if tensor.is_complex() or tensor.is_meta:
            return None
        return torch.as_tensor(readable, dtype=torch.float64).detach().to_dense()
    except UNREADABLE:
        return None


def read_tensor(value: Any, wanted: str, *shape: int | None) -> Tensor:
    """``value`` as a float64 tensor of finite numbers, lists allowed; in ``shape`` None stands for any length but zero.

    Anything else is refused with ``wanted``, which says what to return.
    """
    tensor = read_numbers(value)
    if tensor is None or tensor.ndim != len(shape) or not tensor.numel() or not tensor.isfinite().all():
        raise RefusedError(wanted)
    if any(length not in (None, found) for length, found in zip(shape, tensor.shape, strict=True)):
        raise RefusedError(wanted)
    return tensor


def read_pair(value: Any, wanted: str, *shapes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """``value`` as two float64 tensors of finite numbers, of these shapes if any are given, lists allowed.

    Anything else is refused with ``wanted``, which says what to return.
    """
    try:
        first, second = (read_numbers(part) for part in value)
    except UNREADABLE:
        raise RefusedError(wanted) from None
    if first is None or second is None or not (first.isfinite().all() and second.isfinite().all()):
        raise RefusedError(wanted)
    found = tuple(first.shape), tuple(second.shape)
    if shapes and found != shapes:
        raise RefusedError("{} Yours have the shapes {} and {}, not {} and {}.".format(wanted, *found, *shapes))
    return first, second


def read_like(value: Any, right: Any) -> Any:
    """``value`` as what ``right`` is: a text, one number, or a tensor of its shape; anything else is refused."""
    if isinstance(right, str):
        if not isinstance(value, str):
            raise RefusedError(f"Return a text such as {right!r}; yours is {_described(value)}.")
        return value
    number = not isinstance(right, Tensor) or right.ndim == 0
    wanted = "one number" if number else f"a tensor of shape {tuple(right.shape)}"
    tensor = None if isinstance(value, list | tuple) else read_numbers(value)
    if tensor is None or not (tensor.numel() == 1 if number else isinstance(value, Tensor)):
        raise RefusedError(f"Return {wanted}; yours is {_described(value)}.")
    if not number and tensor.shape != right.shape:
        raise RefusedError(f"Return {wanted}; yours has shape {tuple(tensor.shape)}.")
    if tensor.isnan().any():
        raise RefusedError(f"Return {wanted}; yours holds nan, which is no number. What did you divide by?")
    return tensor.item() if number else tensor


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}, {str(value.dtype).removeprefix('torch.')}"
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
