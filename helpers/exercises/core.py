"""How an answer is judged, whichever exercise it belongs to."""

import importlib
from collections.abc import Callable
from typing import Any

import torch

from helpers.arguments import LARGEST_SEED, whole_number

ROUNDS = 20
UNREADABLE = (TypeError, ValueError, RuntimeError, OverflowError)

Answer = Callable[..., Any]


class NotAnsweredError(Exception):
    """The answer returned nothing: its body is still the stub."""


class RefusedError(Exception):
    """The answer failed; the message is the hint."""


class Ask:
    """Calls the learner's function and turns what goes wrong into a hint."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, *arguments: Any) -> Any:
        """The answer to ``arguments``, which it cannot alter.

        Raises NotAnsweredError for None or Ellipsis, RefusedError for an exception.
        """
        copies = [a.clone() if isinstance(a, torch.Tensor) else a for a in arguments]
        try:
            result = self._answer(*copies)
        except Exception as error:
            raise RefusedError(f"Your function raised {type(error).__name__}: {error}") from error
        if result is None or result is ...:
            raise NotAnsweredError
        return result

    def number(self, *arguments: Any) -> float:
        """The answer as one number; anything else is refused."""
        result = self(*arguments)
        tensor = read_numbers(result)
        if tensor is None or tensor.numel() != 1:
            raise RefusedError(f"Return one number; yours is a {_described(result)}.")
        if tensor.isnan():
            raise RefusedError("Return one number; yours is nan, which is none. What did you divide by?")
        return tensor.item()

    def tensor(self, *arguments: Any, shape: tuple[int, ...]) -> torch.Tensor:
        """The answer as a float64 tensor of ``shape``; anything else is refused."""
        result = self(*arguments)
        tensor = read_numbers(result)
        if tensor is None:
            raise RefusedError(f"Return a tensor of shape {shape}; yours is a {_described(result)}.")
        if tensor.shape != shape:
            raise RefusedError(f"Return a tensor of shape {shape}; yours has shape {tuple(tensor.shape)}.")
        if tensor.isnan().any():
            raise RefusedError("Return numbers; some of yours are nan, which is none. What did you divide by?")
        return tensor

    def pair(self, *arguments: Any, wanted: str) -> tuple[torch.Tensor, torch.Tensor]:
        """The answer as two float64 tensors; anything else is refused with ``wanted``, which says what to return."""
        result = self(*arguments)
        try:
            first, second = (read_numbers(part) for part in result)
        except UNREADABLE:
            raise RefusedError(wanted) from None
        if first is None or second is None or first.isnan().any() or second.isnan().any():
            raise RefusedError(wanted)
        return first, second


def read_numbers(value: Any) -> torch.Tensor | None:
    """``value`` as a float64 tensor without a gradient, or None where it holds no real numbers."""
    try:
        tensor = torch.as_tensor(value)
        return None if tensor.is_complex() else torch.as_tensor(value, dtype=torch.float64).detach().to_dense()
    except UNREADABLE:
        return None


# A judge draws fresh inputs from the generator, asks, and returns a hint, or None if the answer is right.
Judge = Callable[[Ask, torch.Generator], str | None]


def judge(number: str, answer: Answer, *, seed: int = 0) -> tuple[str, str]:
    """The verdict ("right", "not yet" or "not answered") and the hint, empty unless "not yet".

    Raises ValueError or TypeError for a number that no notebook has, an answer that is no function, or a seed below 0.
    """
    if not isinstance(number, str):
        raise TypeError(f'number is {number!r}; expected a text such as "1.2"')
    if not callable(answer):
        raise TypeError(f"answer is a {type(answer).__name__}; expected the function that you wrote, without ()")
    seed = whole_number("seed", seed, 0, LARGEST_SEED // ROUNDS**3)
    judged = _find(number)
    for round_number in range(ROUNDS):
        generator = torch.Generator().manual_seed(1000 * seed + round_number)
        try:
            hint = judged(Ask(answer), generator)
        except NotAnsweredError:
            return "not answered", ""
        except RefusedError as refused:
            return "not yet", str(refused)
        if hint is not None:
            return "not yet", hint
    return "right", ""


def check(number: str, answer: Answer) -> None:
    """Print what ``judge`` says of the answer to exercise ``number``, for instance "1.2"."""
    verdict, hint = judge(number, answer)
    said = {
        "right": "right.",
        "not yet": f"not yet. {hint}",
        "not answered": "not answered yet.",
    }
    print(f"Exercise {number}: {said[verdict]}")


def _find(number: str) -> Judge:
    notebook = number.partition(".")[0]
    try:
        judges: dict[str, Judge] = importlib.import_module(f"helpers.exercises.notebook_{notebook:0>2}").JUDGES
        return judges[number]
    except (ModuleNotFoundError, KeyError):
        raise ValueError(f'number is {number!r}, and there is no such exercise; expected one such as "1.2"') from None


def _described(result: Any) -> str:
    if isinstance(result, torch.Tensor):
        return f"tensor of shape {tuple(result.shape)}"
    return type(result).__name__
