"""What each notebook concludes, as functions of what could have gone otherwise; ``make replicate`` runs them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from helpers.datasets import Split, flights, letters, shuttle

LOADERS: dict[str, Callable[..., Split]] = {"shuttle": shuttle, "flights": flights, "letters": letters}


@cache
def data_set(name: str) -> Split:
    """A data set by its name, in the split of the notebooks."""
    return LOADERS[name](0)


@dataclass(frozen=True)
class Verdict:
    """One conclusion of a notebook, and how to see on a fresh draw whether it holds.

    ``holds(seed, **setting)`` recomputes the conclusion on the draw of ``seed``, under one of the ``settings``:
    what else could have decided, by a name that a reader understands. The first setting is the notebook's own.
    """

    notebook: str  # its two digits, "04"
    name: str  # one word or two, by which the notebook and the tests find it
    sentence: str  # what the notebook says
    holds: Callable[..., bool]
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"as in the notebook": {}})
    draws: int = 20
    quick: bool = True  # within about a second, the same on any processor: the tests recompute one draw
