"""Bars and coloured tables."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers.plots.colours import colour_of
from helpers.plots.frame import dress, numbers, series_of, styled


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
    """Horizontal bars, the first on top, each with its value written behind it.

    Args:
        spread: name to (low, high), drawn as a whisker.
        text: the format of the written value; "" writes none.
    """
    names = list(series_of("values", values))
    for row, name in enumerate(names):
        value = float(numbers(f"values[{name!r}]", values[name], ()))
        ax.barh(row, value, color=colour_of(name, row, colours), height=0.7)
        end = value
        if spread and name in spread:
            low, high = spread[name]
            ax.plot([low, high], [row, row], color="#111111", linewidth=1.5, marker="|", markersize=8)
            end = max(value, high)
        if text:
            ax.annotate(text.format(value), (end, row), (6, 0), textcoords="offset points", va="center", fontsize=12)
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    if log:
        ax.set_xscale("log")
    ax.margins(x=0.18)
    dress(ax, title, xlabel, ylabel)
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
    colours: Mapping[str, str] | Sequence[str] | None = None,
    spread: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    log: bool = False,
) -> Axes:
    """Vertical bars side by side within each group, named in a legend above the Axes.

    Args:
        groups: one name a group.
        series: name to shape (groups,).
        spread: name to (low, high), shapes (groups,), drawn as whiskers.
    """
    width = 0.8 / len(series_of("series", series))
    for number, (name, values) in enumerate(series.items()):
        y = numbers(f"series {name!r}", values, (len(groups),))
        position = np.arange(len(groups)) + (number - (len(series) - 1) / 2) * width
        ax.bar(position, y, width * 0.92, color=colour_of(name, number, colours), label=name)
        if spread and name in spread:
            low, high = (np.asarray(bound, dtype=float) for bound in spread[name])
            ax.errorbar(position, y, [y - low, high - y], fmt="none", ecolor="#111111", elinewidth=1.5, capsize=3)
    ax.set_xticks(range(len(groups)), groups)
    ax.grid(visible=False, axis="x")
    if log:
        ax.set_yscale("log")
    dress(ax, title, xlabel, ylabel)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=min(len(series), 5), fontsize=12)
    ax.set_title(title, pad=36)
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
    """A table whose cells are coloured by value and carry their number.

    Args:
        values: shape (rows, columns).
        colour: what is coloured, for instance log10 of the values; default the values.
        text: what is written; default the values to two digits.
        limits: the values at the two ends of the colour scale.
    """
    v = numbers("values", values, (len(rows), len(columns)))
    shade = v if colour is None else numbers("colour", colour, v.shape)
    low, high = limits or (float(np.nanmin(shade)), float(np.nanmax(shade)))
    ax.imshow(shade, aspect="auto", cmap="cividis", vmin=low, vmax=high)
    for i, j in np.ndindex(v.shape):
        dark = (shade[i, j] - low) / max(high - low, 1e-300) < 0.5
        written = text[i][j] if text is not None else f"{v[i, j]:.2g}"
        ax.text(j, i, written, ha="center", va="center", color="white" if dark else "black", fontsize=11)
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(visible=False)
    ax.tick_params(length=0)
    dress(ax, title, xlabel, ylabel)
    return ax
