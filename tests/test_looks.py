"""Places, sizes, colours and fonts of a figure are decided once: who means to change them changes the digests here."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FixedLocator

from helpers import plots

mpl.use("agg")
NAMES = {"title": "Finding", "xlabel": "steps", "ylabel": "loss in nats"}


def short(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"


def rounded(values: Any) -> list[str]:
    return [short(v) for v in np.ma.filled(values, np.nan).ravel()]


def of_text(text: Text) -> list[Any]:
    place = text.get_position()
    if isinstance(text, Annotation):
        place = [*text.xy, *text.xyann, text.xycoords, text.anncoords]
    box = text.get_bbox_patch()
    frame = [to_hex(box.get_edgecolor()), to_hex(box.get_facecolor()), box.get_linewidth()] if box else []
    alignment = [text.get_horizontalalignment(), text.get_verticalalignment(), text.get_fontsize()]
    unit = type(text.get_transform()).__name__
    return [text.get_text(), *map(short, place), unit, to_hex(text.get_color()), *alignment, *frame]


def look(ax: Axes) -> Iterator[list[Any]]:
    """What the helpers set of an Axes; nothing that depends on how a backend draws it."""
    yield [ax.get_title(), ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale(), ax.get_yscale()]
    yield [ax.axison, *rounded(ax.get_xlim()), *rounded(ax.get_ylim()), *rounded(ax.figure.bbox.size)]
    yield [line.get_visible() for line in ax.get_xgridlines()[:1] + ax.get_ygridlines()[:1]]
    yield [
        ax.titleOffsetTrans.to_values(),
        *(tick.tick1line.get_markersize() for tick in ax.xaxis.get_major_ticks()[:1]),
    ]
    for axis in (ax.xaxis, ax.yaxis):
        if isinstance(axis.get_major_locator(), FixedLocator):
            yield [*rounded(axis.get_ticklocs()), *(label.get_text() for label in axis.get_ticklabels())]
    for text in ax.texts:
        yield of_text(text)
        arrow = text.arrow_patch if isinstance(text, Annotation) else None
        yield (
            [to_hex(arrow.get_edgecolor()), arrow.get_linewidth(), type(arrow.get_arrowstyle()).__name__]
            if arrow
            else []
        )
    for line in ax.lines:
        yield [*rounded(line.get_xydata()), to_hex(line.get_color()), line.get_linewidth()]
        yield [line.get_marker(), line.get_markersize(), line.get_linestyle()]
    for patch in ax.patches:
        yield [*rounded(patch.get_bbox().bounds), to_hex(patch.get_facecolor())]
    for group in ax.collections:
        yield [*rounded(group.get_offsets()), *rounded(group.get_facecolor()), *rounded(group.get_linewidth())]
        yield [group.get_zorder(), *rounded(group.get_edgecolor()), *rounded(getattr(group, "get_sizes", list)())]
        yield [rounded(path.vertices) for path in group.get_paths()]
    for image in ax.images:
        yield [*rounded(image.get_array()), *image.get_clim(), image.get_cmap().name, ax.get_aspect()]
    if legend := ax.get_legend():
        yield [legend._ncols, legend._loc, *rounded(legend.get_bbox_to_anchor().bounds)]
        yield [of_text(text) for text in legend.get_texts()]


def digest(ax: Axes) -> str:
    return hashlib.sha256(repr(list(look(ax))).encode()).hexdigest()[:10]


LINES = {"SGD": [1.0, 0.1, 0.02], "other": [1.0, 0.2, 0.021], "third": [2.0, np.nan, np.nan]}
BAND = {"SGD": ([0.9, 0.08, 0.01], [1.1, 0.2, 0.03])}
BARS = {"SGD": 3.0, "other": 20.0}
GROUPS = {"SGD": [1.0, 20.0], "other": [2.0, 30.0]}
WHISKERS = {"other": ([1.5, 20.0], [3.0, 35.0])}
CROWD = {f"{i}": [0.0, i // 9] for i in range(12)}
LOG_CROWD = {f"{i}": [1.0, 10.0 ** min(i, 3)] for i in range(7)}
RGB, NAMED = ["r", "g", "b"], {"SGD": "r", "other": "b"}
SIGNS = [[-1.0, 1.0], [0.3, -0.3]]
TABLE = [[1.0, 20.0], [0.1, 3.0]]
SHADES = {"colour": [[0.4, 0.6], [0.1, 0.5]], "text": [["x", "y"], ["z", ""]], "limits": (0, 0.6)}
PLANE = {"xlabel": "weight", "ylabel": "bias"}
STEPS = [("scaled?", "no: rest", "yes: divide"), ("float16?", "no: rest", "yes: check"), ("seven?", "no", "yes")]
SCENES: dict[str, tuple[str, Callable[[Axes], Any]]] = {
    "lines": (
        "c72611f2de",
        lambda ax: plots.lines(ax, [1, 10, 100], LINES, spread=BAND, log="xy", marker="o", **NAMES),
    ),
    "plain lines": ("b3f74b9e94", lambda ax: plots.lines(ax, [1, 2, 3], LINES, labels=False, colours=RGB, **NAMES)),
    "crowded lines": ("65f20e727d", lambda ax: plots.lines(ax, [0, 1], CROWD, **NAMES)),
    "log crowd": ("bae25313a4", lambda ax: plots.lines(ax, [1, 10], LOG_CROWD, log="xy", **NAMES)),
    "points": ("4d2f9a2a74", lambda ax: plots.points(ax, [1, 2], [3, 40], names=["a", "b"], log="y", size=50, **NAMES)),
    "plain points": ("005a78d7d2", lambda ax: plots.points(ax, [1, 2], [3, 40], log="x", colour="r", **NAMES)),
    "bars": ("ce084cc5a9", lambda ax: plots.bars(ax, BARS, spread={"other": (15.0, 30.0)}, **NAMES)),
    "log bars": ("3ad060dc26", lambda ax: plots.bars(ax, BARS, log=True, text="", colours=NAMED, **NAMES)),
    "bars from zero": ("2bd341717a", lambda ax: plots.bars(ax, {"SGD": 0.0, "Adam": 0.5}, **NAMES)),
    "negative bars": ("16cb2bd013", lambda ax: plots.bars(ax, {"SGD": -3.0, "Adam": 1.0}, text="{:.1f}", **NAMES)),
    "grouped bars": ("464ceda7fe", lambda ax: plots.grouped_bars(ax, ["a", "b"], GROUPS, spread=WHISKERS, **NAMES)),
    "log grouped bars": (
        "8f31528f75",
        lambda ax: plots.grouped_bars(ax, ["a", "b"], GROUPS, log=True, colours=NAMED, **NAMES),
    ),
    "heat table": ("0788be196b", lambda ax: plots.heat_table(ax, TABLE, ["r", "s"], ["c", "d"], **NAMES)),
    "coloured heat table": (
        "88e67c25b6",
        lambda ax: plots.heat_table(ax, TABLE, ["r", "s"], ["c", "d"], **SHADES, **NAMES),
    ),
    "table of signs": ("99cb161b75", lambda ax: plots.heat_table(ax, SIGNS, ["r", "s"], ["c", "d"], **NAMES)),
    "decisions": ("0366a515df", lambda ax: plots.decisions(ax, STEPS, title="Questions")),
    "note": ("6fbea7d366", lambda ax: plots.note(ax, "here", (0.2, 0.4))),
    "coloured note": ("58c1ea4dbc", lambda ax: plots.note(ax, "x", (1, 1), offset=(0, 9), colour="r")),
}


@pytest.mark.parametrize("scene", SCENES)
def test_look(scene):
    wanted, draw = SCENES[scene]
    figure, ax = plots.canvas()
    draw(ax)
    assert digest(ax) == wanted, "\n".join(map(repr, look(ax)))
    plt.close(figure)


def test_look_of_the_last_frame(monkeypatch):
    figures = []
    monkeypatch.setattr("helpers.plots.animation.plt.close", figures.append)
    path = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 3.0]])
    plots.animate_paths({"k = 1": path, "k = 2": 1 - path}, lambda p: p[:, 0] ** 2 + p[:, 1], **PLANE)
    monkeypatch.undo()
    (figure,) = figures
    assert rounded(figure.get_size_inches() * figure.dpi) == ["960", "304"]
    assert [digest(ax) for ax in figure.axes] == ["61fc7c1b6e", "f5882bc310"]
    plt.close(figure)
