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
    """The rows or runs in a file; none where nothing is stored yet."""
    return list(json.loads(path.read_text(encoding="utf-8"))[what]) if path.is_file() else []
