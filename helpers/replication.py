"""What became of the conclusions on draws that no notebook uses."""

import json

from helpers.datasets import DATA
from helpers.tables import table


def replicated(notebook: str) -> None:
    """Print the rows of data/replication.json on a notebook, given by its two digits: how often each conclusion held.

    Raises ValueError for a notebook without rows, FileNotFoundError without the file; `make replicate` writes both.
    """
    rows = json.loads((DATA / "replication.json").read_text(encoding="utf-8"))["rows"]
    own = [row for row in rows if row["notebook"] == notebook]
    if not own:
        raise ValueError(f"data/replication.json has no row on notebook {notebook!r}; expected two digits, as in '04'")
    lines, before = [], ""
    for row in own:
        lines += [] if row["sentence"] == before else [(row["sentence"], "")]
        lines.append((f"    {row['setting']}", f"{row['held'].count('1')} of {len(row['held'])}"))
        before = row["sentence"]
    table({"conclusion, and where it was tried": "", "held in": ">"}, lines)
