"""What the tools take from the command line. What they cannot use is refused with what they would take."""

import math
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


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


def notebooks(parser: ArgumentParser, given: Sequence[str], where: str = "**/") -> list[Path]:
    """These notebooks, or all of them where none is given; 04 stands for that lesson and its solutions."""
    known = sorted((ROOT / "notebooks").glob(f"{where}[0-9]*.ipynb"))
    chosen = [[path for path in known if path.name.startswith(f"{one}_")] or [Path(one).resolve()] for one in given]
    paths = [path for found in chosen for path in found] if given else known
    if missing := [str(path) for path in paths if not path.is_file()]:
        parser.error(f"there is no {', '.join(missing)}; expected notebooks, such as 01 or notebooks/01_*.ipynb")
    return paths
