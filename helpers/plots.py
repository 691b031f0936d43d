"""Every figure's layout: numbers in, Axes out, in one look.

A cell makes the canvas with ``canvas``, draws on its Axes with one of the
functions below, and ends with ``show``, which demands alternative text.
"""

import functools
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from PIL import Image

P = ParamSpec("P")
R = TypeVar("R")

STYLE = Path(__file__).with_name("course.mplstyle")

# Okabe and Ito's colours, which the common forms of colour blindness keep apart, and two darker ones of Paul Tol's.
_BLACK, _GREY, _ORANGE, _SKY, _GREEN = "#333333", "#767676", "#E69F00", "#56B4E9", "#009E73"
_BLUE, _VERMILION, _PURPLE, _WINE, _OLIVE = "#0072B2", "#D55E00", "#CC79A7", "#882255", "#999933"

# Shuttle's classes in the order of their numbers; a toy problem of two or three classes takes the first ones.
CLASS_COLOURS = (_BLUE, _VERMILION, _GREEN, _ORANGE, _SKY, _PURPLE, _BLACK)

COLOURS: dict[str, str] = {
    # The thread's four weightings, always in this order, and the one that is another problem.
    "1 : 2 : 3": _BLUE,
    "2 : 4 : 6": _ORANGE,
    "100 : 200 : 300": _VERMILION,
    "1/6 : 2/6 : 3/6": _GREEN,
    "3 : 2 : 1": _PURPLE,
    # Weighting schemes.
    "no weights": _BLACK,
    "N/n_c": _VERMILION,
    "sum one": _GREEN,
    "max one": _SKY,
    "class mean one": _PURPLE,
    "sample mean one": _BLUE,
    "balanced": _BLUE,
    "square root": _ORANGE,
    "effective number": _WINE,
    "median frequency": _OLIVE,
    # Alternatives to weights.
    "threshold moving": _SKY,
    "logit adjustment": _GREEN,
    "resampling": _PURPLE,
    "focal loss": _OLIVE,
    "late weights": _WINE,
    # What the loss is divided by.
    "divided by Σ w": _BLUE,
    "divided by N": _VERMILION,
    "not divided": _BLACK,
    # Optimisers.
    "SGD": _VERMILION,
    "momentum": _ORANGE,
    "Nesterov": _WINE,
    "Adagrad": _PURPLE,
    "RMSprop": _SKY,
    "Adam": _BLUE,
    "AdamW": _GREEN,
    "L-BFGS": _BLACK,
    # What theory says, against what was measured.
    "theory": _BLACK,
    "measured": _BLUE,
}


def _styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Matplotlib reads most of a style while it draws, so every drawing function runs inside it."""

    @functools.wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with plt.style.context(STYLE):
            return draw(*args, **kwargs)

    return inside


@_styled
def canvas(
    columns: int = 1, *, rows: int = 1, size: tuple[float, float] = (9.0, 4.5), **shared: Any
) -> tuple[Figure, Any]:
    """A figure of ``rows`` x ``columns`` Axes in the course's look.

    Args:
        size: inches; 9 x 4.5 fills a slide below its title.
        shared: passed on to ``plt.subplots``, for instance ``sharey=True``.

    Returns the figure and one Axes, or an array of them.
    """
    return plt.subplots(rows, columns, figsize=size, **shared)


@_styled
def show(figure: Figure, alt: str) -> None:
    """Display ``figure`` once, with ``alt`` as its alternative text, and close it.

    Raises ValueError for a text of fewer than 20 characters: say what is drawn and what it shows.
    """
    if len(alt.strip()) < 20:
        raise ValueError(f"alt is {alt!r}; expected a sentence that says what the figure shows")
    display(figure, metadata={"image/png": {"alt": " ".join(alt.split())}})
    plt.close(figure)


@_styled
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
    x = np.asarray(x)
    ends: list[tuple[float, str, str]] = []
    for number, (name, values) in enumerate(series.items()):
        y = np.asarray(values, dtype=float)
        colour = _colour(name, number, colours)
        ax.plot(x, y, color=colour, marker=marker)
        if spread and name in spread:
            low, high = spread[name]
            ax.fill_between(x, np.asarray(low), np.asarray(high), color=colour, alpha=0.2, linewidth=0)
        if np.isfinite(y).any():
            ends.append((float(y[np.isfinite(y)][-1]), name, colour))
    ax.set(xscale="log" if "x" in log else "linear", yscale="log" if "y" in log else "linear")
    _dress(ax, title, xlabel, ylabel)
    if labels:
        _label_ends(ax, ends)
    return ax


@_styled
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
    names = list(values)
    for row, name in enumerate(names):
        value = float(values[name])
        ax.barh(row, value, color=_colour(name, row, colours), height=0.7)
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
    if not log and min(values.values()) >= 0:
        ax.set_xlim(left=0)
    _dress(ax, title, xlabel, ylabel)
    return ax


@_styled
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
    width = 0.8 / len(series)
    for number, (name, values) in enumerate(series.items()):
        y = np.asarray(values, dtype=float)
        position = np.arange(len(groups)) + (number - (len(series) - 1) / 2) * width
        ax.bar(position, y, width * 0.92, color=_colour(name, number, colours), label=name)
        if spread and name in spread:
            low, high = (np.asarray(bound, dtype=float) for bound in spread[name])
            ax.errorbar(position, y, [y - low, high - y], fmt="none", ecolor="#111111", elinewidth=1.5, capsize=3)
    ax.set_xticks(range(len(groups)), groups)
    ax.grid(visible=False, axis="x")
    if log:
        ax.set_yscale("log")
    _dress(ax, title, xlabel, ylabel)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=min(len(series), 5), fontsize=12)
    ax.set_title(title, pad=36)
    return ax


@_styled
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
    v = np.asarray(values, dtype=float)
    shade = v if colour is None else np.asarray(colour, dtype=float)
    low, high = limits or (np.nanmin(shade), np.nanmax(shade))
    ax.imshow(shade, aspect="auto", cmap="cividis", vmin=low, vmax=high)
    for i, j in np.ndindex(v.shape):
        dark = (shade[i, j] - low) / max(high - low, 1e-300) < 0.5
        written = text[i][j] if text is not None else f"{v[i, j]:.2g}"
        ax.text(j, i, written, ha="center", va="center", color="white" if dark else "black", fontsize=11)
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(visible=False)
    ax.tick_params(length=0)
    _dress(ax, title, xlabel, ylabel)
    return ax


@_styled
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
    horizontal, vertical = np.asarray(x), np.asarray(y)
    ax.scatter(horizontal, vertical, s=size, color=colour, zorder=3)
    for name, a, b in zip(names or (), horizontal, vertical, strict=False):
        ax.annotate(name, (a, b), (6, 5), textcoords="offset points", fontsize=12)
    ax.set(xscale="log" if "x" in log else "linear", yscale="log" if "y" in log else "linear")
    _dress(ax, title, xlabel, ylabel)
    return ax


@_styled
def note(
    ax: Axes, text: str, at: tuple[float, float], *, offset: tuple[float, float] = (8, 8), colour: str = _BLACK
) -> Axes:
    """Write ``text`` beside the data point ``at``, ``offset`` points away from it."""
    ax.annotate(text, at, offset, textcoords="offset points", color=colour, fontsize=12)
    return ax


def _colour(name: str, number: int, colours: Mapping[str, str] | Sequence[str] | None) -> str:
    if isinstance(colours, Mapping):
        return colours[name]
    if colours is not None:
        return colours[number]
    return COLOURS.get(name, CLASS_COLOURS[number % len(CLASS_COLOURS)])


def _dress(ax: Axes, title: str, xlabel: str, ylabel: str) -> None:
    ax.set_title(title)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)


def _label_ends(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Name lines at their right ends, moved apart vertically so that no two names touch."""
    if not ends:
        return
    low, high = (ax.transData.transform((0 if ax.get_xscale() == "linear" else 1, y))[1] for y in ax.get_ylim())
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


@_styled
def animate_paths(
    paths: Mapping[str, ArrayLike],
    surface: Callable[[NDArray[np.float64]], ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    size: tuple[float, float] = (12.0, 3.8),
    milliseconds: int = 160,
) -> bytes:
    """Paths through a plane, one panel each, as an endless GIF of one frame a step.

    Args:
        paths: panel's title to points, shape (steps + 1, 2); the same steps for all.
        surface: points (n, 2) to heights (n,), drawn as contours.
        size: inches, at 80 dots an inch.
        milliseconds: how long a frame stays; the last one stays ten times as long.

    Returns the bytes of the file.
    """
    figure, axes = plt.subplots(1, len(paths), figsize=size, dpi=80, squeeze=False)
    for ax, (name, path) in zip(axes[0], paths.items(), strict=True):
        points = np.asarray(path, dtype=float)
        reach = np.ptp(points, axis=0)
        low, high = points.min(axis=0) - 0.12 * reach, points.max(axis=0) + 0.12 * reach
        grid = np.meshgrid(*np.linspace(low, high, 80).T)
        heights = np.asarray(surface(np.stack(grid, axis=-1).reshape(-1, 2))).reshape(80, 80)
        ax.contourf(*grid, heights, levels=12, alpha=0.5)
        _dress(ax, name, xlabel, ylabel if ax is axes[0][0] else "")
    # Only the path changes, so everything else is drawn once: a full redraw of each frame takes ten times as long.
    figure.canvas.draw()
    background = figure.canvas.copy_from_bbox(figure.bbox)  # type: ignore[attr-defined]
    frames = []
    for step in range(len(points)):
        figure.canvas.restore_region(background)  # type: ignore[attr-defined]
        for ax, path in zip(axes[0], paths.values(), strict=True):
            seen = np.asarray(path, dtype=float)[: step + 1]
            ax.draw_artist(ax.plot(*seen.T, color=_BLACK, linewidth=1.3, marker=".", markersize=4)[0])
            ax.draw_artist(ax.plot(*seen[-1:].T, color=_VERMILION, marker="o", markersize=9)[0])
        clock = axes[0][0].text(0.97, 0.03, f"step {step}", transform=axes[0][0].transAxes, ha="right", fontsize=13)
        axes[0][0].draw_artist(clock)
        clock.remove()
        frames.append(Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3]))  # type: ignore[attr-defined]
    plt.close(figure)
    colours = frames[-1].quantize(128, Image.Quantize.MAXCOVERAGE)
    stills = [frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames]
    content = io.BytesIO()
    durations = [milliseconds] * (len(stills) - 1) + [10 * milliseconds]
    stills[0].save(content, "GIF", save_all=True, append_images=stills[1:], duration=durations, loop=0)
    return content.getvalue()
