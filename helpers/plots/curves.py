"""Lines and points."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers.plots.colours import COLOURS, colour_of
from helpers.plots.frame import dress, numbers, series_of, styled


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
    """One line a series, named at its right end.

    Args:
        x: shape (n,), shared by all series.
        series: name to shape (n,).
        colours: by name, or in the order of the series; default COLOURS, then the cycle.
        spread: name to (low, high), shapes (n,), drawn as a band.
        log: the logarithmic axes: "", "x", "y" or "xy".
        marker: matplotlib's name for the points; "" draws none.
        labels: whether to name the lines.
    """
    x = numbers("x", x)
    ends: list[tuple[float, str, str]] = []
    for number, (name, values) in enumerate(series_of("series", series).items()):
        y = numbers(f"series {name!r}", values, x.shape)
        colour = colour_of(name, number, colours)
        ax.plot(x, y, color=colour, marker=marker)
        if spread and name in spread:
            low, high = spread[name]
            ax.fill_between(x, np.asarray(low), np.asarray(high), color=colour, alpha=0.2, linewidth=0)
        if np.isfinite(y).any():
            ends.append((float(y[np.isfinite(y)][-1]), name, colour))
    ax.set(xscale="log" if "x" in log else "linear", yscale="log" if "y" in log else "linear")
    dress(ax, title, xlabel, ylabel)
    if labels:
        _label_ends(ax, ends)
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
    names: Sequence[str] | None = None,
    log: str = "",
    size: float = 30.0,
) -> Axes:
    """A scatter of n points, x and y of shape (n,), each named beside it where ``names`` are given."""
    horizontal, vertical = numbers("x", x), numbers("y", y)
    if len(horizontal) != len(vertical):
        raise ValueError(f"x has {len(horizontal)} points and y {len(vertical)}; expected as many")
    ax.scatter(horizontal, vertical, s=size, color=colour, zorder=3)
    for name, a, b in zip(names or (), horizontal, vertical, strict=False):
        ax.annotate(name, (a, b), (6, 5), textcoords="offset points", fontsize=12)
    ax.set(xscale="log" if "x" in log else "linear", yscale="log" if "y" in log else "linear")
    dress(ax, title, xlabel, ylabel)
    return ax


def _label_ends(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Name lines at their right ends, moved apart vertically so that no two names touch."""
    if not ends:
        return
    low, high = (ax.transData.transform((1, y))[1] for y in ax.get_ylim())
    span = high - low
    height = ax.get_window_extent().height * 72 / ax.figure.dpi
    gap = min(15.0 / height, 0.98 / len(ends))
    wanted = [(ax.transData.transform((1, y))[1] - low) / span for y, _, _ in ends]
    order = np.argsort(wanted, kind="stable")
    placed = np.clip(np.asarray(wanted)[order], 0.0, 1.0)
    for _ in range(200):
        for i in range(1, len(placed)):
            overlap = gap - (placed[i] - placed[i - 1])
            if overlap > 0:
                placed[i - 1] -= overlap / 2
                placed[i] += overlap / 2
        placed = np.clip(placed, 0.0, 1.0)
    for position, i in zip(placed, order, strict=True):
        _, name, colour = ends[i]
        ax.annotate(
            name,
            (1, position),
            (6, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            color=colour,
            va="center",
            fontsize=12,
        )
