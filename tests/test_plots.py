"""What holds of every figure; test_looks.py holds the look of each kind."""

import base64
import io
import itertools
import re

import matplotlib as mpl
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator
from PIL import Image
from sklearn.isotonic import isotonic_regression

from helpers import plots
from helpers.plots.curves import spaced
from helpers.plots.frame import SHORTEST_ALT

mpl.use("agg")
NAMES = {"title": "Finding", "xlabel": "steps", "ylabel": "loss in nats"}
PLANE = {"surface": lambda p: p.sum(axis=1), "xlabel": "weight", "ylabel": "bias"}
ALT = "Two panels,\n   one over many decades and one over few."


@pytest.fixture
def ax():
    figure, ax = plots.canvas()
    yield ax
    plt.close(figure)


def fractions(low, high):
    return st.floats(low, high).map(lambda x: round(x, 3))


@given(st.lists(fractions(-0.1, 1.1), min_size=1, max_size=9), fractions(0, 0.1))
def test_names_are_spaced_as_little_as_possible(wanted, gap):
    order, gaps = np.argsort(wanted, kind="stable"), gap * np.arange(len(wanted))
    nearest = isotonic_regression(np.array(wanted)[order] - gaps, y_min=0, y_max=1 - gaps[-1]) + gaps
    np.testing.assert_allclose(spaced(wanted, gap)[order], nearest, atol=1e-12)


def test_names_of_lines_do_not_touch(ax):
    plots.lines(ax, [0, 1], {f"line {i}": [0.0, 1.0 + i * 1e-6] for i in range(12)}, **NAMES)
    ax.figure.canvas.draw()
    boxes = sorted((text.get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    assert all(lower.y1 <= upper.y0 for lower, upper in itertools.pairwise(boxes))


def test_names_of_many_lines_stay_beside_the_axes(ax):
    plots.lines(ax, [0, 1], {f"line {i}": [0.0, 1.0] for i in range(40)}, **NAMES)
    assert all(0 <= text.xy[1] <= 1 for text in ax.texts)


def test_a_line_without_a_finite_value_has_no_name(ax):
    plots.lines(ax, [0, 1], {"SGD": [np.nan, np.inf], "Adam": [1.0, np.nan]}, **NAMES)
    assert [text.get_text() for text in ax.texts] == ["Adam"]


def test_a_legend_stands_above_the_axes_in_rows_of_five(ax):
    plots.grouped_bars(ax, ["a"], {f"{i}": [1.0] for i in range(7)}, **NAMES)
    ax.figure.canvas.draw()
    legend = ax.get_legend()
    rows = [round(text.get_window_extent().y0) for text in legend.get_texts()]
    assert sorted(map(rows.count, set(rows))) == [2, 5]
    box = legend.get_window_extent()
    assert box.y0 >= ax.bbox.y1
    assert box.x0 >= ax.bbox.x0


def test_text_in_a_cell_has_the_contrast_that_wcag_asks_for(ax):
    values = np.linspace(1, 3, 101)
    plots.heat_table(ax, values[:, None], [""] * 101, [""], limits=(1, 3), **NAMES)
    cells = ax.images[0].to_rgba(values)[:, :3]
    luminance = np.where(cells <= 0.04045, cells / 12.92, ((cells + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
    white = np.array([text.get_color() == "white" for text in ax.texts])
    contrast = np.where(white, 1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05)
    assert contrast.min() >= 4.5


def test_names_in_colour_have_the_contrast_that_wcag_asks_for_in_the_hue_of_their_lines(ax):
    plots.lines(ax, [0, 1], {name: [0.0, 1.0] for name in plots.COLOURS}, **NAMES)
    plots.note(ax, "SGD", (0, 0), colour=plots.COLOURS["square root"])
    drawn = [*(line.get_color() for line in ax.lines), plots.COLOURS["square root"]]
    for text, colour in zip(ax.texts, drawn, strict=True):
        rgb, own = np.array(mpl.colors.to_rgb(text.get_color())), np.array(mpl.colors.to_rgb(colour))
        luminance = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
        assert 1.05 / (luminance + 0.05) >= 4.5
        assert np.ptp(rgb[own > 0.05] / own[own > 0.05]) < 0.03
        if "#0072B2" in colour or colour == "#333333":
            assert text.get_color() == colour.lower()


def test_a_note_on_dark_cells_keeps_its_colour():
    figure, axes = plots.canvas(2)
    axes[0].pcolormesh([[0.0, 1.0]])
    plots.heat_table(axes[1], [[0.0, 1.0]], ["row"], ["one", "two"], **NAMES)
    for ax in axes:
        plots.note(ax, "rests", (0, 0), colour="white")
        assert ax.texts[-1].get_color() == "white"
    plt.close(figure)


def test_colours_are_distinct_within_what_is_drawn_together():
    weightings = ["1 : 2 : 3", "2 : 4 : 6", "100 : 200 : 300", "1/6 : 2/6 : 3/6", "3 : 2 : 1"]
    schemes = ["no weights", "N/n_c", "sum one", "max one", "class mean one", "sample mean one", "square root"]
    optimisers = ["SGD", "momentum", "Nesterov", "Adagrad", "RMSprop", "Adam", "AdamW", "L-BFGS"]
    for group in (weightings, schemes, optimisers):
        assert len({plots.COLOURS[name] for name in group}) == len(group)
    assert len(set(plots.CLASS_COLOURS)) == 7


def test_a_tensor_with_a_gradient_is_drawn(ax):
    plots.lines(ax, [0, 1], {"SGD": torch.tensor([1.0, 2.0], requires_grad=True)}, **NAMES)
    assert ax.lines[0].get_ydata().tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("draw", "arguments", "said"),
    [
        (plots.lines, ([[0, 1]], {"SGD": [1, 2]}), "x has shape (1, 2); expected (n,)"),
        (plots.lines, ([0, 1], {"SGD": [1, 2, 3]}), "series['SGD'] has shape (3,); expected (2,)"),
        (plots.lines, ([0, 1], {}), "series is {}; expected a dict"),
        (plots.points, ([[0]], [1]), "x has shape"),
        (plots.points, ([0], [[1]]), "y has shape"),
        (plots.heat_table, ([1, 2], ["a"], ["b", "c"]), "values has shape (2,); expected (1, 2)"),
        (plots.bars, ({"SGD": [1, 2]},), "values['SGD'] has shape (2,); expected one number"),
        (plots.grouped_bars, (["a", "b"], {"SGD": 1}), "series['SGD'] has shape (); expected (2,)"),
        (plots.bars, ({"SGD": "1"},), "values['SGD'] holds <U1; expected real numbers"),
        (plots.points, ([[1], [1, 2]], [1]), "x cannot be read as numbers: "),
        (plots.points, ([1], torch.ones(1, dtype=torch.bfloat16)), "y cannot be read as numbers: "),
    ],
)
def test_what_matplotlib_would_draw_wrongly_is_refused_by_name(ax, draw, arguments, said):
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(said)}"):
        draw(ax, *arguments, **NAMES)


ABOVE = "expected numbers above zero on a logarithmic axis"


@pytest.mark.parametrize(
    ("draw", "arguments", "options", "said"),
    [
        (plots.lines, ([0, 1], {"SGD": [1, 2]}), {"log": "x"}, f"x holds 0; {ABOVE}"),
        (plots.lines, ([0, 1], {"SGD": [0.0, 2]}), {"log": "y"}, f"series['SGD'] holds 0.0; {ABOVE}"),
        (plots.lines, ([0, 1], {"SGD": [1, 2]}), {"log": "z"}, "log is 'z'; expected '', 'x', 'y' or 'xy'"),
        (plots.points, ([1, 2], [-1, 2]), {"log": "y"}, f"y holds -1; {ABOVE}"),
        (plots.points, ([1, 2], [1, 2]), {"names": ["a"]}, "there are 1 names for 2 points; expected one each"),
        (plots.bars, ({"SGD": 0},), {"log": True}, f"values['SGD'] holds 0; {ABOVE}"),
        (plots.bars, ({"SGD": 1},), {"colours": []}, "colours has none for 'SGD'; expected one for each series"),
        (plots.bars, ({"SGD": 1},), {"colours": {"Adam": "red"}}, "colours has none for 'SGD'"),
        (plots.bars, ({"SGD": 1},), {"spread": {"sgd": (0, 2)}}, "spread has the name 'sgd'; expected some of SGD"),
        (plots.bars, ({"SGD": 1},), {"spread": {"SGD": (2, 0)}}, "spread['SGD'] has a low end above its high end"),
        (plots.lines, ([0, 1], {"SGD": [1, 2]}), {"spread": {"SGD": ([0], [1])}}, "spread['SGD'] has shape (1,)"),
        (plots.grouped_bars, (["a"], {"SGD": [0]}), {"log": True}, f"series['SGD'] holds 0; {ABOVE}"),
        (plots.grouped_bars, (["a"], {"SGD": [1]}), {"spread": {"a": ([0], [2])}}, "spread has the name 'a'"),
        (plots.heat_table, ([[1, 2]], ["a"], ["b", "c"]), {"text": [["1"]]}, "text has [1] entries by row"),
    ],
)
def test_what_would_be_left_out_in_silence_is_refused_by_name(ax, draw, arguments, options, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
        draw(ax, *arguments, **NAMES, **options)


def test_shades_and_notes_of_another_shape_are_refused_by_name(ax):
    with pytest.raises(ValueError, match=r"^colour has shape \(2,\); expected \(1, 2\)"):
        plots.heat_table(ax, [[1, 2]], ["a"], ["b", "c"], colour=[1, 2], **NAMES)
    for at, offset, name in (((1,), (2, 3), "at"), ((1, 2), (3,), "offset")):
        with pytest.raises(ValueError, match=rf"^{name} has shape \(1,\); expected \(2,\)"):
            plots.note(ax, "here", at, offset=offset)


def test_style_stays_inside_and_canvas_passes_on_what_it_does_not_know():
    before = dict(mpl.rcParams)
    figure, axes = plots.canvas(2, rows=3, size=(3, 2), sharey=True)
    assert axes.shape == (3, 2)
    assert figure.get_size_inches().tolist() == [3, 2]
    assert axes[0, 0].get_shared_y_axes().joined(axes[0, 0], axes[2, 1])
    plt.close(figure)
    assert dict(mpl.rcParams) == before


def test_show_displays_one_picture_with_its_text_and_closes_it(monkeypatch):
    shown = []
    monkeypatch.setattr("helpers.plots.frame.display", lambda data, **options: shown.append((data, options)))
    figure, axes = plots.canvas(2)
    plots.lines(axes[0], [1, 2], {"SGD": [1e-2, 1e2]}, log="y", **NAMES)
    plots.lines(axes[1], [1, 2], {"SGD": [60.0, 110.0]}, log="y", **NAMES)
    plots.show(figure, alt=ALT)
    ((data, options),) = shown
    assert data["text/plain"] == "<Figure size 900x450 with 2 Axes>"
    with Image.open(io.BytesIO(data["image/png"])) as picture:
        assert (picture.format, picture.size) == ("PNG", (900, 450))
    assert options["metadata"]["image/png"].pop("svg").startswith("<svg ")
    assert options == {"raw": True, "metadata": {"image/png": {"alt": " ".join(ALT.split())}}}
    assert [len(ax.yaxis.get_minorticklocs()) > 0 for ax in axes] == [False, True]
    assert not plt.fignum_exists(figure.number)


def test_powers_of_ten_are_words_and_ticks_named_by_hand_stay():
    figure, ax = plots.canvas()
    plots.lines(ax, [1e-7, 1, 1e15], {"SGD": [1, 2, 1e3]}, log="xy", **NAMES)
    ax.set_yticks([1, 1e3], ["one", "a thousand"])
    plots.image_html(figure, ALT)
    ticks = dict(zip(np.log10(ax.get_xticks()).round().astype(int).tolist(), ax.get_xticklabels(), strict=True))
    raised = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")  # which powers have a tick is up to matplotlib's version
    assert min(ticks) < 0 and max(ticks) >= 10
    assert all(label.get_text() == f"10{str(power).translate(raised)}" for power, label in ticks.items())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "a thousand"]


def test_a_tick_between_powers_of_ten_keeps_its_factor():
    figure, ax = plots.canvas()
    plots.lines(ax, [1, 2, 3], {"SGD": [3e-4, 2e-2, 4e5]}, log="y", **NAMES)
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=99))
    plots.image_html(figure, ALT)
    named = {float(y): label.get_text() for y, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)}
    for y, text in {1e-3: "10⁻³", 5e-3: "5·10⁻³", 2.0: "2·10⁰", 1e5: "10⁵", 2e5: "2·10⁵"}.items():
        assert named[min(named, key=lambda tick: abs(tick / y - 1))] == text


def test_ticks_that_are_no_powers_of_ten_are_left_to_matplotlib():
    figure, axes = plots.canvas(3)
    for ax in axes:
        plots.lines(ax, [1, 2, 3], {"SGD": [1.0, 20.0, 400.0]}, **NAMES)
    axes[0].set_yscale("log", base=2)
    axes[1].set_yscale("symlog")
    axes[2].set(yscale="log", yticks=[1, 3, 30, 300])
    plots.image_html(figure, ALT)
    base_2, symlog, named = ([label.get_text() for label in ax.get_yticklabels()] for ax in axes)
    assert all("{2^{" in text for text in base_2)
    assert not set("⁰¹²") & set("".join([*symlog, *named]))


def test_a_figure_without_alternative_text_is_refused_and_kept():
    figure, ax = plots.canvas()
    for draw in (plots.show, plots.image_html):
        for alt in (None, "a plot", " " * 99, "x" * (SHORTEST_ALT - 1)):
            with pytest.raises(ValueError, match=f"alt is {alt!r}; expected .* {SHORTEST_ALT} characters"):
                draw(figure, alt)
        with pytest.raises(TypeError, match="of type Axes; expected a figure"):
            draw(ax, ALT)
    other, _ = plots.canvas()
    assert plots.image_html(figure, "x" * SHORTEST_ALT)
    assert [plt.fignum_exists(f.number) for f in (figure, other)] == [False, True]
    plt.close(other)


def test_image_html_holds_a_picture_or_an_animation_and_its_text():
    figure, _ = plots.canvas(size=(3, 2))
    film = plots.animate_paths({"k": np.eye(2)}, **PLANE)
    kinds = {"png": (figure, "PNG", (300, 200)), "gif": (film, "GIF", (960, 304))}
    for kind, (content, *wanted) in kinds.items():
        element = plots.image_html(content, alt='Loss against step over 40 steps,\n  "SGD" < 3 & rising.')
        start, encoded = element.removesuffix('">').split(f"data:image/{kind};base64,")
        with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
            assert [picture.format, picture.size] == wanted
        text = "Loss against step over 40 steps, &quot;SGD&quot; &lt; 3 &amp; rising."
        assert start == f'<img style="max-width: 100%" alt="{text}" src="'


def test_an_animation_has_a_frame_for_each_step():
    path = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 2.0]])
    frames = []
    with Image.open(io.BytesIO(plots.animate_paths({"k = 1": path, "k = 2": 2 * path}, **PLANE))) as film:
        for number in range(film.n_frames):
            film.seek(number)
            frames.append((np.asarray(film.convert("RGB")), film.info["duration"]))
        assert film.info["loop"] == 0
    assert [duration for _, duration in frames] == [160, 160, 1600]
    assert all((a != b).any() for (a, _), (b, _) in itertools.pairwise(frames))
    colours = np.unique(np.concatenate([picture.reshape(-1, 3) for picture, _ in frames]), axis=0)
    assert len(colours) <= 128
    assert np.abs(colours - np.array([0xD5, 0x5E, 0x00])).sum(axis=1).min() < 20, "no colour of the path's head"


def test_a_frame_shows_the_path_up_to_its_step(monkeypatch):
    drawn = []
    monkeypatch.setattr(Line2D, "set_data", lambda _, *data: drawn.append(tuple(map(list, data))))
    plots.animate_paths({"k": [[0.0, 5.0], [1.0, 6.0], [2.0, 7.0]]}, **PLANE)
    in_frames = [data for data in drawn if len(data) == 2 and data[1] and data[1][-1] in (5, 6, 7)]
    trails = [([0.0], [5.0]), ([0.0, 1.0], [5.0, 6.0]), ([0.0, 1.0, 2.0], [5.0, 6.0, 7.0])]
    assert in_frames[0::2] == trails
    assert in_frames[1::2] == [([0.0], [5.0]), ([1.0], [6.0]), ([2.0], [7.0])]


@pytest.mark.parametrize("path", [np.zeros((3, 3)), np.zeros(3), np.zeros((2, 3, 2))])
def test_a_path_through_no_plane_is_refused(path):
    with pytest.raises(ValueError, match=r"^paths\['k'\] has shape"):
        plots.animate_paths({"k": path}, **PLANE)
