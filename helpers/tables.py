"""A table of plain text."""

from collections.abc import Iterable, Mapping, Sequence


def table(columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
    """Print ``rows`` below the headings of ``columns``, three spaces apart: text on the left, numbers on the right.

    Args:
        columns: heading to format, as it would follow the colon in an f-string, for instance ".3f", "," or ".0%";
            "" for a column of text, ">" for text on the right.
        rows: one cell for each column; a cell that is a str is printed as it is.

    Raises ValueError for a row of another length, or a format that does not suit a cell; TypeError for a cell that
    takes none, as None, under one that is not "".
    """
    specs = list(columns.values())
    lines = [list(columns)]
    for row in rows:
        if len(row) != len(specs):
            raise ValueError(f"a row has {len(row)} cells: {row}; expected {len(specs)}: {', '.join(columns)}")
        lines.append([cell if isinstance(cell, str) else format(cell, specs[i]) for i, cell in enumerate(row)])
    sides = ["<" if spec == "" else ">" for spec in specs]
    widths = [max(len(line[i]) for line in lines) for i in range(len(specs))]
    for line in lines:
        print("   ".join(map("{:{}{}}".format, line, sides, widths)).rstrip())
