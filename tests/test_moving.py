"""The figures that move: their numbers against the package's, and what a reader does with them, in Chromium."""

import io
import itertools
import json
import math
import random
import re
import subprocess
import sys
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from browsing import complaints, new_page
from conftest import LESSONS, ROOT, opened
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from torch.nn.functional import pad

from helpers.datasets import austen_pairs
from helpers.diagnosis.formulas import absent_share, advised_lr, let_through
from helpers.losses import weighted_cross_entropy
from helpers.moving import FIGURES, STILLS, data_of, described, module, moving, picture
from helpers.moving.widget import WHERE
from helpers.stability import critical_scale, logistic_descents, logistic_loss
from helpers.weights import inverse_frequency, normalize, power
from tools.stills import DENSITY, WIDTH, draw

SETTINGS = 200
TEMPLATE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><body data-theme="auto">
<main id="here"></main><script type="module">%s
const el = document.getElementById("here"), data = %s;
window.figure = { render: () => render({ model: { data }, el }), many: (all) => all.map((one) => compute(one, data)),
  read: (all) => all.map((one) => read(compute(one, data))), short, decades };
figure.render();</script></body></html>"""
LOAD = 250_000  # bytes of all modules together


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    phone = new_page(chromium, viewport={"width": 390, "height": 844})
    yield phone
    phone.close()


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
    some = calm.nonzero().flatten()[:12]
    whole = logistic_descents(start[some], x[:, None], t, lr=1.0, scale=rate[some], steps=600)
    settled = [found[i] for i in some]
    assert [one["loss"] for one in settled] == close(whole.loss.tolist())
    assert [one["norm"] for one in settled] == close(whole.gradient_norm.tolist())
    for one, norm in zip(settled, whole.gradient_norm, strict=True):
        assert (one["fate"] == "is still on its way") == (norm >= 1e-6)
    for one, given in zip(found, settings, strict=True):
        assert one["kStar"] == close(critical_scale(given["lr"], data["curvature"]))
        assert one["product"] == close(2 * given["k"] / one["kStar"])


def test_what_descent_says_does_not_hang_on_the_last_digit(page: Page):
    """Firefox and Chromium differ in the last digit of Math.exp, and a run that is thrown about makes it the first."""
    data = json.loads(data_of("descent"))
    settings = [{"k": spread(1, 1e4), "lr": spread(1e-3, 10)} for _ in range(SETTINGS)]
    said = []
    for weight in (data["start"][0], math.nextafter(data["start"][0], 2)):
        page.set_content(TEMPLATE % (module("descent"), json.dumps(data | {"start": [weight, data["start"][1]]})))
        said.append(page.evaluate("all => figure.read(all)", settings))
    # Once in a while the last digit decides even whether a run falls into a cycle.
    assert sum(one != other for one, other in zip(*said, strict=True)) < SETTINGS / 50
    assert sum("thrown about" in words for words in said[0]) > SETTINGS / 10


def test_descent_names_its_fate(page: Page):
    edge = 2 / json.loads(data_of("descent"))["curvature"]
    fates = [
        one["fate"]
        for one in computed(page, "descent", [{"k": s * edge, "lr": 1} for s in (0.3, 0.49, 0.51, 0.65, 0.9, 1.1, 30)])
    ]
    settled = ["glides and settles"] * 2 + ["flips and settles"] * 3
    assert fates == [*settled, "cycles through 2 points", "is thrown about"]
    # Past its bound the period doubles, and doubles again.
    doubled = computed(page, "descent", [{"k": scale * edge, "lr": 1} for scale in (1.5, 1.98, 2.07)])
    assert [one["fate"] for one in doubled] == [f"cycles through {period} points" for period in (2, 4, 8)]
    assert computed(page, "descent", [{"k": 1e-3 * edge, "lr": 1}])[0]["fate"] == "is still on its way"


def test_clouds_are_fitted_as_the_package_would(page: Page):
    data = json.loads(data_of("clouds"))
    x, y = torch.tensor(data["inputs"], dtype=torch.float64), torch.tensor(data["targets"])
    settings = [{"ratio": spread(0.01, 100), "scale": spread(1e-3, 1e3)} for _ in range(SETTINGS)]
    inputs = pad(x, (0, 1), value=1.0)
    for one, given in zip(computed(page, "clouds", settings), settings, strict=True):
        weight = given["scale"] * torch.tensor([1.0, given["ratio"]], dtype=torch.float64)

        def loss(theta, weight=weight, divide_by="samples"):
            z = inputs @ theta
            return weighted_cross_entropy(torch.stack([0 * z, z], dim=1), y, weight, divide_by=divide_by)

        theta = torch.tensor(one["theta"], dtype=torch.float64)
        # One step of Newton's method from the figure's minimum leads nowhere: it is the package's minimum too.
        p = torch.sigmoid(inputs @ theta)
        hessian = (inputs * (weight[y] * p * (1 - p))[:, None]).T @ inputs / len(y)
        step = torch.linalg.solve(hessian, torch.func.grad(loss)(theta))
        assert float(step.norm()) < 1e-9
        assert one["byN"] == close(float(loss(theta)))
        assert one["byW"] == close(float(loss(theta, divide_by="weights")))
        assert one["firstGradient"] == close(float(torch.func.grad(loss)(torch.zeros(3, dtype=torch.float64)).norm()))
        assert one["boundary"] == close(-one["theta"][2] / one["theta"][0])
        assert one["theory"] == close(1 - math.log(given["ratio"]) / 2)


def test_the_scale_moves_no_boundary_and_the_ratio_does(page: Page):
    rows = [{"ratio": ratio, "scale": scale} for ratio in (1, 10) for scale in (0.001, 1000)]
    small, large, *other = (one["boundary"] for one in computed(page, "clouds", rows))
    assert small == pytest.approx(large, abs=1e-9)
    assert other[0] == pytest.approx(other[1], abs=1e-9)
    assert small - other[0] == pytest.approx(math.log(10) / 2, abs=0.2)


def test_what_gets_through_is_what_the_package_says(page: Page):
    settings = [
        {
            "batch": round(spread(1, 1e4)),
            "exponent": DRAW.uniform(0, 1),
            "counts": [round(spread(1, 1e5)) for _ in range(DRAW.randint(2, 12))],
        }
        for _ in range(SETTINGS)
    ]
    for one, given in zip(computed(page, "through", settings), settings, strict=True):
        n = torch.tensor(given["counts"], dtype=torch.float64)
        w = normalize(power(n, given["exponent"]), n, to="sample mean")
        v = let_through(n / n.sum(), w, given["batch"])
        assert one["weights"] == close(w.tolist())
        assert one["through"] == close(v.tolist())
        assert one["left"] == close(float(v[n.argmin()] / v[n.argmax()]))
        assert one["asked"] == close(float(w[n.argmin()] / w[n.argmax()]))
        assert one["part"] == close(float(v[n.argmin()] / w[n.argmin()]))
        batch = min(given["batch"], int(n.sum()))
        assert one["absent"] == close(absent_share(float(n.min()), float(n.sum()), batch))


def test_many_classes_go_together_as_in_the_package(page: Page):
    counts = [c + 1 + c * c // 100 for c in range(6000)]  # more than the formula has room for one by one
    n = torch.tensor(counts, dtype=torch.float64)
    w = normalize(inverse_frequency(n), n, to="sample mean")
    for batch in (1, 64):
        (one,) = computed(page, "through", [{"batch": batch, "exponent": 1, "counts": counts}])
        assert one["through"] == close(let_through(n / n.sum(), w, batch).tolist())


def test_a_class_of_millions_is_absent_as_in_the_package(page: Page):
    few, many = 2 * 10**6, 10**13
    (one,) = computed(page, "through", [{"batch": few, "exponent": 0, "counts": [few, many]}])
    assert one["absent"] == close(absent_share(few, few + many, few))
    assert 0.6 < one["absent"] < 0.7


def test_counts_are_read_or_refused(page: Page):
    put(page, "through")
    field, reading = page.locator(".moving input[type=text]"), page.locator(".m-reading")
    field.fill("5000\n40 40")
    expect(reading).to_contain_text("a ratio of 125")
    field.fill(" 2, 1 ")
    expect(reading).to_contain_text("a ratio of 2 ")
    field.fill("100,300 ")
    expect(reading).to_contain_text("a ratio of 3 ")
    field.fill("120" + " 40" * 39)
    expect(reading).to_contain_text("a ratio of 3 ")
    refused = page.locator(".moving svg text", has_text="these counts cannot be read")
    no_numbers = ("900, -3", "900, cats", "900, 0", "1.5, 2", "2, 1e999")
    for wrong in ("120" + " 40" * 40, "900", *no_numbers, "45,586, 50, 171", "50; 45,586", "5.000 40"):
        field.fill(wrong)
        expect(refused).to_have_count(1)
        field.fill("50, 1")  # else what was said of the one before would do for the next
        expect(refused).to_have_count(0)
    field.fill("900")
    expect(reading).to_contain_text("Counts are 2 to 40 whole numbers")
    expect(page.locator(".moving svg text[y='288.0']")).to_have_text(["50", "1"])  # the last that could be read


def test_one_knob_multiplies_and_looks_up_its_runs(page: Page):
    data = json.loads(data_of("one_knob"))
    n = torch.bincount(austen_pairs().train_targets, minlength=7000).double()
    schemes = {
        "no weights": torch.ones_like(n),
        "N/n_c": inverse_frequency(n),
        "square root": normalize(power(n, 0.5), n, to="sample mean"),
        **{
            f"{to} one": normalize(inverse_frequency(n), n, to=to) for to in ("sum", "max", "class mean", "sample mean")
        },
    }
    share = n / n.sum()
    mean = {name: float(share @ w) for name, w in schemes.items()}
    factor = {name: advised_lr(1.0, w, share, data["batch"]) for name, w in schemes.items()}
    settings = [
        {"rate": spread(1e-3, 1e5), "repair": DRAW.choice(["none", "scale", "advised"])} for _ in range(SETTINGS)
    ]
    logs = torch.tensor(data["products"], dtype=torch.float64).log()
    for one, given in zip(computed(page, "one_knob", settings), settings, strict=True):
        assert {row["name"] for row in one["rows"]} == set(schemes)
        for row in one["rows"]:
            name = row["name"]
            repair = {"none": 1.0, "scale": 1 / mean[name], "advised": factor[name] / mean[name]}[given["repair"]]
            assert row["product"] == close(given["rate"] * repair * mean[name])
            kind = name if name in data["falls"] else "N/n_c"
            assert row["falls"] == data["falls"][kind][int((logs - math.log(row["product"])).abs().argmin())]
    verdicts = {
        row["name"]: row["verdict"] for row in computed(page, "one_knob", [{"rate": 10, "repair": "none"}])[0]["rows"]
    }
    # As notebook 07 stores them, for its one draw.
    assert verdicts == {
        "no weights": "learning",
        "N/n_c": "NaN",
        "sum one": "stuck",
        "max one": "learning",
        "class mean one": "learning",
        "sample mean one": "diverged",
        "square root": "learning",
    }


def test_the_window_is_that_of_notebook_09(page: Page):
    cells = opened(next(path for path in LESSONS if path.name.startswith("09"))).notebook.cells
    space: dict[str, Any] = {"torch": torch, "math": math}
    exec(next(cell.source for cell in cells if cell.source.startswith("def safe_range(")), space)
    settings = [
        {
            "classes": round(spread(3, 1e5)),
            "batch": round(spread(1, 8192)),
            "spread": spread(1, 1e6),
            "lightest": spread(1e-6, 1e6),
            "format": DRAW.choice(["float16", "bfloat16", "float32"]),
            "keeps": DRAW.choice(["plain", "autocast", "adam"]),
        }
        for _ in range(SETTINGS)
    ]
    for one, given in zip(computed(page, "window", settings), settings, strict=True):
        kind = getattr(torch, given["format"])
        bounds = space["safe_range"](kind, given["classes"], given["batch"])
        low, high = {
            "plain": (bounds["gradient ≥"], bounds["w·loss ≤"]),
            "autocast": (bounds["gradient ≥"], torch.finfo(kind).max),
            "adam": (bounds["Adam ≥"], bounds["Adam ≤"]),
        }[given["keeps"]]
        assert one["low"] == pytest.approx(low, rel=1e-9)
        assert one["high"] == pytest.approx(high, rel=1e-9)
        assert one["some"] == (high / low >= given["spread"])
        assert (one["below"], one["above"]) == (given["lightest"] < low, given["lightest"] * given["spread"] > high)


WINDOW = {"lightest": 27, "spread": 100, "classes": 100, "batch": 1, "format": "float16", "keeps": "plain"}
READINGS: dict[str, list[tuple[dict[str, Any], str]]] = {
    "descent": [
        (
            {"k": 70, "lr": 0.1},
            "At k = 70 and learning rate 0.1 the product lr · k · λ is 1.84, 0.92 of the 2 at which descent stops "
            "settling; k* is 76.1. The run flips and settles: after 600 steps its loss is 0.331 and its gradient "
            "nearly zero.",
        ),
        ({"k": 90, "lr": 0.1}, "The run cycles through 2 points: after 600 steps its loss is "),
    ],
    "clouds": [
        (
            {"ratio": 10, "scale": 1000},
            "Weights 1,000 and 10,000. The ratio 10 puts the boundary at −0.286; theory for endless data says −0.151. "
            "The scale 1,000 leaves it there. What the scale does change is the loss divided by N, 973, and the first "
            "gradient, 5,250 long; divided by the total weight the loss is 0.177 at every scale.",
        ),
        (
            {"ratio": 10, "scale": 1},
            "Weights 1 and 10. The ratio 10 puts the boundary at −0.286; theory for endless data says −0.151. "
            "The loss divided by N is 0.973, and the first gradient 5.25 long.",
        ),
    ],
    "through": [
        (
            {"batch": 16, "exponent": 1, "counts": [900, 90, 10]},
            "A batch of 16 lets 34.8 % of the rarest class's weight through. Asked for was a ratio of 90 between the "
            "rarest and the most common class; the average batch applies 20.4. The largest weight is 33.3 average "
            "samples, so half of it passes at a batch of 22.4 to 32.3. 85 % of the batches hold no sample of "
            "that class.",
        ),
        (
            {"batch": 4, "exponent": 0, "counts": [900, 90, 10]},
            "A batch of 4 lets 100 % of the rarest class's weight through. Asked for was a ratio of 1 between the "
            "rarest and the most common class; the average batch applies 1. The largest weight is 1 average samples. "
            "96.1 % of the batches hold no sample of that class.",
        ),
    ],
    "one_knob": [
        (
            {"rate": 10, "repair": "none"},
            "All seven get the learning rate 10. Learning: no weights, max one, class mean one, square root; "
            "stuck: sum one; diverged: sample mean one; NaN: N/n_c. SGD",
        ),
        ({"rate": 0.03, "repair": "scale"}, "Each gets 0.03 divided by its mean weight. Learning: N/n_c, sum one, "),
        ({"rate": 10, "repair": "advised"}, "rate advised for its weights in place of 10. Learning: no weights, "),
    ],
    "window": [
        (
            WINDOW,
            "In float16, with 100 classes and batches of 1, a weight survives from 6 · 10⁻⁶ to 14,200. "
            "Yours run from 27 to 2,700: they fit.",
        ),
        (
            WINDOW | {"lightest": 1000, "keeps": "autocast"},
            "float16 under autocast, with 100 classes and batches of 1, a weight survives from 6 · 10⁻⁶ to 65,500. "
            "Yours run from 1,000 to 100,000: the heavy ones overflow. Their spread of 100 is narrower than the window "
            "of 1.1 · 10¹⁰, so some scale fits: slide them down.",
        ),
        (
            WINDOW | {"lightest": 1e-6},
            "the light ones vanish. Their spread of 100 is narrower than the window of 2.4 · 10⁹, so some scale fits: "
            "slide them up.",
        ),
        (WINDOW | {"keeps": "adam", "spread": 1e6}, "Adam's state too, with 100 classes"),
        (WINDOW | {"spread": 1e12}, "their spread of 10¹² is wider than the window of 2.4 · 10⁹, so no scale "),
        (
            WINDOW | {"keeps": "adam", "classes": 1e5, "batch": 8192},
            "no weight survives: the smallest safe one, 6,320,000, lies above the largest, 8,090.",
        ),
    ],
}


@pytest.mark.parametrize("name", READINGS)
def test_a_reading_says_what_was_computed(page: Page, name: str):
    put(page, name)
    settings, words = zip(*READINGS[name], strict=True)
    for reading, expected in zip(page.evaluate("all => figure.read(all)", settings), words, strict=True):
        assert expected in reading


def test_numbers_are_written_for_a_person(page: Page):
    put(page, "window")
    numbers = {0: "0", 1: "1", 12.345: "12.3", 0.012345: "0.0123", 1e-3: "0.001", 9.9e-4: "9.9 · 10⁻⁴", 1e-5: "10⁻⁵"}
    numbers |= {-2.54e-9: "−2.5 · 10⁻⁹", -1234.5: "−1,230", 1234567: "1,230,000", 1e7: "10⁷"}
    numbers |= {9_990_000: "9,990,000", 2.54e12: "2.5 · 10¹²", 999.6: "1,000"}
    assert page.evaluate("all => all.map(x => figure.short(x))", list(numbers)) == list(numbers.values())
    ends = [math.inf, -math.inf, math.nan]
    assert page.evaluate("all => all.map(x => figure.short(x))", ends) == ["infinity", "minus infinity", "NaN"]
    assert page.evaluate("all => all.map(d => figure.short(123456789 / 1000, d))", [5, 2]) == ["123,460", "120,000"]
    assert page.evaluate("all => all.map(d => figure.short(2.54e12, d))", [1, 2]) == ["3 · 10¹²", "2.5 · 10¹²"]
    axes = [[1, 1e4], [2, 900], [1e-3, 1e3], [1e-8, 1e8, 4], [1, 1e7]]
    found = page.evaluate("all => all.map(axis => figure.decades(...axis))", axes)
    powers = [[0, 1, 2, 3, 4], [1, 2], [-3, -2, -1, 0, 1, 2, 3], [-8, -3, 2, 7], [0, 2, 4, 6]]
    assert [[math.log10(v) for v in one] for one in found] == [pytest.approx(one) for one in powers]


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
    spoken = page.locator(".moving").aria_snapshot()
    assert spoken.count(reading.inner_text()) == 1
    assert page.locator(".moving output").first.get_attribute("aria-live") == "off"  # as the slider says it
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
    assert not re.search('["ML ,]NaN', drawing.inner_html())  # a place that could not be computed
    assert found == []


def test_on_paper_it_is_a_still_of_what_was_set(page: Page):
    put(page, "window")
    page.emulate_media(media="print")
    expect(page.locator("input[type=range]").first).to_be_hidden()
    expect(page.locator("output").first).to_have_text("27")
    expect(page.locator("select").first).to_be_visible()
    words = page.evaluate("getComputedStyle(document.querySelector('.moving'), '::after').content")
    page.emulate_media(media="screen")
    assert "this figure moves" in words
    expect(page.locator("input[type=range]").first).to_be_visible()


def test_all_modules_are_light():
    assert sum(path.stat().st_size for path in (ROOT / "helpers" / "moving").glob("*.js*")) < LOAD


def test_what_is_exported_is_imported_or_part_of_a_figure():
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "helpers" / "moving").glob("*.js"))
    exported = set(re.findall(r"^export (?:function|const) (\w+)", text, re.M))
    imported = {name.strip() for names in re.findall(r"^import \{(.*)\} from", text, re.M) for name in names.split(",")}
    assert imported <= exported
    assert exported - imported == {"compute", "render"}


def test_a_figure_is_one_module_that_exports_its_own_names_alone():
    for name in FIGURES:
        own = (ROOT / "helpers" / "moving" / f"{name}.js").read_text(encoding="utf-8")
        assert re.findall(r"^export .*", module(name), re.M) == re.findall(r"^export .*", own, re.M)


def test_the_widget_takes_its_module_and_its_data_along():
    sent = moving("descent").get_state()
    assert module("descent") in sent.values()
    assert FIGURES["descent"].data() in sent.values()


def test_the_widget_has_a_still_for_where_none_runs():
    data, metadata = moving("descent")._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain", "application/vnd.jupyter.widget-view+json"}
    assert data["text/plain"] == "<figure that moves: descent>"
    assert data["image/png"] == picture("descent").read_bytes()
    alt = metadata["image/png"]["alt"]
    assert alt.startswith(FIGURES["descent"].alt)
    assert "The run cycles through 2 points" in alt
    assert alt.endswith(WHERE)
    with pytest.raises(ValueError, match="expected one of 'descent'"):
        moving("ascent")


@pytest.mark.parametrize("name", FIGURES)
def test_a_still_is_what_the_figure_draws(chromium: Browser, name: str):
    wide = new_page(chromium, viewport={"width": WIDTH, "height": 100}, device_scale_factor=DENSITY)
    drawn, words = draw(wide, name)
    wide.close()
    assert words == json.loads(STILLS.read_text(encoding="utf-8"))[name], "renew it: make stills"
    stored = Image.open(picture(name)).convert("RGB")
    assert stored.width == WIDTH * DENSITY
    # Letters are another machine's: both are seen from far away, and not at all where a line of words broke elsewhere.
    if drawn.size == stored.size:
        far = [np.asarray(image.resize((60, 40), Image.Resampling.BOX), dtype=float) for image in (drawn, stored)]
        assert np.abs(far[0] - far[1]).mean() < 5, "renew it: make stills"
    assert picture(name).stat().st_size < 90_000


def test_the_stills_want_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = subprocess.run([sys.executable, "-m", "tools.stills"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert re.fullmatch(r"no Chromium found .*apt-get install chromium\) and run this again\n", done.stderr)


def test_the_notebooks_store_the_stills():
    stored = {
        cell.source.splitlines()[-1]: output
        for path in LESSONS
        for cell in opened(path).notebook.cells
        for output in cell.get("outputs", [])
        if "figure that moves" in output.get("data", {}).get("text/plain", "")
    }
    assert len(stored) == len(FIGURES)
    for name in FIGURES:
        output = stored[f'moving("{name}")']
        assert b64decode(output.data["image/png"]) == picture(name).read_bytes(), "run its notebook anew"
        assert output.metadata["image/png"]["alt"] == f"{described(name)} {WHERE}"


GRID = """() => [...document.querySelectorAll(".moving svg line[stroke='var(--m-line)']")].map(line =>
    [...["x1", "y1", "x2", "y2"].map(end => line[end].baseVal.value), line.nextElementSibling.textContent,
     ...["x", "y"].map(end => line.nextElementSibling[end].baseVal[0].value)])"""
MARKS = """([selector, ...ends]) => [...document.querySelectorAll(`.moving svg ${selector}`)].map(mark =>
    ends.map(end => mark[end].baseVal.value))"""
PATH = """selector => document.querySelector(`.moving svg path${selector}`).getAttribute("d")
    .match(/[\\d.-]+ [\\d.-]+/g).map(pair => pair.split(" ").map(Number))"""
POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
Axis = list[tuple[float, float]]  # the place of each tick, and the number beside it


def axes(page: Page) -> list[tuple[Axis, Axis]]:
    """The x and the y axis of each panel of a drawing, in its order."""
    found: list[tuple[Any, Axis, Axis]] = []
    for x1, y1, x2, y2, label, x, y in page.evaluate(GRID):
        times, _, rest = label.replace(",", "").rpartition(" · ")
        power = re.fullmatch("10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", rest)
        number = float(times or 1) * 10.0 ** int(power[1].translate(POWERS)) if power else float(rest.translate(POWERS))
        upright = x1 == x2
        if not found or (upright and found[-1][0] != (y1, y2)):
            found.append(((y1, y2) if upright else None, [], []))
        found[-1][1 if upright else 2].append((x1 if upright else y1, number))
        assert upright or x2 - x1 > 200  # a line across the panel
        assert (abs(x - x1) < 40 and 0 < y - y2 < 25) if upright else (0 < x1 - x < 25 and abs(y - y1) < 10)
    return [(x, y) for _, x, y in found]


def at(axis: Axis, value: float, scale: Any = float) -> Any:
    """Where a number belongs, told by the ticks alone, which have to agree."""
    (p, a), *between, (q, b) = [(place, scale(number)) for place, number in axis]
    assert abs(q - p) > 50  # or all would agree on one place
    assert [place for place, _ in between] == [
        pytest.approx(p + (number - a) / (b - a) * (q - p), abs=0.8) for _, number in between
    ]
    return pytest.approx(p + (scale(value) - a) / (b - a) * (q - p), abs=0.8)


def drawn(page: Page, name: str, moved: dict[str, Any], **others: Any) -> tuple[Any, list[tuple[Axis, Axis]]]:
    """Move a figure: what it computes from this, and the axes of what it then draws."""
    put(page, name)
    before = page.locator(".m-reading").inner_text()
    for key, value in moved.items():
        field = page.locator(f".moving [id^=m-{key}-]")
        if isinstance(value, str):
            field.select_option(value)
        else:
            field.evaluate(f"e => {{ e.value = {math.log10(value)}; e.dispatchEvent(new Event('input')) }}")
    page.wait_for_function("text => document.querySelector('.m-reading').textContent !== text", arg=before)
    return page.evaluate("all => figure.many(all)", [moved | others])[0], axes(page)


@pytest.mark.parametrize("k", [20, 10_000])
def test_descent_is_drawn_where_its_axes_say(page: Page, k: float):
    found, (strip, plane, trace) = drawn(page, "descent", {"k": k, "lr": 0.1})
    (scale,) = page.evaluate(MARKS, ["circle[r='8'][fill=currentColor]", "cx"])
    assert scale[0] == at(strip[0], k, math.log)
    (edge,) = page.evaluate(MARKS, ["line[stroke='currentColor'][stroke-width='2']", "x1"])
    assert edge[0] == at(strip[0], found["kStar"], math.log)
    parts = page.evaluate(MARKS, ["rect[height='34'][opacity]", "x", "width"])
    ends = [at(strip[0], end, math.log) for end in (1, found["kStar"] / 2, found["kStar"], 1e4)]
    assert [(x, x + width) for x, width in parts] == list(itertools.pairwise(ends))
    last, late = page.evaluate(MARKS, ["circle[r='6']", "cx", "cy"])
    u, v = found["path"][-1]
    assert last == [at(plane[0], u), at(plane[1], v)]
    assert late == [at(trace[0], 60), at(trace[1], u)]
    ((u, v),) = page.evaluate(MARKS, ["circle[r='8'][stroke='var(--m-green)']", "cx", "cy"])
    assert [u, v] == [at(plane[0], (m := json.loads(data_of("descent"))["minimum"])[0]), at(plane[1], m[1])]
    (level,) = page.evaluate(MARKS, ["line[stroke-dasharray='5 4']", "x1", "y1", "x2", "y2"])
    assert level == [at(trace[0], 0), at(trace[1], m[0]), at(trace[0], 60), level[1]]
    walk, story = (page.evaluate(PATH, f"[stroke-width='{width}']") for width in (1.2, 1.5))
    assert walk == [[at(plane[0], a), at(plane[1], b)] for a, b in found["path"]]
    assert story == [[at(trace[0], i), at(trace[1], a)] for i, (a, _) in enumerate(found["path"])]
    box = page.locator(".moving svg image").evaluate("e => [e.x, e.width].map(a => a.baseVal.value)")
    assert box[0] < last[0] < sum(box)
    assert all(box[0] <= a <= sum(box) for a, _ in walk)


def test_the_ground_of_descent_is_its_loss(page: Page):
    """Darker where the loss of every fourth sample is lower, from its minimum to the corner of the picture."""
    _, (_, plane, _) = drawn(page, "descent", {"k": 20, "lr": 0.1})
    data = json.loads(data_of("descent"))
    x, t = (torch.tensor(data[key][::4], dtype=torch.float64) for key in ("inputs", "targets"))
    (wx, wb), reach = data["minimum"], 2 ** round(math.log2(plane[0][-1][1] - plane[0][0][1]))
    steps = torch.linspace(-1 + 1 / 32, 1 - 1 / 32, 32, dtype=torch.float64) * reach
    at_all = torch.cartesian_prod(wb - steps, wx + steps).flip(1)
    points = torch.cat([at_all, torch.tensor([[wx, wb], [wx - reach, wb + reach]], dtype=torch.float64)])
    *losses, low, far = logistic_loss(points, x[:, None], t).log().tolist()
    height = ((np.array(losses) - low) / (far - low)).clip(0, 1).reshape(32, 32)
    href = page.locator(".moving svg image").get_attribute("href")
    painted = np.asarray(Image.open(io.BytesIO(b64decode(href.partition(",")[2]))), dtype=float)
    assert np.abs(painted[..., 3] - 190 * (1 - height) ** 1.5).max() < 1


def test_the_edge_of_descent_is_drawn_on_its_axis_or_not_at_all(page: Page):
    _, (strip, *_) = drawn(page, "descent", {"k": 20, "lr": 10})
    assert page.evaluate(MARKS, ["line[stroke='currentColor'][stroke-width='2']", "x1"]) == []
    for key, end, said in (("End", 1e4, "10,000"), ("Home", 1, "1")):  # and k no farther than it reaches
        page.locator(".moving input").first.press(key)
        expect(page.locator(".m-reading")).to_have_text(re.compile(f"At k = {said} and"))
        (scale,) = page.evaluate(MARKS, ["circle[r='8'][fill=currentColor]", "cx"])
        assert scale[0] == at(strip[0], end, math.log)


def test_clouds_are_drawn_where_their_axes_say(page: Page):
    found, (plane, line, long) = drawn(page, "clouds", {"ratio": 10, "scale": 100})
    data = json.loads(data_of("clouds"))
    points = [page.evaluate(PATH, f"[stroke-linecap][stroke='var(--m-{colour})']") for colour in ("blue", "red")]
    of = [[x for x, t in zip(data["inputs"], data["targets"], strict=True) if t == c] for c in (0, 1)]
    assert points == [[[at(plane[0], x), at(plane[1], y)] for x, y in some] for some in of]
    (cross,), (length,) = page.evaluate(MARKS, ["circle[r='8']", "cx"])
    assert cross == at(line[0], found["boundary"])
    assert length == at(long[0], found["firstGradient"], math.log)
    (theory,) = page.evaluate(MARKS, ["line[stroke-dasharray]", "x1"])
    assert theory[0] == at(line[0], found["theory"])
    assert [x for x, _ in page.evaluate(PATH, "[stroke-dasharray]")] == [at(plane[0], found["theory"])] * 2
    a, b, c = found["theta"]
    ends = page.evaluate(PATH, "[stroke-width='3']")
    assert ends == [[at(plane[0], -(b * y + c) / a), at(plane[1], y)] for y in (-3.2, 3.2)]
    for colour, side in (("blue", -3.2), ("red", 5.2)):
        corners = page.locator(f".moving polygon[fill='var(--m-{colour})']").get_attribute("points").split()
        outer = [[at(plane[0], side), at(plane[1], y)] for y in (-3.2, 3.2)]
        assert [[float(v) for v in corner.split(",")] for corner in corners] == [outer[0], *ends, outer[1]]


def test_what_gets_through_is_drawn_where_its_axes_say(page: Page):
    counts = {"exponent": 1, "counts": [900, 90, 10]}
    found, ((_, weights), (sizes, parts)) = drawn(page, "through", {"batch": 100}, **counts)
    asked, through = (page.evaluate(MARKS, [f"circle[r='{r}']:not([cy='328'])", "cx", "cy"]) for r in (6, 5))
    assert [y for _, y in asked] == [at(weights, w, math.log) for w in found["weights"]]
    assert [y for _, y in through] == [at(weights, v, math.log) for v in found["through"]]
    assert [x for x, _ in asked] == [x for x, _ in through] == sorted({x for x, _ in asked})
    assert page.evaluate(MARKS, ["circle[r='7']", "cx", "cy"]) == [[at(sizes, 100, math.log), at(parts, found["part"])]]
    curve = page.evaluate(PATH, "[stroke-width='3']")
    batches = [10 ** (i / 8) for i in range(len(curve))]
    rows = page.evaluate("all => figure.many(all)", [{"batch": batch, **counts} for batch in batches])
    assert batches[-1] == 1e4
    assert curve == [[at(sizes, b, math.log), at(parts, row["part"])] for b, row in zip(batches, rows, strict=True)]
    ((low, wide),) = page.evaluate(MARKS, ["rect[opacity='0.18']", "x", "width"])
    assert [low, low + wide] == [
        at(sizes, math.log(2) * (found["largest"] - 1), math.log),
        at(sizes, found["largest"] - 1, math.log),
    ]


def test_one_knob_is_drawn_where_its_axis_says(page: Page):
    found, ((products, _),) = drawn(page, "one_knob", {"rate": 1000}, repair="none")
    dots = page.evaluate(MARKS, ["circle", "cx", "cy"])
    assert [x for x, _ in dots] == [at(products, min(row["product"], 1e9 / 3), math.log) for row in found["rows"]]
    colour = {
        "learning": "var(--m-blue)",
        "stuck": "var(--m-faint)",
        "diverged": "var(--m-red)",
        "NaN": "var(--m-red)",
    }
    below = (
        "([x, y]) => document.elementsFromPoint(x, y).filter(e => e.tagName == 'rect').map(e => e.getAttribute('fill'))"
    )
    for row, circle in zip(found["rows"], page.locator(".moving circle").all(), strict=True):
        circle.scroll_into_view_if_needed()
        box = circle.bounding_box()
        assert colour[row["verdict"].split()[0]] in page.evaluate(below, [box["x"] + 8, box["y"] + 8])
    # Greener where the loss falls farther.
    shades = page.locator(".moving rect").evaluate_all("all => all.map(e => Number(e.getAttribute('opacity')))")
    falls = json.loads(data_of("one_knob"))["falls"]["no weights"]
    learnt = [None not in draws and min(draws) > 0.01 for draws in falls]
    fallen = sorted((max(falls[i]), shades[i]) for i in range(len(falls)) if learnt[i])
    assert [shade for _, shade in fallen] == sorted(shade for _, shade in fallen)
    assert fallen[-1][1] > 2 * fallen[0][1]
    page.set_viewport_size({"width": 1000, "height": 800})
    page.wait_for_function("document.querySelector('.moving svg').viewBox.baseVal.width > 900")
    texts = page.locator(".moving svg text").evaluate_all("all => all.map(e => [e.textContent, e.y.baseVal[0].value])")
    page.set_viewport_size({"width": 390, "height": 844})
    for row in found["rows"]:  # a verdict stands beside its name
        assert [row["verdict"], dict(texts)[row["name"]]] in texts


@pytest.mark.parametrize(
    "moved", [{"spread": 100}, {"lightest": 0.01, "spread": 1000}, {"lightest": 1000, "spread": 1e4}]
)
def test_the_window_is_drawn_where_its_axes_say(page: Page, moved: dict[str, Any]):
    others = {"lightest": 27, "classes": 7000, "batch": 1024, "format": "float16", "keeps": "plain"}
    found, ((weights, _), (ratios, _)) = drawn(page, "window", moved, **others | moved)
    low, high, light, heavy = (at(weights, found[key], math.log) for key in ("low", "high", "lightest", "heaviest"))
    lines = page.evaluate(MARKS, ["line[stroke-width='3']", "x1", "y1", "x2", "y2"])
    assert lines == [[x, 44, x, 136] for x in (low, high)]  # from top to bottom
    names = page.locator(".moving svg text[y='34.0']")
    assert names.all_text_contents() == ["smallest", "largest"]
    assert names.evaluate_all("all => all.map(e => e.x.baseVal[0].value)") == [low, high]
    assert [x + 1.5 for (x,) in page.evaluate(MARKS, ["rect[height='40']", "x"])] == [light, heavy]
    pieces = [(x, x + width) for x, width in page.evaluate(MARKS, ["rect[height='32']", "x", "width"])]
    colours = page.locator(".moving rect[height='32']").evaluate_all("all => all.map(e => e.getAttribute('fill'))")
    inner = (low if found["below"] else light, high if found["above"] else heavy)
    assert pieces == [(light, low)] * found["below"] + [inner] + [(high, heavy)] * found["above"]
    red, blue = ["var(--m-red)"], ["var(--m-blue)"]
    assert colours == red * found["below"] + blue + red * found["above"]
    ((x, width),) = page.evaluate(MARKS, ["rect[height='10']", "x", "width"])
    assert (x, x + width) == (at(ratios, 1, math.log), at(ratios, moved["spread"], math.log))
    green = page.evaluate(MARKS, ["rect[opacity='0.3']", "x", "width"])
    ends = [(low, high), (at(ratios, 1, math.log), at(ratios, found["window"], math.log))]
    assert [(x, x + width) for x, width in green] == ends


NAMES = {
    "descent": {"k", "weight", "bias", "step", "glides", "never rests", "k* = 76.1"},
    "clouds": {"class 0", "class 1", "first feature", "length of the first gradient"},
    "through": {"weight of a sample of each class", "samples of the class", "900", "90", "10", "asked for"}
    | {"gets through", "batch size B", "part of the largest weight", "half, about here"},
    "one_knob": {"no weights", "N/n_c", "square root", "sample mean one", "learning rate × mean sample weight", "NaN"},
    "window": {"weight of a class", "smallest", "largest", "largest over smallest", "your weights"},
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_drawing_names_what_it_draws_at_any_width(page: Page, name: str):
    put(page, name)
    wide = {"width": 1000, "height": 800}
    for size in (page.viewport_size, wide, page.viewport_size):
        page.set_viewport_size(size)
        width = page.locator(".moving").evaluate("e => e.clientWidth")
        page.wait_for_function("w => document.querySelector('.moving svg').viewBox.baseVal.width === w", arg=width)
        assert set(page.locator(".moving svg text").all_text_contents()) > NAMES[name]


def test_the_keys_stay_in_the_figure_but_for_escape(page: Page):
    put(page, "window")
    page.evaluate("() => { window.keys = []; addEventListener('keydown', event => keys.push(event.key)) }")
    page.get_by_role("group", name="Do your weights fit through the window?").get_by_role("slider").first.focus()
    for key in ("ArrowRight", "a", "Escape"):
        page.keyboard.press(key)
    assert page.evaluate("keys") == ["Escape"]


def test_one_knob_says_what_most_draws_say(page: Page):
    kinds = {
        "NaN": lambda fall: fall is None,
        "diverged": lambda fall: fall < -0.01,
        "stuck": lambda fall: fall <= 0.01,
    }
    rows = [
        row
        for one in computed(page, "one_knob", [{"rate": 10 ** (i / 4), "repair": "none"} for i in range(-12, 21)])
        for row in one["rows"]
    ]
    for row in rows:
        said = [next((kind for kind, holds in kinds.items() if holds(fall)), "learning") for fall in row["falls"]]
        ((most, held),) = Counter(said).most_common(1)
        assert row["verdict"] == (most if held == len(said) else f"{most} in {held} of {len(said)}")
    assert any("2 of 3" in row["verdict"] for row in rows)


def test_where_no_weight_survives_the_window_holds_nothing(page: Page):
    drawn(page, "window", {"keeps": "adam", "classes": 1e5, "batch": 8192}, lightest=27, spread=100, format="float16")
    colours = page.locator(".moving rect[height='32']").evaluate_all("all => all.map(e => e.getAttribute('fill'))")
    assert colours == ["var(--m-red)"] * 2
    assert page.locator(".moving rect[opacity='0.3']").count() == 1  # the ratio's, none in the window


def test_counts_are_written_where_there_is_room(page: Page):
    put(page, "through")
    page.locator(".moving input[type=text]").fill("12345 " * 20)
    below = page.locator(".moving svg text[y='288.0']")
    expect(below).to_have_count(0)
    page.locator(".moving input[type=text]").fill("12345 " * 3)
    expect(below).to_have_count(3)


def test_a_choice_and_a_number_are_taken_as_they_are_shown(page: Page):
    put(page, "window")
    reading = page.locator(".m-reading")
    page.get_by_label("number format").select_option("float32")
    expect(reading).to_contain_text("In float32, with 7,000 classes and batches of 1,024,")
    for label in ("classes K", "batch size B"):
        page.get_by_label(label).evaluate("e => { e.value = 0.75; e.dispatchEvent(new Event('input')) }")  # 5.62
    expect(page.locator(".moving output")).to_have_text(["27", "26,000", "6", "6"])
    expect(reading).to_contain_text("with 6 classes and batches of 6,")


def test_an_exponent_is_no_power_of_ten(page: Page):
    put(page, "through")
    page.get_by_label("exponent").evaluate("e => { e.value = 0.5; e.dispatchEvent(new Event('input')) }")
    expect(page.locator(".moving output")).to_have_text(["16", "0.50"])
    expect(page.locator(".m-reading")).to_contain_text("Asked for was a ratio of 9.49 between")
