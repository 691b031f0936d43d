"""A table of plain text."""

from collections.abc import Iterable, Mapping, Sequence


def table(columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
    """Print ``rows`` below the headings of ``columns``, three spaces apart: text on the left, numbers on the right.

    Args:
        columns: heading to format, as it would follow the colon in an f-string, for instance ".3f", "," or ".0%";
            "" for a column of text, ">" for text on the right.
        rows: one cell for each column; a cell that is a str is printed as it is.

    Raises ValueError for a row of another length, or a format that does not suit a cell.
    """
    lines = [list(columns)]
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"a row has {len(row)} cells: {row}; expected {len(columns)}: {', '.join(columns)}")
        cells = zip(row, columns.values(), strict=True)
        lines.append([cell if isinstance(cell, str) else format(cell, spec) for cell, spec in cells])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligns = ["<" if spec == "" else ">" for spec in columns.values()]
    for line in lines:
        print("   ".join(f"{cell:{a}{w}}" for cell, a, w in zip(line, aligns, widths, strict=True)).rstrip())
