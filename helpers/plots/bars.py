"""Bars, and tables whose cells are coloured."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers.colours import colour_of
from helpers.plots.frame import numbers, series_of, spread_of, styled

WHISKER = "#111111"


@styled
def bars(
    ax: Axes,
    values: Mapping[str, float],
    *,
    title: str,
    xlabel: str,
    ylabel: str = "",
    colours: Mapping[str, str] | Sequence[str] | None = None,
    spread: Mapping[str, tuple[float, float]] | None = None,
    log: bool = False,
    text: str = "{:.3g}",
) -> Axes:
    """Horizontal bars, the first on top, each with its value at its end.

    Args:
        spread: name to (low, high), drawn as a whisker.
        log: a logarithmic axis, which has no zero for a bar to start from: dots.
        text: the format of the written value.
    """
    lengths = series_of("values", values, (), log=log)
    whiskers = spread_of(spread, lengths)
    for row, (name, value) in enumerate(lengths.items()):
        colour = colour_of(name, row, colours)
        low, high = whiskers.get(name, (value, value))
        if log:
            ax.plot(value, row, "o", color=colour, markersize=10)
        else:
            ax.barh(row, value, color=colour, height=0.7)
        if high > low:
            ax.plot([low, high], [row, row], color=WHISKER, linewidth=1.5, marker="|", markersize=8)
        place, gap = (float(max(value, high)), row), 10 if log else 6
        ax.annotate(text.format(value), place, (gap, 0), textcoords="offset points", va="center", fontsize=12)
    ax.set_yticks(range(len(values)), list(values))
    ax.invert_yaxis()
    ax.grid(visible=log, axis="y")
    ax.margins(x=0.18, y=0.2 if log else None)
    ax.set(xscale="log" if log else "linear", title=title, xlabel=xlabel, ylabel=ylabel)
    return ax


@styled
def grouped_bars(
    ax: Axes,
    groups: Sequence[str],
    series: Mapping[str, ArrayLike],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    spread: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    log: bool = False,
) -> Axes:
    """Vertical bars side by side within each group, and a legend above the Axes.

    Args:
        groups: one name for each group.
        series: name to shape (groups,).
        spread: name to (low, high), shapes (groups,), drawn as whiskers.
        log: a logarithmic axis, which has no zero for a bar to stand on: dots.
    """
    heights = series_of("series", series, (len(groups),), log=log)
    whiskers = spread_of(spread, heights)
    width = (0.5 if log else 0.8) / len(heights)
    for number, (name, y) in enumerate(heights.items()):
        x = np.arange(len(groups)) + (number - (len(series) - 1) / 2) * width
        colour = colour_of(name, number, None)
        if log:
            ax.plot(x, y, "o", color=colour, markersize=10, label=name)
        else:
            ax.bar(x, y, width * 0.92, color=colour, label=name)
        if name in whiskers:
            low, high = whiskers[name]
            ax.errorbar(x, y, [y - low, high - y], fmt="none", ecolor=WHISKER, elinewidth=1.5, capsize=3)
    ax.set_xticks(range(len(groups)), groups)
    ax.grid(visible=False, axis="x")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=min(len(series), 5), fontsize=12)
    ax.set_title(title, pad=36)
    ax.set(yscale="log" if log else "linear", xlabel=xlabel, ylabel=ylabel)
    return ax


@styled
def heat_table(
    ax: Axes,
    values: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    colour: ArrayLike | None = None,
    text: Sequence[Sequence[str]] | None = None,
    limits: tuple[float, float] | None = None,
) -> Axes:
    """A table of numbers: the larger the number, the darker its cell.

    Args:
        values: shape (rows, columns).
        colour: what is coloured, for instance log10 of the values; default the values.
        text: what is written; default the values to two digits.
        limits: the values of the palest and of the darkest cell; default the smallest and the largest.
    """
    v = numbers("values", values, (len(rows), len(columns)))
    if text is not None and [len(row) for row in text] != [len(columns)] * len(rows):
        raise ValueError(f"text has {[len(row) for row in text]} entries by row; expected {[len(columns)] * len(rows)}")
    shade = v if colour is None else numbers("colour", colour, v.shape)
    low, high = limits or (float(np.nanmin(shade)), float(np.nanmax(shade)))
    ax.imshow(shade, aspect="auto", cmap="Blues", vmin=low, vmax=high)
    for i, j in np.ndindex(v.shape):
        dark = shade[i, j] > low + 0.72 * (high - low)
        written = text[i][j] if text is not None else f"{v[i, j]:.2g}"
        ax.text(j, i, written, ha="center", va="center", color="white" if dark else "black", fontsize=11)
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return ax
