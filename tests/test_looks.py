"""Places, sizes, colours and fonts of a figure, as text: whoever changes a look runs `make snapshots`, reads the diff.

The text holds what the helpers decide, rounded to three digits, and nothing that
depends on a font or on how a backend draws.
"""

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FixedLocator

from helpers import plots
from helpers.diagnosis import diagnose

mpl.use("agg")
NAMES = {"title": "Finding", "xlabel": "steps", "ylabel": "loss in nats"}


def say(*values: Any) -> str:
    """Numbers to three digits, rows of numbers in brackets."""
    words = (v if isinstance(v, str) else f"{v:.3g}" if np.ndim(v) == 0 else f"({say(*v)})" for v in values)
    return " ".join(filter(None, words))


def of_text(text: Text, ax: Axes) -> str:
    unit = "axes fraction" if text.get_transform() == ax.transAxes else "data"
    place = say(text.get_position(), "in", unit)
    if isinstance(text, Annotation):
        place = say(text.xy, "in", text.xycoords, "shifted", text.xyann, text.anncoords)
    look = say(to_hex(text.get_color()), "size", text.get_fontsize(), text.get_ha(), text.get_va())
    if box := text.get_bbox_patch():
        look += say(" in a box", to_hex(box.get_ec()), to_hex(box.get_fc()), "width", box.get_lw())
    if arrow := getattr(text, "arrow_patch", None):
        look = say("arrow", type(arrow.get_arrowstyle()).__name__, to_hex(arrow.get_ec()), "width", arrow.get_lw())
    return f"text {text.get_text()!r} at {place}: {look}"


def of_collection(group: Collection, ax: Axes) -> str:
    if isinstance(group, ContourSet):
        within = ax.dataLim.get_points()
        return say("contours", group.get_cmap().name, "alpha", group.get_alpha(), group.levels, "within", *within)
    if isinstance(group, LineCollection):
        return say("whiskers", *map(to_hex, group.get_edgecolor()), "width", *group.get_lw(), *group.get_segments())
    colour = say(*map(to_hex, group.get_facecolor()))
    if isinstance(group, PathCollection):
        return say("dots", colour, "size", *group.get_sizes(), "order", group.get_zorder(), *group.get_offsets())
    x, y = group.get_paths()[0].vertices.T
    band = [(at, y[x == at].min(), y[x == at].max()) for at in np.unique(x)]
    return say("band", colour, "alpha", group.get_alpha(), "edge", *group.get_lw(), *band)


def look(ax: Axes) -> Iterator[str]:
    """What the helpers set of an Axes, one thing a line."""
    above = ax.titleOffsetTrans.to_values()[-1] * 72 / ax.figure.dpi
    size, weight = ax.title.get_fontsize(), ax.title.get_fontweight()
    yield say("title", repr(ax.get_title(loc="left")), size, weight, "above by", above, "" if ax.axison else "no axes")
    for axis, limits, lines in (
        (ax.xaxis, ax.get_xlim(), ax.get_xgridlines()),
        (ax.yaxis, ax.get_ylim(), ax.get_ygridlines()),
    ):
        grid = "grid" if lines[0].get_visible() else "no grid"
        sizes = axis.label.get_fontsize(), axis.get_ticklabels()[0].get_fontsize()
        yield say(axis.axis_name, axis.get_scale(), limits, grid, repr(axis.get_label_text()), "sizes", sizes)
        if isinstance(axis.get_major_locator(), FixedLocator):
            names = (label.get_text() for label in axis.get_ticklabels())
            yield say("  ticks", axis.get_ticklocs(), *names, "long", axis.get_ticklines()[0].get_markersize())
    for text in ax.texts:
        yield of_text(text, ax)
    for line in ax.lines:
        marker = say("marker", line.get_marker(), line.get_markersize(), to_hex(line.get_markeredgecolor()))
        style = say("style", line.get_linestyle(), line.get_lw(), to_hex(line.get_color()))
        yield say("line", style, marker, *line.get_xydata())
    for patch in ax.patches:
        yield say("bar", to_hex(patch.get_fc()), "from", patch.get_xy(), "by", (patch.get_width(), patch.get_height()))
    for group in ax.collections:
        yield of_collection(group, ax)
    for image in ax.images:
        values = np.ma.filled(image.get_array(), np.nan)
        yield say("table", image.get_cmap().name, image.get_clim(), ax.get_aspect(), *values)
    if legend := ax.get_legend():
        anchor = legend.get_bbox_to_anchor().transformed(ax.transAxes.inverted())
        names = (say(repr(text.get_text()), text.get_fontsize()) for text in legend.get_texts())
        yield say("legend at", anchor.bounds, *names)


LINES = {"theory": [1.0, 0.1, 0.02], "other": [1.0, 0.2, 0.021], "third": [2.0, np.nan, np.nan]}
BAND = {"theory": ([0.9, 0.08, 0.01], [1.1, 0.2, 0.03])}
BARS = {"theory": 3.0, "other": 20.0}
GROUPS = {"theory": [1.0, 20.0], "other": [2.0, 30.0]}
WHISKERS = {"other": ([1.5, 20.0], [3.0, 35.0])}
CROWD = {f"{i}": [1.0, 10.0 ** min(i, 3)] for i in range(5)}
TABLE = ([[1.0, 20.0], [np.nan, 3.0]], ["r", "s"], ["c", "d"])
SHADES = {"colour": [[0.4, 0.6], [0.1, 0.5]], "text": [["x", "y"], ["z", ""]], "limits": (0, 0.7)}
STEPS = [("scaled?", "no: rest", "yes: divide"), ("float16?", "no: rest", "yes: check"), ("seven?", "no", "yes")]
SCENES: dict[str, Callable[[Axes], Any]] = {
    "lines": lambda ax: plots.lines(ax, [1, 10, 100], LINES, spread=BAND, log="xy", marker="o", **NAMES),
    "plain lines": lambda ax: plots.lines(ax, [1, 2, 3], LINES, labels=False, colours=["r", "g", "b"], **NAMES),
    "crowded lines": lambda ax: plots.lines(ax, [1, 10], CROWD, log="xy", **NAMES),
    "points": lambda ax: plots.points(ax, [1, 2], [3, 40], names=["a", "b"], log="y", size=50, **NAMES),
    "plain points": lambda ax: plots.points(ax, [1, 2], [3, 40], log="x", colour="r", **NAMES),
    "bars": lambda ax: plots.bars(ax, BARS, spread={"other": (15.0, 30.0)}, **NAMES),
    "log bars": lambda ax: plots.bars(ax, {"theory": 3.0, "other": 2e6}, log=True, **NAMES),
    "coloured bars": lambda ax: plots.bars(ax, BARS, colours={"theory": "r", "other": "b"}, **NAMES),
    "grouped bars": lambda ax: plots.grouped_bars(ax, ["a", "b"], GROUPS, spread=WHISKERS, **NAMES),
    "log grouped bars": lambda ax: plots.grouped_bars(ax, ["a", "b"], GROUPS, log=True, **NAMES),
    "heat table": lambda ax: plots.heat_table(ax, *TABLE, **NAMES),
    "coloured heat table": lambda ax: plots.heat_table(ax, *TABLE, **SHADES, **NAMES),
    "decisions": lambda ax: plots.decisions(ax, STEPS, title="Questions"),
    "note": lambda ax: plots.note(ax, "here", (0.2, 0.4)),
    "diagnosis": lambda ax: diagnose([90, 0, 1, 9], batch_size=4).draw(ax),
    "coloured note": lambda ax: plots.note(ax, "x", (1, 1), offset=(0, 9), colour="r"),
}


@pytest.mark.parametrize("scene", SCENES)
def test_look(scene, snapshot):
    figure, ax = plots.canvas()
    SCENES[scene](ax)
    assert "\n".join(look(ax)) == snapshot
    plt.close(figure)


def test_look_of_the_last_frame(monkeypatch, snapshot):
    figures = []
    monkeypatch.setattr("helpers.plots.animation.plt.close", figures.append)
    path = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 3.0]])
    surface = {"surface": lambda p: p[:, 0] ** 2 + p[:, 1], "xlabel": "weight", "ylabel": "bias"}
    plots.animate_paths({"k = 1": path, "k = 2": 1 - path}, **surface)
    monkeypatch.undo()
    (figure,) = figures
    assert "\n".join(line for ax in figure.axes for line in look(ax)) == snapshot
    plt.close(figure)
