"""What became of the conclusions on draws that no notebook uses."""

import json
from itertools import groupby
from operator import itemgetter
from textwrap import wrap

from helpers.datasets import DATA
from helpers.tables import table

RESTORE = "restore it with `git checkout -- data/replication.json`, or make it again with `make replicate`"
SENTENCE = 72  # characters of its line, so that the numbers beside it stay in the frame of a page


def replicated(notebook: str) -> None:
    """Print the rows of data/replication.json on a notebook, given by its two digits: how often each conclusion held.

    Raises ValueError for a notebook without rows or a damaged file, FileNotFoundError without the file.
    """
    own = [row for row in _rows() if row["notebook"] == notebook]
    if not own:
        raise ValueError(f"data/replication.json has no row on notebook {notebook!r}; expected two digits, as in '04'")
    lines = []
    for sentence, rows in groupby(own, key=itemgetter("sentence")):
        tried = [(f"    {row['setting']}", f"{row['held'].count('1')} of {len(row['held'])}") for row in rows]
        lines += [*((part, "") for part in wrap(sentence, SENTENCE)), *tried]
    table({"conclusion, and where it was tried": "", "held in": ">"}, lines)


def _rows() -> list[dict[str, str]]:
    try:
        rows = json.loads((DATA / "replication.json").read_text(encoding="utf-8"))["rows"]
        return [{key: row[key] for key in ("notebook", "sentence", "setting", "held")} for row in rows]
    except FileNotFoundError:
        raise FileNotFoundError(f"data/replication.json is missing: {RESTORE}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"data/replication.json is damaged ({error!r}): {RESTORE}") from None
