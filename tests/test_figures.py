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

from book.figures import SVG, draw_as_svg, inline
from helpers import plots
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
    assert "color-mix(in srgb, #d55e00 var(--in-text), var(--ink))" in drawn
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
    assert f"--least: {least}px; max-width: {width * 96}px" in inline(svg(figure), ALT)
    plt.close(figure)


def test_an_output_without_svg_stays_a_picture():
    metadata = {"image/png": {"alt": ALT}}
    cell = new_code_cell(outputs=[new_output("display_data", {"image/png": "aGk="}, metadata=metadata)])
    draw_as_svg(cell)
    assert set(cell.outputs[0].data) == {"image/png"}
    cell.outputs[0].metadata["image/png"]["svg"] = stored(table)
    draw_as_svg(cell)
    assert cell.outputs[0].data["text/html"].startswith("<svg ")
    assert cell.outputs[0].data["image/png"] == "aGk="
