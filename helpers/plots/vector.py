"""A figure as SVG, whose text is text: sharp at every density, and the site gives it the colours of its theme."""

import io
import re
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

SALT = "how large should class weights be"  # else the names inside would be drawn anew for each run
PIXELS = 200  # an inch of what becomes a picture even here
MANY_MARKS = 400  # from here on, a picture of dots takes less room than the dots
NONE = ("", "None")  # matplotlib's names of no marker
ON_PICTURE = "on-picture"  # the class of what stands on coloured cells: its colour belongs to theirs
FONTS = "'DejaVu Sans', Verdana, sans-serif"  # what the layout is measured in, and one as wide

# What matplotlib writes and nobody reads, with what stays of it.
SUPERFLUOUS = {
    r"(?s)^.*?(?=<svg )": "",
    r"(?s)<defs>\s*<style.*?</style>\s*</defs>": "",
    r"(?s)<!--.*?-->": "",
    rf'<g id="{ON_PICTURE}">': f'<g class="{ON_PICTURE}">',
    r'<g id="[^"]*">': "<g>",
    r'(?<= style=")([^"]*?)font-family: [^;"]*(?:; )?': r"\1",
    r' transform="rotate\(-?0 [^"]*"': "",
    r">\s+<": "><",
}


def svg(figure: Figure) -> str:
    """``figure``, once laid out, as one line of SVG, the same from run to run, lengths to a hundredth of a point.

    It changes the figure: draw it as a picture first, and close it then.
    """
    figure.set_layout_engine("none")  # whose places stay; to find them again would take most of the time
    figure.set_dpi(PIXELS)
    for dots in _crowds(figure):
        dots.set_rasterized(True)
    for ax in figure.axes:
        if is_picture(ax):
            for artist in (*ax.texts, *ax.lines, *ax.patches):
                artist.set_gid(ON_PICTURE)
        for image in ax.images:
            image.set_interpolation("none")  # a pixel for each cell: the browser enlarges it, with sharp edges
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": SALT}):
        FigureCanvasSVG(figure).print_svg(buffer, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    written = buffer.getvalue()
    for pattern, rest in SUPERFLUOUS.items():
        written = re.sub(pattern, rest, written)
    written = re.sub(r'(?<= )(?:d|x|y|transform)="[^"]*"', _rounded, written)
    look = f"font-family: {FONTS}; stroke-linejoin: round; stroke-linecap: butt"
    return written.strip().replace("<svg ", f'<svg style="{look}" ', 1)


def is_picture(ax: Axes) -> bool:
    """Whether coloured cells fill the axes: what stands on them keeps its colours."""
    return bool(ax.images) or any(isinstance(group, QuadMesh) for group in ax.collections)


def _crowds(figure: Figure) -> Iterator[Artist]:
    for ax in figure.axes:
        yield from (line for line in ax.lines if _marks(line) > MANY_MARKS)
        yield from (group for group in ax.collections if np.size(group.get_offsets()) > 2 * MANY_MARKS)


def _marks(line: Line2D) -> int:
    """How many dots a line has, unless it leaves some out."""
    return 0 if line.get_marker() in NONE or line.get_markevery() else np.size(line.get_xdata())


def _rounded(attribute: re.Match[str]) -> str:
    text = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), attribute[0])
    return re.sub(r"\s+", " ", text).replace(' "', '"')
