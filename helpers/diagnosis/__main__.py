"""diagnose in a terminal: python -m helpers.diagnosis counts.csv --batch 128 --lr 0.1 --optimizer adam."""

import argparse
import csv
import inspect
import io
import itertools
import math
import re
import sys
from pathlib import Path
from typing import Any

from helpers.diagnosis.compute import diagnose

# What the file holds, or Python alone can give; every other option of diagnose is a flag here, of which the start is
# enough: --batch 128.
IN_THE_FILE = ("counts", "labels", "classes", "weight", "inputs")
# What a column of counts may be called; 0 is pandas' name for the sizes of groups.
COUNTING = (
    "n", "count", "counts", "freq", "frequency", "samples", "size", "total", "num_images", "n_samples", "support", "0",
    "num", "cnt", "len", "f0_", "images", "instances", "n_images", "num_samples", "anzahl",
)  # fmt: skip
COUNTED = re.compile(r"(count(_star)?|n)\(.*\)|(count of|#) .+")  # the same from SQL, R or a pivot table: count(*)
NAMING = ("name", "class", "label")  # which of several columns beside the counts holds the names


def number(text: str) -> Any:
    """A number where the text is one, else the text, without the spaces around it."""
    plain = text.strip().isascii() and "_" not in text  # Python reads 1_0 as ten, and the digits of all scripts
    for kind in (int, float) if plain else ():
        try:
            value = kind(text)
        except ValueError:
            continue
        return value if kind is int or math.isfinite(value) else text.strip()  # "inf" and "nan" are words
    return text.strip()


def samples_in(text: str, name: Any) -> Any:
    """A number of samples. ``45.586`` is 45586 to a German; with a digit more it can only be a decimal."""
    if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text.strip()):
        whole = text.strip().replace(".", "")
        raise ValueError(f"counts of {name} is {text!r}; write {whole}, or {text.strip()}0 if the point is decimal")
    return number(text)


def names(texts: list[str]) -> list[Any]:
    """Classes as numbers, if all of them are; else as texts, of which 007 and 7 are two."""
    found = list(map(number, texts))
    if any(isinstance(one, str) for one in found):
        return [text.strip() for text in texts]
    return [int(one) if one == int(one) else one for one in found]


def whole(cells: list[str]) -> bool:
    """Whether all are whole numbers, also as 25.0 or "1,025"."""
    return all(re.fullmatch(r"\d[\d,]*(\.0*)?", cell, re.ASCII) for cell in cells)


def table_in(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns of the file, and its rows: each has one cell a column."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if "\0" in text:
            raise csv.Error("it holds the character NUL, as UTF-16 does")
        started = itertools.dropwhile(lambda line: not line.strip(), io.StringIO(text))
        header, *rows = list(csv.reader(started, skipinitialspace=True)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no CSV in UTF-8 ({error}): save it as such") from None
    columns = [name.strip() for name in header]
    while rows and not rows[-1]:
        rows.pop()
    if len(columns) == 1:  # where an empty line is an empty cell
        rows = [row or [""] for row in rows]
    else:  # a spreadsheet may add rows of empty cells
        rows = [row for row in rows if any(row) or len(row) not in (0, len(columns))]
    for number_of_row, row in enumerate(rows, 1):
        if len(row) != len(columns):
            raise ValueError(
                f"{path} has another number of cells in row {number_of_row} than its header; mend that row"
            )
    if len(set(columns)) < len(columns) or (columns and not rows):
        raise ValueError(f"{path} has the columns {columns}; expected no name twice, and rows below them")
    table = [dict(zip(columns, row, strict=True)) for row in rows]
    nameless = [row[""] for row in table if row[""].strip()] if "" in columns[1:] else []  # the first may be an index
    if nameless:
        raise ValueError(f"{path} has a column without a name with {nameless[0]!r}; name it, or write 5000, not 5,000")
    return columns, table


def read(path: Path, counts: str | None, labels: str | None) -> dict[str, Any]:
    """The argument of ``diagnose`` that the file holds: which column is what, flags or the header's words say."""
    columns, table = table_in(path)
    if counts is None and labels is None:
        counts, labels = ("count", None) if "count" in columns else (None, "label")
        beside = [name for name in columns if name.lower() in COUNTING or COUNTED.fullmatch(name.lower())]
        if labels in columns and beside and whole([row[beside[0]].strip() for row in table]):
            raise ValueError(
                f"{path} has beside label a column {beside[0]} of whole numbers; give --labels label if a row is a "
                f"sample, --counts {beside[0]} if it is a class (add up the rows of each class first)"
            )
    wanted = counts or labels
    if wanted not in columns:
        raise ValueError(
            f"{path} has the columns {columns}; expected, apart by commas, one named count (a row a class) or label "
            "(a row a sample): else say which it is with --counts COLUMN or --labels COLUMN"
        )
    if labels:
        found = names([row[labels] for row in table])
        if "" in found:
            raise ValueError(f"{path} has no {labels} in row {found.index('') + 1}; drop that row or fill it in")
        if len(set(found)) == len(found):
            raise ValueError(f"{path}: no {labels} comes twice, as in a table of counts; expected a row a sample")
        return {"labels": found}
    others = [column for column in columns if column != counts]
    if len(others) > 1:
        others = [column for column in others if column in NAMING]
        if len(others) != 1:
            raise ValueError(
                f"{path} has the columns {columns}; expected beside {counts} the names of the classes alone, or in one "
                f"column named {', '.join(NAMING)}: rename it, or leave the others out"
            )
    keys = names([row[others[0]] for row in table]) if others else list(range(len(table)))
    if "" in keys:
        raise ValueError(f"{path} has a count without a name in row {keys.index('') + 1}; name that class")
    if len(set(keys)) < len(keys):
        raise ValueError(f"{path} names a class twice in its column {others[0]!r}; expected one row a class")
    return {"counts": {key: samples_in(row[str(counts)], key) for key, row in zip(keys, table, strict=True)}}


def main(arguments: list[str] | None = None) -> int:
    """Print the diagnosis of the file, return 0; or what was wrong with it or an option, on stderr, and return 2."""
    parser = argparse.ArgumentParser(prog="python -m helpers.diagnosis", description="What class weights will do.")
    parser.add_argument("file", type=Path, help="CSV with a header: a column count beside names, or a column label")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--counts", metavar="COLUMN", help="this column holds the samples of each class")
    which.add_argument("--labels", metavar="COLUMN", help="this column holds the class of each sample")
    for name, option in inspect.signature(diagnose).parameters.items():
        if isinstance(option.default, bool):
            parser.add_argument("--" + name, action="store_true")
        elif name not in IN_THE_FILE:
            parser.add_argument("--" + name.replace("_", "-"), type=number, default=argparse.SUPPRESS)
    parser.add_argument("--weight", help=argparse.SUPPRESS)  # or its start would stand for --weight-decay
    options = vars(parser.parse_args(arguments))
    file, counts, labels, weight = (options.pop(name) for name in ("file", "counts", "labels", "weight"))
    if weight is not None:
        parser.error("own weights are one a class: in Python, diagnose(counts, weight=[...])")
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal's encoding may lack a letter of a name
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(diagnose(**read(file, counts, labels), **options))
    except (OSError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
