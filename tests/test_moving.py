"""The figures that move: their numbers against the package's, and what a reader does with them, in Chromium."""

import json
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from browsing import complaints, new_page
from conftest import ROOT
from playwright.sync_api import Browser, Page

from helpers.moving import FIGURES, data_of, module
from helpers.stability import critical_scale, logistic_descents, logistic_loss

SETTINGS = 200
TEMPLATE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><body data-theme="auto">
<main id="here"></main><script type="module">%s
const el = document.getElementById("here"), data = %s;
window.figure = { render: () => render({ model: { data }, el }), many: (all) => all.map((one) => compute(one, data)) };
figure.render();</script></body></html>"""
LOAD = 250_000  # bytes of all modules together


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    opened = new_page(chromium, viewport={"width": 390, "height": 844})
    yield opened
    opened.close()


def put(page: Page, name: str) -> None:
    page.set_content(TEMPLATE % (module(name), data_of(name)))


def computed(page: Page, name: str, settings: list[dict[str, Any]]) -> list[Any]:
    put(page, name)
    return page.evaluate("all => figure.many(all)", settings)


def close(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def spread(low: float, high: float) -> float:
    """A number between two, on a logarithmic scale."""
    return math.exp(DRAW.uniform(math.log(low), math.log(high)))


DRAW = random.Random(16)


def test_descent_steps_as_the_package_does(page: Page):
    data = json.loads(data_of("descent"))
    x, t = (torch.tensor(data[key], dtype=torch.float64) for key in ("inputs", "targets"))
    settings = [{"k": spread(1, 1e4), "lr": spread(1e-3, 10)} for _ in range(SETTINGS)]
    found = computed(page, "descent", settings)
    paths = torch.tensor([one["path"] for one in found], dtype=torch.float64)
    rate = torch.tensor([one["k"] * one["lr"] for one in settings], dtype=torch.float64)
    start = paths[:, 0]
    assert start.tolist() == [data["start"]] * SETTINGS
    # Beyond the bound a run is chaotic and doubles its rounding, so there each step is compared from where it begins.
    steps = logistic_descents(
        paths[:, :-1].reshape(-1, 2), x[:, None], t, lr=1.0, scale=rate.repeat_interleave(60), steps=1
    ).parameters.view(SETTINGS, 60, 2)
    assert torch.allclose(paths[:, 1:], steps, rtol=1e-9, atol=1e-9)
    calm = rate * data["curvature"] < 2
    whole = logistic_descents(start, x[:, None], t, lr=1.0, scale=rate, steps=60, keep_path=True)
    assert torch.allclose(paths[calm], whole.path[calm], rtol=1e-9, atol=1e-9)
    for one, given in zip(found, settings, strict=True):
        assert one["kStar"] == close(critical_scale(given["lr"], data["curvature"]))
        assert one["product"] == close(2 * given["k"] / one["kStar"])


def test_descent_names_its_fate(page: Page):
    edge = 2 / json.loads(data_of("descent"))["curvature"]
    fates = [one["fate"] for one in computed(page, "descent", [{"k": s * edge, "lr": 1} for s in (0.3, 0.9, 1.1, 30)])]
    assert fates == ["glides and settles", "flips and settles", "cycles through 2 points", "is thrown about"]
    assert computed(page, "descent", [{"k": 1e-3 * edge, "lr": 1}])[0]["fate"] == "is still on its way"


@pytest.mark.parametrize("name", FIGURES)
def test_a_reader_moves_it_by_keyboard_on_a_phone(page: Page, name: str):
    found = complaints(page, home="about:")
    put(page, name)
    reading, drawing = page.locator(".m-reading"), page.locator(".moving svg")
    before, shape = reading.inner_text(), drawing.inner_html()
    slider = page.locator(".moving input[type=range]").first
    slider.focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("text => document.querySelector('.m-reading').textContent !== text", arg=before)
    assert drawing.inner_html() != shape
    assert drawing.get_attribute("aria-label") == reading.inner_text()
    assert slider.get_attribute("aria-valuetext") == page.locator(".moving output").first.inner_text()
    assert page.evaluate(
        "[...document.querySelectorAll('.moving input, .moving select')].every(e => e.labels.length === 1)"
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    # No text of the drawing leaves it.
    assert (
        page.evaluate(
            "[...document.querySelectorAll('.moving svg text')].filter(e => { const b = e.getBoundingClientRect();"
            " return b.left < 0 || b.right > 390 }).map(e => e.textContent)"
        )
        == []
    )
    assert "NaN" not in drawing.inner_html()
    assert found == []


def test_all_modules_are_light():
    assert sum(path.stat().st_size for path in (ROOT / "helpers" / "moving").glob("*.js*")) < LOAD


def test_the_widget_has_a_picture_for_where_none_runs():
    from helpers.moving import moving
    from helpers.plots import canvas

    alt = "Two axes without a curve, for a test of what stands in."
    data, metadata = moving("descent", canvas()[0], alt)._repr_mimebundle_()
    assert data["text/plain"] == "<figure that moves: descent>"
    assert data["image/png"].startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in data
    assert metadata == {"image/png": {"alt": alt}}
    with pytest.raises(ValueError, match="expected one of 'descent'"):
        moving("ascent", canvas()[0], alt)
