"""Where a script of this folder writes: only into a folder that is its own to empty."""

import shutil
from argparse import ArgumentParser
from pathlib import Path

from book.course import ROOT

BUILD = ROOT / "book" / "_build"


def empty_folder(doc: str | None, default: str) -> Path:
    """The folder that the command line names, or ``book/_build/default``, with nothing in it.

    What stands in the build folder is made anew. A folder anywhere else with something in it is refused, as its files
    are not ours to delete.
    """
    parser = ArgumentParser(description=doc)
    parser.add_argument("target", nargs="?", type=Path, default=BUILD / default)
    target: Path = parser.parse_args().target.resolve()
    if BUILD in target.parents:
        shutil.rmtree(target, ignore_errors=True)
    try:
        target.mkdir(parents=True, exist_ok=True)
        taken = any(target.iterdir())
    except OSError as error:
        parser.error(f"cannot write into {target}: {error.strerror}; name a new folder")
    if taken:
        parser.error(f"{target} holds files; name a new folder, or an empty one")
    return target
