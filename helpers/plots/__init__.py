"""Every figure's layout: numbers in, Axes out, in one look.

A cell makes the canvas with ``canvas``, draws on its Axes with one of the
functions below, and ends with ``show``, which demands alternative text.
"""

from helpers.colours import CLASS_COLOURS, COLOURS
from helpers.plots.animation import animate_paths
from helpers.plots.bars import bars, grouped_bars, heat_table
from helpers.plots.curves import lines, points
from helpers.plots.diagram import decisions
from helpers.plots.frame import canvas, image_html, note, show

__all__ = [
    "CLASS_COLOURS",
    "COLOURS",
    "animate_paths",
    "bars",
    "canvas",
    "decisions",
    "grouped_bars",
    "heat_table",
    "image_html",
    "lines",
    "note",
    "points",
    "show",
]
