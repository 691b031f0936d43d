"""Figures as SVG: what a notebook stores, and what the site makes of it. test_site.py looks at them in a browser."""

import base64
import io
import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from nbformat.v4 import new_code_cell, new_output
from PIL import Image

from book.figures import SVG, draw_as_svg, inline, titled
from book.slide_figures import HEIGHT, LEAST, WIDTH, numbers, panels, points, projected, width
from helpers import plots
from helpers.colours import VERMILION, for_letters
from helpers.plots.frame import styled
from helpers.plots.vector import MANY_MARKS, svg

mpl.use("agg")
NAMES = {"title": "Finding & <result>", "xlabel": "steps", "ylabel": "loss"}
ALT = 'Two lines, "a" and "b", which cross & part.'


@styled
def stored(draw):
    """What ``show`` would store of a figure."""
    figure, ax = plots.canvas()
    draw(ax)
    figure.canvas.draw()
    written = svg(figure)
    plt.close(figure)
    return written


def two_lines(ax):
    plots.lines(ax, [1, 2, 3], {"theory": [1.0, 0.00125, 2 / 3], "SGD": [2.0, 1.0, 1 / 3]}, marker="o", **NAMES)
    plots.note(ax, "0.00125 to 1.23456789", (2, 1))


def table(ax):
    plots.heat_table(ax, [[0.0, 1.0]], ["row"], ["c1", "c2"], **NAMES)


def texts(written: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(written).iter(f"{SVG}text")]


def images(written: str) -> list[Image.Image]:
    encoded = re.findall(r'data:image/png;base64,([^"]*)"', written)
    return [Image.open(io.BytesIO(base64.b64decode("".join(one.split())))) for one in encoded]


def test_a_figure_is_stored_the_same_every_time_in_short_lengths_and_whole_words():
    written = stored(two_lines)
    assert stored(two_lines) == written
    assert {"Finding & <result>", "theory", "SGD", "0.00125 to 1.23456789"} <= set(texts(written))
    lengths = re.findall(r' (?:d|x|y|transform)="([^"]*)"', written)
    assert len(lengths) > 20
    assert not [text for text in lengths if re.search(r"\.\d{3}", text)]
    look = "font-family: 'DejaVu Sans', Verdana, sans-serif; stroke-linejoin: round; stroke-linecap: butt"
    assert written.startswith(f'<svg style="{look}" ')
    assert written.count(look) == 1
    assert "\n" not in written
    assert "<style" not in written, "it would hold for the whole page"


def test_many_dots_become_a_picture_and_few_stay_dots():
    few, many = (np.linspace(1, 2, number) for number in (MANY_MARKS, MANY_MARKS + 1))
    for draw in (
        lambda ax, x: plots.lines(ax, x, {"SGD": x}, marker="o", **NAMES),
        lambda ax, x: plots.points(ax, x, x, **NAMES),
    ):
        assert [len(images(stored(lambda ax, x=x, draw=draw: draw(ax, x)))) for x in (few, many)] == [0, 1]
    assert images(stored(lambda ax: plots.lines(ax, many, {"SGD": many}, **NAMES))) == []
    some = stored(lambda ax: ax.plot(many, many, "o-", markevery=0.1))
    assert images(some) == []
    assert some.count("<use") < 40


def test_a_table_is_stored_with_a_pixel_for_each_cell():
    (picture,) = images(stored(table))
    assert picture.size == (2, 1)


def test_greys_follow_the_theme_and_colours_stay_but_what_stands_on_a_table_keeps_its_own():
    drawn, tabled = (inline(stored(draw), ALT) for draw in (two_lines, table))
    assert "color-mix(in srgb, #d55e00 var(--in-lines), #fff)" in drawn
    assert f"color-mix(in srgb, {for_letters(VERMILION)} var(--in-text), var(--ink))" in drawn
    assert "color-mix(in srgb, var(--ink) 10.6%, var(--paper))" in drawn  # the grid, #E4E4E4
    assert not re.search(r"(fill|stroke): #", drawn)
    kept = ElementTree.fromstring(tabled).findall(f".//{SVG}g[@class='on-picture']")
    assert ["".join(group.itertext()) for group in kept] == ["0", "1"]
    assert ' href="data:image/png;base64,' in tabled
    assert "fill: #ffffff" in ElementTree.tostring(kept[1], encoding="unicode")


def test_a_figure_in_a_page_is_an_image_with_a_text_and_names_of_its_own():
    pages = [inline(stored(draw), ALT) for draw in (two_lines, table)]
    root = ElementTree.fromstring(pages[0])
    assert (root.get("role"), root.get("aria-label")) == ("img", ALT)
    assert {child.get("aria-hidden") for child in root} == {"true"}  # else the numbers of the axes are read out too
    names, used = (set(re.findall(pattern, pages[0])) for pattern in (r' id="([^"]*)"', r'(?:url\(|href=")#([^")]*)'))
    assert used
    assert used <= names
    assert not re.search(r"[ <]\w+:\w+=", pages[0]), "HTML knows no namespaces"
    assert not names & set(re.findall(r' id="([^"]*)"', pages[1]))


@pytest.mark.parametrize(("width", "least"), [(9, 486), (12, 648)])
def test_the_smallest_letters_keep_nine_pixels(width, least):
    figure, ax = plots.canvas(size=(width, 4.5))
    two_lines(ax)  # whose names and ticks have 12 points
    ax.set_yscale("log")  # whose exponents are smaller, and do not count
    figure.canvas.draw()
    assert f"--least: {least}px; --most: {width * 96}px" in inline(svg(figure), ALT)
    plt.close(figure)


def test_an_output_without_svg_stays_a_picture():
    metadata = {"image/png": {"alt": ALT}}
    cell = new_code_cell(outputs=[new_output("display_data", {"image/png": "aGk="}, metadata=metadata)])
    draw_as_svg(cell)
    assert set(cell.outputs[0].data) == {"image/png"}
    cell.outputs[0].metadata["image/png"]["svg"] = written = stored(table)
    draw_as_svg(cell)
    assert cell.outputs[0].data["text/html"] == titled(written, ALT)
    assert cell.outputs[0].data["image/png"] == "aGk="


def test_a_phone_reads_the_title_of_the_whole_figure_else_those_of_the_uppermost_panels():
    figure, axes = plots.canvas(2, rows=2)
    for number, ax in enumerate(axes.flat):
        ax.set_title(f"panel <{number}>", fontweight="bold")
    for title, whole in (("panel &lt;0&gt; · panel &lt;1&gt;", ""), ("R &amp; D", "R & D")):
        if whole:
            figure.suptitle(whole, x=0.02, ha="left", fontweight="bold")
        figure.canvas.draw()
        page = titled(svg(figure), ALT)
        assert page.startswith(f'<p class="figure-title" aria-hidden="true">{title}</p><svg ')
        assert page.count('class="headline"') == bool(whole)  # a panel's own title is not taken from its panel
        figure.set_layout_engine("constrained")
    plt.close(figure)
    assert titled(stored(lambda ax: ax.plot([0, 1])), ALT).startswith("<svg ")


@styled
def wide() -> str:
    """Two panels that a slide would make too small: a line with dots and an area; a heat table."""
    figure, (left, right) = plots.canvas(columns=2, size=(15, 6.5))
    plots.lines(left, [1, 2, 3], {"theory": [1.0, 3.0, 2.0]}, marker="o", **NAMES)
    left.fill_between([1, 2, 3], [0.5, 2.5, 1.5], [1.5, 3.5, 2.5], color="#0072b2")
    plots.heat_table(right, [[0.0, 1.0]], ["row"], ["c1", "c2"], **NAMES)
    figure.canvas.draw()
    written = svg(figure)
    plt.close(figure)
    return written


def pairs(path: ElementTree.Element) -> list[tuple[float, float]]:
    found = numbers(path.get("d"))
    return list(zip(found[::2], found[1::2], strict=True))


def shares(written: str) -> list[float]:
    """Where line, dots, area and cells are, as shares of the width and height of their panels."""
    root = ElementTree.fromstring(written)
    ((left, right), (top, bottom)), ((start, end), _) = panels(root)
    paths, uses = list(root.iter(f"{SVG}path")), list(root.iter(f"{SVG}use"))
    line = next(path for path in paths if "stroke-width: 2.2" in path.get("style", ""))
    dots = [(float(use.get("x")), float(use.get("y"))) for use in uses]
    area = max((path for path in paths if "id" in path.attrib), key=lambda path: max(numbers(path.get("d"))))
    below = next(float(use.get("y")) for use in uses if use.get("x") == "0")
    places = [*pairs(line), *(dot for dot in dots if dot in pairs(line)), *((x, y + below) for x, y in pairs(area))]
    assert len(places) > 12
    cell, _, _, _, first, _ = numbers(next(root.iter(f"{SVG}image")).get("transform"))
    found = [share for x, y in places for share in ((x - left) / (right - left), (y - top) / (bottom - top))]
    return [*found, (first - start) / (end - start), 2 * cell / (end - start)]


def drawn_size(written: str) -> list[float]:
    return numbers(ElementTree.fromstring(written).get("viewBox"))[2:]


def test_on_a_slide_panels_give_way_to_letters_and_nothing_leaves_its_place_in_them():
    before, after = wide(), projected(wide())
    across, along = drawn_size(after)
    smallest = min(map(points, ElementTree.fromstring(after).iter(f"{SVG}text")))
    assert min(WIDTH / across, HEIGHT / along) * smallest == pytest.approx(LEAST, rel=1e-3)
    assert texts(after) == texts(before)
    assert re.findall("font-size: [^;]*", after) == re.findall("font-size: [^;]*", before)
    assert shares(after) == pytest.approx(shares(before), abs=1e-3)


def test_what_is_large_enough_for_a_slide_stays_as_it_is():
    written = stored(two_lines)
    lengths = re.compile(r' (?:d|x|y|transform)="([^"]*)"')
    assert lengths.findall(projected(written)) == lengths.findall(written)


@styled
def diagram() -> str:
    figure, ax = plots.canvas(size=(14, 3.8))
    plots.decisions(ax, [("one question", "no", "a long answer\nand an act")] * 4, title="Finding")
    figure.canvas.draw()
    written = svg(figure)
    plt.close(figure)
    return written


def frames(written: str) -> list[float]:
    """Their widths."""
    rounded = (path for path in ElementTree.fromstring(written).iter(f"{SVG}path") if re.search("Q.*z", path.get("d")))
    places = [[x for x, _ in pairs(path)] for path in rounded]
    return [max(one) - min(one) for one in places]


def test_the_arrows_of_a_diagram_give_way_and_its_frames_do_not():
    before, after = diagram(), projected(diagram())
    assert drawn_size(after)[0] < drawn_size(before)[0]
    assert len(frames(before)) == 12
    assert frames(after) == pytest.approx(frames(before), abs=0.05)


def test_a_title_that_would_leave_the_slide_goes_left():
    before = wide().replace("Finding &amp; &lt;result&gt;", "A finding of more words than its panel is wide, far more")
    root = ElementTree.fromstring(projected(before))
    ends = [float(text.get("x")) + width(text) for text in root.iter(f"{SVG}text") if "A finding" in str(text.text)]
    assert len(ends) == 2
    assert max(ends) < drawn_size(projected(before))[0]
