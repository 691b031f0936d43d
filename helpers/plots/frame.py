"""What every figure shares: the canvas, the style, names of axes, a note, and its display."""

import functools
import html
import io
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
from matplotlib.ticker import NullLocator
from numpy.typing import ArrayLike, NDArray

from helpers.arguments import whole_number
from helpers.plots.colours import BLACK

P = ParamSpec("P")
R = TypeVar("R")

MOST_INCHES, MOST_PANELS = 100, 20
MANY_DECADES = 1e3  # ticks between the powers of ten would be a blur on a slide, and half of the drawing time
STYLE = Path(__file__).with_name("course.mplstyle")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Matplotlib reads most of a style while it draws, so every drawing function runs inside it."""

    @functools.wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with plt.style.context(STYLE):
            return draw(*args, **kwargs)

    return inside


@styled
def canvas(
    columns: int = 1, *, rows: int = 1, size: tuple[float, float] = (9.0, 4.5), **shared: Any
) -> tuple[Figure, Any]:
    """A figure of ``rows`` x ``columns`` Axes in the course's look.

    Args:
        size: inches; 9 x 4.5 fills a slide below its title.
        shared: passed on to ``plt.subplots``, for instance ``sharey=True``.

    Returns the figure and one Axes, or an array of them.
    Raises ValueError or TypeError for a size or numbers of panels that are none.
    """
    whole_number("columns", columns, 1, MOST_PANELS)
    whole_number("rows", rows, 1, MOST_PANELS)
    if not all(0 < side < MOST_INCHES for side in numbers("size", size, (2,))):
        raise ValueError(f"size is {size}; expected two lengths in inches, above zero")
    return plt.subplots(rows, columns, figsize=size, **shared)


@styled
def show(figure: Figure, alt: str) -> None:
    """Display ``figure`` once, with ``alt`` as its alternative text, and close it.

    Raises TypeError where ``figure`` is none, and ValueError for a text of
    fewer than 20 characters: say what is drawn and what it shows.
    """
    text = _sentence(alt)
    if not isinstance(figure, Figure):
        raise TypeError(f"figure is a {type(figure).__name__}; expected a Figure, as canvas returns it")
    data = {"image/png": _png(figure), "text/plain": repr(figure)}
    display(data, raw=True, metadata={"image/png": {"alt": text}})


@styled
def image_html(picture: Figure | bytes, alt: str) -> str:
    """The HTML element that holds a figure, which it closes, or a film, and its alternative text.

    ``show`` needs no HTML. This serves what a notebook cannot show otherwise: a
    picture that changes with a slider, and a GIF.

    Args:
        picture: a figure, or the bytes of a GIF as ``animate_paths`` returns them.

    Raises TypeError or ValueError for a picture that is neither, ValueError for
    a text of fewer than 20 characters.
    """
    text = html.escape(_sentence(alt))
    if not isinstance(picture, Figure | bytes):
        raise TypeError(f"picture is a {type(picture).__name__}; expected a figure, or the bytes of a GIF")
    if isinstance(picture, bytes) and not picture.startswith(b"GIF8"):
        raise ValueError(f"picture starts with {picture[:4]!r}; expected a figure, or the bytes of a GIF")
    kind, content = ("gif", picture) if isinstance(picture, bytes) else ("png", _png(picture))
    return f'<img style="max-width: 100%" alt="{text}" src="data:image/{kind};base64,{b64encode(content).decode()}">'


def _sentence(alt: str) -> str:
    if not isinstance(alt, str) or len(alt.strip()) < 20:
        raise ValueError(f"alt is {alt!r}; expected a sentence that says what the figure shows")
    return " ".join(alt.split())


def _png(figure: Figure) -> bytes:
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            if axis.get_scale() == "log" and high > MANY_DECADES * low:
                axis.set_minor_locator(NullLocator())
    # Drawn once: Jupyter would draw twice, to cut margins that the layout has not left, and savefig to lay out.
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    plt.close(figure)
    return picture.getvalue()


@styled
def note(
    ax: Axes, text: str, at: tuple[float, float], *, offset: tuple[float, float] = (8, 8), colour: str = BLACK
) -> Axes:
    """Write ``text`` beside the data point ``at``, ``offset`` points away from it."""
    place, shift = numbers("at", at, (2,)), numbers("offset", offset, (2,))
    ax.annotate(text, (place[0], place[1]), (shift[0], shift[1]), textcoords="offset points", color=colour, fontsize=12)
    return ax


def numbers(name: str, values: ArrayLike, shape: tuple[int, ...] | None = None) -> NDArray[np.float64]:
    """``values`` as an array of ``shape``, by default (n,); else TypeError or ValueError with their name."""
    try:
        array = np.asarray(values.detach() if hasattr(values, "detach") else values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{name} is a {type(values).__name__} that numpy cannot read: {error}") from None
    if array.dtype.kind not in "iufb":
        raise TypeError(f"{name} is a {type(values).__name__} of {array.dtype}; expected real numbers")
    if array.ndim != 1 if shape is None else array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; expected {shape or '(n,)'}")
    return array.astype(float)


def series_of(name: str, series: Mapping[str, Any]) -> Mapping[str, Any]:
    """``series``, if it maps names to something; else TypeError or ValueError with the argument's name."""
    if not isinstance(series, Mapping):
        raise TypeError(f"{name} is a {type(series).__name__}; expected a dict of name to numbers")
    if not series:
        raise ValueError(f"{name} is empty; expected at least one name with its numbers")
    return series


def dress(ax: Axes, title: str, xlabel: str, ylabel: str) -> None:
    """Title and names of the axes."""
    ax.set_title(title)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
