"""Lines and points."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from helpers.colours import COLOURS, colour_of, for_letters
from helpers.plots.frame import numbers, series_of, spread_of, styled


@styled
def lines(
    ax: Axes,
    x: ArrayLike,
    series: Mapping[str, ArrayLike],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    colours: Mapping[str, str] | Sequence[str] | None = None,
    spread: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    log: str = "",
    marker: str = "",
    labels: bool = True,
) -> Axes:
    """One line for each series, with its name at its right end.

    Args:
        x: shape (n,), shared by all series.
        series: name to shape (n,).
        colours: by name, or in the order of the series; default COLOURS, then the cycle.
        spread: name to (low, high), shapes (n,), drawn as a band.
        log: the logarithmic axes: "", "x", "y" or "xy".
        marker: matplotlib's name for the points; "" draws none.
        labels: whether to name the lines.
    """
    x = numbers("x", x, log="x" in log)
    drawn = series_of("series", series, x.shape, log="y" in log)
    bands = spread_of(spread, drawn)
    ends: list[tuple[float, str, str]] = []
    for number, (name, y) in enumerate(drawn.items()):
        colour = colour_of(name, number, colours)
        ax.plot(x, y, color=colour, marker=marker)
        if name in bands:
            ax.fill_between(x, *bands[name], color=colour, alpha=0.2, linewidth=0)
        if np.isfinite(y).any():
            ends.append((y[np.isfinite(y)][-1], name, colour))
    _set(ax, log, title, xlabel, ylabel)
    if labels and ends:
        _name_ends(ax, ends)
    return ax


@styled
def points(
    ax: Axes,
    x: ArrayLike,
    y: ArrayLike,
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    colour: str = COLOURS["measured"],
    names: Sequence[str] = (),
    log: str = "",
    size: float = 30.0,
) -> Axes:
    """A scatter of n points, x and y of shape (n,), each with its name beside it where ``names`` are given."""
    x = numbers("x", x, log="x" in log)
    y = numbers("y", y, x.shape, log="y" in log)
    if names and len(names) != len(x):
        raise ValueError(f"there are {len(names)} names for {len(x)} points; expected one each")
    ax.scatter(x, y, s=size, color=colour, zorder=3)
    for i, name in enumerate(names):
        ax.annotate(name, (x[i], y[i]), (6, 5), textcoords="offset points", fontsize=12)
    _set(ax, log, title, xlabel, ylabel)
    return ax


def spaced(wanted: ArrayLike, gap: float) -> NDArray[np.float64]:
    """The heights from 0 to 1 that are nearest to ``wanted``, in the same order and at least ``gap`` apart.

    Nearest in the sum of squares: with i gaps taken off the i-th, this is
    isotonic regression, by its max-min formula (Robertson, Wright and Dykstra,
    Order Restricted Statistical Inference, 1988, section 1.4).
    """
    order = np.argsort(wanted, kind="stable")
    gaps = gap * np.arange(len(order))
    free = np.asarray(wanted, dtype=float)[order] - gaps
    n = range(len(free))
    rising = [max(min(free[j : k + 1].mean() for k in n[i:]) for j in n[: i + 1]) for i in n]
    placed = np.empty(len(free))
    placed[order] = np.clip(rising, 0, 1 - gaps[-1]) + gaps
    return placed


def _name_ends(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Name lines at their right ends, so far apart vertically that no two names touch."""
    low, high, *last = ax.yaxis.get_transform().transform([*ax.get_ylim(), *(y for y, _, _ in ends)])
    points_high = ax.get_window_extent().height * 72 / ax.figure.dpi
    heights = spaced((np.array(last) - low) / (high - low), min(15 / points_high, 0.98 / len(ends)))
    look: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "center", "fontsize": 12}
    for i, (_, name, colour) in enumerate(ends):
        ax.annotate(name, (1, heights[i]), (6, 0), color=for_letters(colour), **look)


def _set(ax: Axes, log: str, title: str, xlabel: str, ylabel: str) -> None:
    if log not in ("", "x", "y", "xy"):
        raise ValueError(f"log is {log!r}; expected '', 'x', 'y' or 'xy'")
    scales = {f"{axis}scale": "log" if axis in log else "linear" for axis in "xy"}
    ax.set(**scales, title=title, xlabel=xlabel, ylabel=ylabel)
