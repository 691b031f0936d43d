"""What the tools share that write into data/: with what they ran, and what they stored before."""

import json
import platform
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
