"""The judges of the exercises as students get them: whole, and not to be read at a glance.

A judge holds the right answer. Folded, it judges as before, and nobody meets the answer while looking for something
else. It is no lock: one line of Python unfolds it, and the check has to be able to do so.
"""

import base64
import textwrap
import zlib
from pathlib import Path

TEMPLATE = '''"""Exercises of notebook {number}, folded: the right answers are in here. ``check`` unfolds them."""

import base64
import zlib

FOLDED = """
{folded}
"""
exec(zlib.decompress(base64.b85decode("".join(FOLDED.split()))))
'''


def sealed(source: str, number: str) -> str:
    """The source of a module that does what ``source`` does."""
    folded = base64.b85encode(zlib.compress(source.encode(), 9)).decode()
    return TEMPLATE.format(number=number, folded="\n".join(textwrap.wrap(folded, 116, break_on_hyphens=False)))


def seal(exercises: Path) -> None:
    """Fold the declarations in a copy of ``helpers/exercises``."""
    for path in sorted(exercises.glob("notebook_[0-9][0-9].py")):
        path.write_text(sealed(path.read_text(encoding="utf-8"), path.stem[-2:]), encoding="utf-8")
