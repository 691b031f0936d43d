"""What the tools take from the command line. What they cannot use is refused with what they would take."""

import math
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from tools.run import ROOT


def at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"it is {text!r}; expected a whole number, at least 1")
    return int(text)


def above_zero(text: str) -> float:
    with suppress(ValueError):
        if 0.0 < (number := float(text)) < math.inf:
            return number
    raise ArgumentTypeError(f"it is {text!r}; expected a number above zero")


def check_known(parser: ArgumentParser, given: Sequence[str], known: Iterable[str]) -> None:
    """End with a message where something was asked for that there is not, rather than do nothing in silence."""
    names = list(dict.fromkeys(known))
    if unknown := [one for one in given if one not in names]:
        parser.error(f"there is no {', '.join(unknown)}; expected some of {', '.join(names)}")


def notebooks(parser: ArgumentParser, given: Sequence[Path]) -> list[Path]:
    """These notebooks, or all of them where none is given."""
    paths = [path.resolve() for path in given] or sorted((ROOT / "notebooks").glob("**/[0-9]*.ipynb"))
    if missing := [str(path) for path in paths if not path.is_file()]:
        parser.error(f"there is no {', '.join(missing)}; expected notebooks, such as notebooks/01_*.ipynb")
    return paths
