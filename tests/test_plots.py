"""Figures hold the data, names and limits that they were given; pictures are for eyes."""

import base64
import io
import itertools

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from PIL import Image

from helpers import plots

mpl.use("agg")
NAMES = {"title": "Finding", "xlabel": "steps", "ylabel": "loss in nats"}


@pytest.fixture
def ax():
    figure, ax = plots.canvas()
    yield ax
    plt.close(figure)


def named(ax):
    return ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()


def test_lines_draw_each_series_in_its_colour_and_name_it(ax):
    plots.lines(ax, [1, 2, 3], {"SGD": [1.0, 2.0, 4.0], "Adam": [1.0, 1.0, 1.0]}, log="xy", **NAMES)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1.0, 2.0, 4.0], [1.0, 1.0, 1.0]]
    assert [line.get_color() for line in ax.lines] == [plots.COLOURS["SGD"], plots.COLOURS["Adam"]]
    assert {text.get_text() for text in ax.texts} == {"SGD", "Adam"}
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert named(ax) == tuple(NAMES.values())


def test_names_of_lines_do_not_touch(ax):
    plots.lines(ax, [0, 1], {f"line {i}": [0.0, 1.0 + i * 1e-6] for i in range(6)}, **NAMES)
    heights = sorted(text.xy[1] for text in ax.texts)
    assert len(heights) == 6
    assert np.diff(heights).min() > 0.04
    assert heights[0] >= 0
    assert heights[-1] <= 1


def test_a_line_that_is_nan_is_not_named(ax):
    plots.lines(ax, [0, 1], {"SGD": [np.nan, np.nan], "Adam": [1.0, np.nan]}, **NAMES)
    assert [text.get_text() for text in ax.texts] == ["Adam"]


def test_spread_is_a_band(ax):
    plots.lines(ax, [0, 1], {"SGD": [1.0, 2.0]}, spread={"SGD": ([0.0, 1.0], [2.0, 3.0])}, **NAMES)
    vertices = ax.collections[0].get_paths()[0].vertices
    assert (vertices[:, 1].min(), vertices[:, 1].max()) == (0.0, 3.0)


def test_bars_carry_their_values_first_on_top(ax):
    plots.bars(ax, {"Adam": 2.0, "SGD": 1.0}, spread={"SGD": (0.5, 3.0)}, text="{:.1f}", **NAMES)
    assert [patch.get_width() for patch in ax.patches] == [2.0, 1.0]
    assert [text.get_text() for text in ax.texts] == ["2.0", "1.0"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Adam", "SGD"]
    assert ax.yaxis_inverted()
    assert ax.get_xlim()[0] == 0
    assert ax.lines[0].get_xdata().tolist() == [0.5, 3.0]


def test_grouped_bars_keep_groups_apart(ax):
    plots.grouped_bars(ax, ["a", "b"], {"SGD": [1, 2], "Adam": [3, 4]}, spread={"SGD": ([0, 1], [2, 3])}, **NAMES)
    assert [patch.get_height() for patch in ax.patches] == [1, 2, 3, 4]
    centres = [patch.get_x() + patch.get_width() / 2 for patch in ax.patches]
    assert abs(centres[0] - 0) < 0.5 > abs(centres[2] - 0)
    assert abs(centres[1] - 1) < 0.5 > abs(centres[3] - 1)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["SGD", "Adam"]


def test_heat_table_writes_each_cell_readably(ax):
    plots.heat_table(ax, [[0.0, 1.0], [np.nan, 0.5]], ["r1", "r2"], ["c1", "c2"], **NAMES)
    assert [text.get_text() for text in ax.texts] == ["0", "1", "nan", "0.5"]
    assert [text.get_color() for text in ax.texts[:2]] == ["white", "black"]


def test_points_and_notes_are_named(ax):
    plots.points(ax, [1, 2], [3, 4], names=["low", "high"], **NAMES)
    plots.note(ax, "here", (1, 3))
    assert ax.collections[0].get_offsets().tolist() == [[1, 3], [2, 4]]
    assert [text.get_text() for text in ax.texts] == ["low", "high", "here"]


def test_colours_are_distinct_within_what_is_drawn_together():
    weightings = ["1 : 2 : 3", "2 : 4 : 6", "100 : 200 : 300", "1/6 : 2/6 : 3/6", "3 : 2 : 1"]
    schemes = ["no weights", "N/n_c", "sum one", "max one", "class mean one", "sample mean one", "square root"]
    optimisers = ["SGD", "momentum", "Nesterov", "Adagrad", "RMSprop", "Adam", "AdamW", "L-BFGS"]
    for group in (weightings, schemes, optimisers):
        assert len({to_hex(plots.COLOURS[name]) for name in group}) == len(group)
    assert len(set(plots.CLASS_COLOURS)) == 7


def test_show_demands_alternative_text_and_closes_the_figure(capsys):
    figure, _ = plots.canvas()
    with pytest.raises(ValueError, match="alt is 'a plot'"):
        plots.show(figure, alt="a plot")
    other, _ = plots.canvas()
    with pytest.raises(ValueError, match="alt is"):
        plots.show(figure, alt="x" * 19)
    plots.show(figure, alt="x" * 20)
    assert capsys.readouterr().out
    assert not plt.fignum_exists(figure.number)
    assert plt.fignum_exists(other.number)
    plt.close(other)


def test_canvas_passes_on_what_it_does_not_know_and_refuses_what_is_no_size():
    figure, axes = plots.canvas(2, size=(3, 2), sharey=True)
    assert axes[0].get_shared_y_axes().joined(*axes)
    plt.close(figure)
    for size in ((0, 1), (1, -1), (100, 1), (1, 2, 3), 4):
        with pytest.raises(ValueError, match="size"):
            plots.canvas(size=size)
    for panels in ({"rows": 21}, {"columns": 21}, {"rows": 0}):
        with pytest.raises(ValueError, match=next(iter(panels))):
            plots.canvas(**panels)


def test_tensors_with_a_gradient_are_drawn(ax):
    plots.lines(ax, [0, 1], {"SGD": torch.tensor([1.0, 2.0], requires_grad=True)}, **NAMES)
    assert ax.lines[0].get_ydata().tolist() == [1.0, 2.0]


def test_numbers_of_another_shape_are_named(ax):
    with pytest.raises(ValueError, match=r"^x has shape \(1, 2\); expected \(n,\)"):
        plots.lines(ax, [[0, 1]], {"SGD": [1, 2]}, **NAMES)
    with pytest.raises(ValueError, match=r"^series 'SGD' has shape \(3,\); expected \(2,\)"):
        plots.lines(ax, [0, 1], {"SGD": [1, 2, 3]}, **NAMES)
    with pytest.raises(ValueError, match=r"^series 'SGD' has shape \(3,\); expected \(2,\)"):
        plots.grouped_bars(ax, ["a", "b"], {"SGD": [1, 2, 3]}, **NAMES)
    with pytest.raises(ValueError, match=r"^colour has shape \(2,\); expected \(1, 2\)"):
        plots.heat_table(ax, [[1, 2]], ["a"], ["b", "c"], colour=[1, 2], **NAMES)
    with pytest.raises(ValueError, match=r"^values\['SGD'\] has shape \(2,\)"):
        plots.bars(ax, {"SGD": [1, 2]}, **NAMES)


def test_image_html_holds_a_figure_and_its_text():
    figure, ax = plots.canvas(size=(3, 2))
    plots.lines(ax, [1, 2], {"SGD": [1.0, 2.0]}, **NAMES)
    element = plots.image_html(figure, alt='Loss against step,\n  "SGD" < 3 & rising.')
    start, content = element.removesuffix('">').split("data:image/png;base64,")
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        assert (picture.format, picture.size) == ("PNG", (300, 200))
    text = "Loss against step, &quot;SGD&quot; &lt; 3 &amp; rising."
    assert start == f'<img style="max-width: 100%" alt="{text}" src="'
    assert not plt.fignum_exists(figure.number)


def test_image_html_holds_a_film():
    film = plots.animate_paths({"k": np.eye(2)}, lambda p: p.sum(axis=1), xlabel="weight", ylabel="bias")
    element = plots.image_html(film, alt="Two frames of a point that moves.")
    assert base64.b64decode(element.removesuffix('">').split("data:image/gif;base64,")[1]) == film


def test_style_stays_inside():
    before = dict(mpl.rcParams)
    figure, ax = plots.canvas(2, rows=2)
    plots.points(ax[0, 0], [1], [1], **NAMES)
    plt.close(figure)
    assert dict(mpl.rcParams) == before


def test_a_path_becomes_a_frame_a_step():
    path = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 2.0]])
    content = plots.animate_paths(
        {"k = 1": path, "k = 2": 2 * path}, lambda p: (p**2).sum(axis=1), xlabel="weight", ylabel="bias"
    )
    with Image.open(io.BytesIO(content)) as film:
        frames = []
        for number in range(film.n_frames):
            film.seek(number)
            frames.append((np.asarray(film.convert("RGB")), film.info["duration"]))
        assert film.info["loop"] == 0
    assert [duration for _, duration in frames] == [160, 160, 1600]
    assert all(picture.shape == (304, 960, 3) for picture, _ in frames)
    assert all((a != b).any() for (a, _), (b, _) in itertools.pairwise(frames))


def test_a_frame_shows_the_path_up_to_its_step(monkeypatch):
    drawn = []
    monkeypatch.setattr(Line2D, "set_data", lambda _, *data: drawn.append(tuple(map(list, data))))
    path = [[0.0, 5.0], [1.0, 6.0], [2.0, 7.0]]
    plots.animate_paths({"k": path}, lambda p: p.sum(axis=1), xlabel="weight", ylabel="bias")
    in_frames = [data for data in drawn if len(data) == 2 and data[1] and data[1][-1] in (5, 6, 7)]
    trails = [([0.0], [5.0]), ([0.0, 1.0], [5.0, 6.0]), ([0.0, 1.0, 2.0], [5.0, 6.0, 7.0])]
    assert in_frames[0::2] == trails
    assert in_frames[1::2] == [([0.0], [5.0]), ([1.0], [6.0]), ([2.0], [7.0])]


def test_show_displays_one_picture_with_its_text(monkeypatch):
    shown = []
    monkeypatch.setattr("helpers.plots.frame.display", lambda data, **options: shown.append((data, options)))
    figure, axes = plots.canvas(2)
    plots.lines(axes[0], [1, 2], {"SGD": [1e-2, 1e2]}, log="y", **NAMES)
    assert len(axes[0].yaxis.get_minorticklocs()) > 0
    plots.lines(axes[1], [1, 2], {"SGD": [60.0, 110.0]}, log="y", **NAMES)
    plots.show(figure, alt="Two panels,\n   one over many decades and one over few.")
    ((data, options),) = shown
    assert data["text/plain"] == "<Figure size 900x450 with 2 Axes>"
    with Image.open(io.BytesIO(data["image/png"])) as picture:
        assert picture.size == (900, 450)
    text = "Two panels, one over many decades and one over few."
    assert options == {"raw": True, "metadata": {"image/png": {"alt": text}}}
    assert len(axes[0].yaxis.get_minorticklocs()) == 0
    assert len(axes[1].yaxis.get_minorticklocs()) > 0
