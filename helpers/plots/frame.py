"""What every figure shares: the canvas and its style, a note, and the way into the notebook with alternative text."""

import functools
import html
import io
import math
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterMathtext, LogLocator, NullLocator
from numpy.typing import ArrayLike, NDArray

from helpers.colours import BLACK, for_letters
from helpers.plots.vector import is_picture, svg

P = ParamSpec("P")
R = TypeVar("R")

STYLE = Path(__file__).with_name("course.mplstyle")
SHORTEST_ALT = 40  # characters of alternative text; who cannot see the figure needs a sentence
MANY_DECADES = 1e3  # ticks between the powers of ten would be a blur on a slide, and half of the drawing time
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """``draw`` inside the course's style: matplotlib reads most of a style while it draws."""

    @functools.wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with plt.style.context(STYLE):
            return draw(*args, **kwargs)

    return inside


@styled
def canvas(
    columns: int = 1, *, rows: int = 1, size: tuple[float, float] = (9.0, 4.5), **shared: Any
) -> tuple[Figure, Any]:
    """A figure of ``rows`` x ``columns`` panels in the course's look, and its Axes: one, or an array of them.

    Args:
        size: width and height in inches; 9 x 4.5 fills a slide below its title.
        shared: passed on to ``plt.subplots``, for instance ``sharey=True``.
    """
    return plt.subplots(rows, columns, figsize=size, **shared)


@styled
def note(
    ax: Axes, text: str, at: tuple[float, float], *, offset: tuple[float, float] = (8, 8), colour: str = BLACK
) -> Axes:
    """Write ``text`` beside the data point ``at``, ``offset`` points away from it."""
    place, shift = numbers("at", at, (2,)), numbers("offset", offset, (2,))
    colour = colour if is_picture(ax) else for_letters(colour)
    look: dict[str, Any] = {"textcoords": "offset points", "fontsize": 12, "color": colour}
    ax.annotate(text, (place[0], place[1]), (shift[0], shift[1]), **look)
    return ax


@styled
def show(figure: Figure, alt: str) -> None:
    """Display ``figure`` once and close it. ``alt`` says, for whoever cannot see it, what it draws and shows.

    Raises ValueError for an ``alt`` of fewer than SHORTEST_ALT characters, and
    TypeError for anything but a figure.
    """
    name = repr(figure)
    data, metadata = still(figure, alt)
    # JupyterLab would prefer an SVG to the picture and lose its text, so it is stored where only the site looks.
    metadata["image/png"]["svg"] = svg(figure)
    display({**data, "text/plain": name}, raw=True, metadata=metadata)


@styled
def still(figure: Figure, alt: str) -> tuple[dict[str, bytes], dict[str, dict[str, str]]]:
    """``figure`` as the data and metadata of an output; closes it. Errors as in ``show``."""
    text = _sentence(alt)
    return {"image/png": _png(figure)}, {"image/png": {"alt": text}}


@styled
def image_html(picture: Figure | bytes, alt: str) -> str:
    """An HTML image, for what ``show`` cannot display, such as an animation.

    Args:
        picture: a figure, which it closes, or a GIF as ``animate_paths`` returns it.
        alt: as in ``show``, with the same errors.
    """
    text = html.escape(_sentence(alt))
    kind, content = ("gif", picture) if isinstance(picture, bytes) else ("png", _png(picture))
    return f'<img style="max-width: 100%" alt="{text}" src="data:image/{kind};base64,{b64encode(content).decode()}">'


def _sentence(alt: str) -> str:
    text = " ".join(alt.split()) if isinstance(alt, str) else ""
    if len(text) < SHORTEST_ALT:
        raise ValueError(
            f"alt is {alt!r}; expected what the figure draws and shows, in {SHORTEST_ALT} characters or more"
        )
    return text


def _png(figure: Figure) -> bytes:
    if not isinstance(figure, Figure):
        raise TypeError(f"the picture is of type {type(figure).__name__}; expected a figure, as canvas returns it")
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            as_it_comes = isinstance(axis.get_major_formatter(), LogFormatterMathtext)
            powers = isinstance(axis.get_major_locator(), LogLocator) and getattr(axis.get_transform(), "base", 0) == 10
            if as_it_comes and powers:
                axis.set_major_formatter(_power_of_ten)
            if axis.get_scale() == "log" and high > MANY_DECADES * low:
                axis.set_minor_locator(NullLocator())
    # Drawn once: Jupyter would draw twice, to cut margins that the layout has not left, and savefig to lay out.
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    plt.close(figure)
    return buffer.getvalue()


def _power_of_ten(value: float, _: float) -> str:
    """As the moving figures write it. A formula for each tick would take a quarter of the drawing time."""
    exponent = math.floor(math.log10(value) + 1e-9)
    factor = value / 10.0**exponent
    return ("" if abs(factor - 1) < 1e-6 else f"{factor:g}·") + "10" + str(exponent).translate(SUPERSCRIPTS)


def numbers(
    name: str, values: ArrayLike, shape: tuple[int, ...] | None = None, *, log: bool = False
) -> NDArray[np.float64]:
    """``values`` as floats of ``shape``, by default (n,), for a logarithmic axis where ``log``.

    Matplotlib would draw text as categories, several columns as several lines, one number as often as there are bars,
    and leave out what has no logarithm; here each is a TypeError or ValueError that names the argument.
    """
    try:
        array = np.asarray(values.detach() if hasattr(values, "detach") else values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{name} cannot be read as numbers: {error}") from None
    if array.dtype.kind not in "iufb":
        raise TypeError(f"{name} holds {array.dtype}; expected real numbers")
    if array.ndim != 1 if shape is None else array.shape != shape:
        expected = "(n,)" if shape is None else shape or "one number"
        raise ValueError(f"{name} has shape {array.shape}; expected {expected}")
    if log and (array <= 0).any():
        raise ValueError(f"{name} holds {array.min()}; expected numbers above zero on a logarithmic axis")
    return array.astype(float)


def series_of(
    name: str, series: Mapping[str, ArrayLike], shape: tuple[int, ...], *, log: bool = False
) -> dict[str, NDArray[np.float64]]:
    """Each series of a dict as floats of ``shape``; else TypeError or ValueError with the argument's name."""
    if not isinstance(series, Mapping) or not series:
        raise TypeError(f"{name} is {series!r}; expected a dict with a name and numbers for each series")
    return {key: numbers(f"{name}[{key!r}]", values, shape, log=log) for key, values in series.items()}


def spread_of(
    spread: Mapping[str, tuple[ArrayLike, ArrayLike]] | None, series: Mapping[str, NDArray[np.float64]]
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Low and high of the ``series`` that have a spread; a ValueError for another name, or for low above high."""
    found = {}
    for key, bounds in (spread or {}).items():
        if key not in series:
            raise ValueError(f"spread has the name {key!r}; expected some of {', '.join(series)}")
        low, high = (numbers(f"spread[{key!r}]", bound, series[key].shape) for bound in bounds)
        if (low > high).any():
            raise ValueError(f"spread[{key!r}] has a low end above its high end; expected (low, high)")
        found[key] = (low, high)
    return found
