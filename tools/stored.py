"""What the tools share that write into data/: with what they ran, and what they stored before."""

import json
import platform
from argparse import ArgumentParser
from importlib.metadata import version
from pathlib import Path
from typing import Any


def versions(*packages: str) -> dict[str, str]:
    """Of Python, PyTorch and these packages, without the build: 2.13.0 for 2.13.0+cpu."""
    found = {name: version(name).partition("+")[0] for name in ("torch", *packages)}
    return {"python": platform.python_version()} | found


def stored(path: Path, what: str) -> list[dict[str, Any]]:
    """The rows or runs in a file; none where nothing is stored yet. ValueError for a file that no tool wrote."""
    if not path.is_file():
        return []
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))[what])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} holds no {what} ({error!r}): get it back with git checkout") from None


def kept(parser: ArgumentParser, path: Path, what: str, today: dict[str, str], *, partly: bool) -> list[dict[str, Any]]:
    """The rows or runs in a file that a rerun may keep: as the file says its versions once, none made by others.

    Where only a part is run again, and the rest would have to go, it ends with a message instead.
    """
    rows = stored(path, what)
    before = json.loads(path.read_text(encoding="utf-8")).get("versions") if rows else today
    if before == today:
        return rows
    if partly:
        made, now = (", ".join(f"{name} {number}" for name, number in each.items()) for each in (before or {}, today))
        parser.error(
            f"{path.name} was made by {made or 'unknown versions'}, and here is {now}; a part of it alone would pass "
            "the rest off as made here: run all of it, or install requirements.txt"
        )
    return []
