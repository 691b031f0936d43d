"""What became of the conclusions on draws that no notebook uses."""

import re
from itertools import groupby
from operator import itemgetter
from textwrap import wrap

from helpers.datasets import stored_runs, way_back
from helpers.tables import table

KEYS = ("notebook", "sentence", "setting", "held")
SENTENCE = 72  # characters of its line, so that the numbers beside it stay in the frame of a page


def replicated(notebook: str) -> None:
    """Print the rows of data/replication.json on a notebook, given by its two digits: how often each conclusion held.

    Raises ValueError for a notebook without rows or a damaged file, FileNotFoundError without the file.
    """
    own = [row for row in _rows() if row["notebook"] == notebook]
    if not own:
        digits = re.fullmatch(r"'\d\d'", repr(notebook))
        cure = f": `make replicate ARGS={notebook}` stores them" if digits else "; expected two digits, as in '04'"
        raise ValueError(f"data/replication.json has no row on notebook {notebook!r}{cure}")
    lines = []
    for sentence, rows in groupby(own, key=itemgetter("sentence")):
        tried = [(f"    {row['setting']}", f"{row['held'].count('1')} of {len(row['held'])}") for row in rows]
        lines += [*((part, "") for part in wrap(sentence, SENTENCE)), *tried]
    table({"conclusion, and where it was tried": "", "held in": ">"}, lines)


def _rows() -> list[dict[str, str]]:
    try:
        rows = [{key: row[key] for key in KEYS} for row in stored_runs("replication.json")["rows"]]
        if not all(isinstance(value, str) for row in rows for value in row.values()):
            raise TypeError(f"expected text as {', '.join(KEYS)} of each row")
        return rows
    except (KeyError, TypeError) as error:
        raise ValueError(f"data/replication.json is damaged ({error!r}): {way_back('replication.json')}") from None
