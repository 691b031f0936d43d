"""The site, built once and read in a browser from the file system, on a desktop and on a phone."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import complaints, new_page, run
from conftest import LESSONS, SOLUTIONS, opened
from playwright.sync_api import Browser, Page, expect

from book.course import ROOT
from book.prepare import BESIDE
from helpers.moving import FIGURES

LESSON_PAGES = [f"notebooks/{path.stem}" for path in LESSONS]
PAGES = [
    *("index", *(page for pages in BESIDE.values() for page in pages), "search", "genindex"),
    *LESSON_PAGES,
    *(f"notebooks/solutions/{path.stem}" for path in SOLUTIONS),
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# Contrast takes axe-core many seconds a page, and only depends on the classes of elements: one page is tried in full.
WITHOUT_CONTRAST = {"rules": {"color-contrast": {"enabled": False}}}
# What people searched for and once found nothing, a number with a narrow space among it.
WORDS = [
    *("DDP", "multiple GPUs", "overfitting", "oversampling", "class_weight", "early stopping", "Dice", "Zipf"),
    *("segmentation", "25 000", "25\u202f000", "float16", "calibration", "gradient accumulation"),
    *("validation loss", "sample_weight", "compute_loss", "BatchNorm"),
]
SCRIPT = (Path(__file__).with_name("look_at_page.js")).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As ``make book`` builds it, into a folder of the test."""
    folder = tmp_path_factory.mktemp("site")
    run(sys.executable, "-m", "book.prepare", folder / "source")
    sphinx = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--quiet", "--builder", "html"]
    run(*sphinx, "--conf-dir", ROOT / "book", "--doctree-dir", folder / "trees", folder / "source", folder / "html")
    return folder / "html"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    opened = new_page(chromium, viewport=DESKTOP, color_scheme="light")
    opened.add_init_script(SCRIPT)
    yield opened
    opened.close()


def go(page: Page, site: Path, name: str) -> None:
    page.goto((site / f"{name}.html").as_uri())
    page.evaluate("window.MathJax ? MathJax.startup.promise : null")


def barriers(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe-core calls a violation, each with its first element."""
    options = {"resultTypes": ["violations"], "preload": False} | options  # preloading asks for files of the site
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}, {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.mark.parametrize("name", PAGES)
def test_page(page: Page, site: Path, name: str):
    found = complaints(page, home=site.as_uri())
    go(page, site, name)
    assert page.evaluate("look.openFolds()") == 0, "a result is in sight before the reader has guessed"
    page.evaluate("look.openAll()")
    assert page.evaluate("look.rawFormulas()") == []
    assert page.evaluate("look.brokenHeadings()") == []
    page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate("look.poorPictures()") == []
        assert page.evaluate("look.overflow()") == []
        assert barriers(page, WITHOUT_CONTRAST) == []
    for theme in ("light", "dark"):
        page.evaluate("theme => (document.body.dataset.theme = theme)", theme)
        assert page.evaluate("look.faintText()") == [], theme
    assert found == []


@pytest.mark.parametrize("name", LESSON_PAGES)
def test_results_after_a_prediction_open_on_a_click(page: Page, site: Path, name: str):
    go(page, site, name)
    for fold, content in (("details.finding", "p"), ("details.hide", "pre, img")):
        first = page.locator(f"article {fold}").first
        inside = first.locator(content).locator("visible=true")
        assert inside.count() == 0
        first.locator("summary").click()
        expect(inside.first).to_be_visible()
        expect(first.locator("summary")).to_contain_text("Hide", use_inner_text=True)


def test_contrast_as_axe_core_measures_it(page: Page, site: Path):
    go(page, site, "notebooks/01_weighted_cross_entropy")
    page.evaluate("look.openAll()")
    for theme in ("light", "dark"):
        page.evaluate("theme => (document.body.dataset.theme = theme)", theme)
        assert barriers(page, {"runOnly": ["color-contrast"]}) == [], theme


def test_only_what_scrolls_is_a_stop_of_the_tab_key(page: Page, site: Path):
    go(page, site, "notebooks/03_gradient_scaling")
    page.evaluate("look.openAll()")
    formulas = page.locator("article .math")
    assert formulas.count() > 20
    assert page.locator("article .math [tabindex='0']").count() == 0
    assert page.locator("article .math math").count() == formulas.count()  # which a screen reader reads


def test_numbers_stay_on_one_line(page: Page, site: Path):
    for name, number in (("02_relative_importance", "1 : 2 : 3"), ("07_seven_thousand_classes", "25 000")):
        go(page, site, f"notebooks/{name}")
        text = page.evaluate("[...document.querySelectorAll('article p')].map(p => p.textContent).join()")
        assert number.replace(" ", "\u00a0") in text
        assert not re.findall(r"\d (?:%|: \d)", text)


def test_search_finds_oscillation(page: Page, site: Path):
    found = complaints(page, home=site.as_uri())
    go(page, site, "index")
    page.locator("input[name=q]").locator("visible=true").fill("oscillation")
    page.keyboard.press("Enter")
    results = page.locator("#search-results li a")
    expect(results.first).to_be_visible()
    assert any("04_oscillation" in link.get_attribute("href") for link in results.all())
    assert found == []


@pytest.mark.parametrize("word", WORDS)
def test_search_finds_the_words_of_askers(page: Page, site: Path, word: str):
    page.goto(f"{(site / 'search.html').as_uri()}?q={quote(word)}")
    expect(page.locator("#search-results li a[href*='book/questions.html']").first).to_be_visible()


def test_the_sheet_prints_on_one_page(page: Page, site: Path):
    go(page, site, "book/sheet")
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))
    assert len(pages) == 1


def test_print_shows_what_is_folded(page: Page, site: Path):
    go(page, site, "notebooks/04_oscillation")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("look.openFolds()") == 0


def test_links_resolve(site: Path):
    texts = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    anchors = {path: set(re.findall(r'\sid="([^"]+)"', text)) for path, text in texts.items()}
    dead = []
    for path, text in texts.items():
        for link in re.findall(r'<(?:a|link)\s[^>]*href="([^"]+)"|<(?:script|img)\s[^>]*src="([^"]+)"', text):
            target, _, anchor = unquote(link[0] or link[1]).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            file = (path.parent / target.split("?")[0]).resolve() if target else path
            if not file.is_file() or (anchor and file in anchors and anchor not in anchors[file]):
                dead.append(f"{path.relative_to(site)}: {link}")
    assert dead == []


def test_each_figure_moves_once_where_its_notebook_shows_it(page: Page, site: Path):
    texts = {path.stem: (site / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8") for path in LESSONS}
    shown = {
        name: path.stem
        for path in LESSONS
        for cell in opened(path).notebook.cells
        for name in re.findall(r'^moving\("(\w+)"\)$', cell.source, re.M)
    }
    assert shown.keys() == FIGURES.keys()
    for name, its_page in shown.items():
        assert [stem for stem, text in texts.items() for _ in re.findall(f'id="moving-{name}"', text)] == [its_page]
    assert not [stem for stem, text in texts.items() if "once its cell has run" in text]  # the stand-in
    go(page, site, f"notebooks/{shown['clouds']}")
    expect(page.locator("#moving-clouds .moving svg")).to_have_count(1)


def test_table_of_verdicts_is_a_table(site: Path):
    text = (site / "notebooks" / "10_verdict.html").read_text(encoding="utf-8")
    assert re.search(r"<table.*?the largest weight belongs to the biggest class.*?</table>", text, re.S)


def test_every_page_is_tried(site: Path):
    built = {str(path.relative_to(site).with_suffix("")) for path in site.rglob("*.html")}
    assert built == set(PAGES)
