"""The site, built once and read in a browser from the file system, on a desktop and on a phone."""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import complaints, new_page, run
from conftest import LESSONS, SOLUTIONS, opened
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from book.browser import browser_path
from book.course import ROOT
from book.make_pdf import bind
from book.prepare import BESIDE
from helpers.colours import BLUE, VERMILION
from helpers.moving import FIGURES, described

LESSON_PAGES = [f"notebooks/{path.stem}" for path in LESSONS]
PAGES = [
    *("index", *(page for pages in BESIDE.values() for page in pages), "search", "genindex"),
    *LESSON_PAGES,
    *(f"notebooks/solutions/{path.stem}" for path in SOLUTIONS),
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# Colours take axe-core many seconds a page, and only depend on the classes of elements: one page is tried in full.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
WITHOUT_COLOURS = {"rules": {rule: {"enabled": False} for rule in OF_COLOURS}}
# On a phone a page differs in what scrolls; its menus, which stand on all pages, are tried on these.
SCROLLS = {"runOnly": ["scrollable-region-focusable"]}
MENUS = ("index", "notebooks/07_seven_thousand_classes", "book/calculator")
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


# The theme opens its drawers by boxes that have to stand before them, outside of all landmarks.
BESIDE_THE_BOXES = {"exclude": [[".sidebar-toggle"]]}


def barriers(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe-core calls a violation, each with its first element."""
    options = {"resultTypes": ["violations"], "preload": False} | options  # preloading asks for files of the site
    found = Axe().run(page, context=BESIDE_THE_BOXES, options=options).response["violations"]
    return [f"{one['id']}, {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]


def faint_figures(light: dict[str, float], dark: dict[str, float]) -> list[str]:
    """What is written in a figure and hard to read, and what is drawn and hardly seen in the dark but seen in light."""
    faint = [
        f"{what}: {ratio:.2f}"
        for theme in (light, dark)
        for what, ratio in theme.items()
        if what.startswith("text") and ratio < 4.5
    ]
    return faint + [
        f"{what}: {ratio:.2f} in the dark" for what, ratio in dark.items() if ratio < min(3, 0.9 * light[what])
    ]


def results_after_a_prediction_open_on_a_click(page: Page) -> None:
    for fold, content in (("details.finding", "p"), ("details.hide", "pre, img, svg.figure")):
        first = page.locator(f"article {fold}").first
        inside = first.locator(content).locator("visible=true")
        assert inside.count() == 0
        expect(first.locator("summary")).to_have_accessible_name(re.compile("^Show "))
        first.locator("summary").click()
        expect(inside.first).to_be_visible()
        expect(first.locator("summary")).to_contain_text("Hide", use_inner_text=True)


@pytest.mark.parametrize("name", PAGES)
def test_page(page: Page, site: Path, name: str):
    found = complaints(page, home=site.as_uri())
    go(page, site, name)
    assert page.evaluate("look.openFolds()") == 0, "a result is in sight before the reader has guessed"
    if name in LESSON_PAGES:
        results_after_a_prediction_open_on_a_click(page)
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        page.wait_for_selector("html:not(.show-back-to-top)")  # which the theme shows outside of its landmarks
    page.evaluate("look.openAll()")
    assert page.evaluate("look.rawFormulas()") == []
    assert page.evaluate("look.brokenHeadings()") == []
    page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate("look.poorPictures()") == []
        assert page.evaluate("look.overflow()") == []
        assert page.evaluate("look.loosePunctuation()") == [], "a line begins with the punctuation after a formula"
        assert page.evaluate("look.unreadable()") == []
    drawn = {}
    for theme in ("light", "dark"):
        page.evaluate("theme => (document.body.dataset.theme = theme)", theme)
        assert page.evaluate("look.faintText()") == [], theme
        drawn[theme] = page.evaluate("look.drawn()")
    assert faint_figures(**drawn) == []
    page.evaluate("look.dropColours()")
    assert barriers(page, WITHOUT_COLOURS if name in MENUS else SCROLLS) == []  # still as wide as a phone
    page.set_viewport_size(DESKTOP)
    assert barriers(page, WITHOUT_COLOURS) == []
    assert found == []


@pytest.mark.parametrize("name", ["index", "notebooks/07_seven_thousand_classes", "book/calculator", "book/glossary"])
def test_a_window_of_any_width_need_not_scroll_sideways(page: Page, site: Path, name: str):
    go(page, site, name)
    page.evaluate("look.openAll()")
    for width in (600, 800, 1030, 1100, 1170, 1340, 1400, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_keys_stop_at_nothing_out_of_sight_and_open_the_menu(page: Page, site: Path):
    go(page, site, "notebooks/01_weighted_cross_entropy")
    page.set_viewport_size(PHONE)
    in_window = "(({ left, right }) => right > 0 && left < innerWidth)(document.activeElement.getBoundingClientRect())"
    for _ in range(15):
        page.keyboard.press("Tab")
        assert page.evaluate(in_window), page.evaluate("document.activeElement.outerHTML")
    for box, drawer in (("#__navigation", ".sidebar-drawer"), ("#__toc", ".toc-drawer")):
        expect(page.locator(drawer)).to_be_hidden()
        page.focus(box)
        page.keyboard.press("Space")
        expect(page.locator(drawer)).to_be_visible()
        page.keyboard.press("Space")


def test_the_code_of_a_figure_is_one_line_above_it(page: Page, site: Path):
    go(page, site, "notebooks/06_choosing_weights")
    cell = page.locator("article #cell-4")
    expect(cell.locator("svg.figure")).to_be_visible()
    expect(cell.locator("pre")).to_be_hidden()
    assert cell.locator("summary").inner_text() == "Show the code of the figure, 12 lines"
    cell.locator("summary").click()
    expect(cell.locator("pre")).to_be_visible()
    words = page.locator("article details.hide > summary").all_inner_texts()
    assert {"Show the figure and the table", "Show the table", "Show the numbers"} < set(words)
    go(page, site, "notebooks/10_verdict")
    shown = page.locator("article .cell", has_text="own = diagnose(").first
    expect(shown.locator("pre").first).to_be_visible()  # what it prints comes before the figure


def test_colours_as_axe_core_measures_them(page: Page, site: Path):
    go(page, site, "notebooks/01_weighted_cross_entropy")
    page.evaluate("look.openAll()")
    for theme in ("light", "dark"):
        page.evaluate("theme => (document.body.dataset.theme = theme)", theme)
        assert barriers(page, {"runOnly": OF_COLOURS}) == [], theme
        scheme = page.evaluate("getComputedStyle(document.documentElement).colorScheme")
        assert scheme == {"light": "normal", "dark": "dark"}[theme]  # of sliders and scroll bars


def test_only_what_scrolls_is_a_stop_of_the_tab_key(page: Page, site: Path):
    go(page, site, "notebooks/03_gradient_scaling")
    page.evaluate("look.openAll()")
    formulas = page.locator("article .math")
    assert formulas.count() > 20
    assert page.locator("article .math [tabindex='0']").count() == 0
    assert page.locator("article .math math").count() == formulas.count()  # which a screen reader reads


def test_lines_of_text_can_be_read_and_figures_are_wider(page: Page, site: Path):
    go(page, site, "notebooks/06_choosing_weights")
    lengths = page.evaluate("look.lineLengths()")
    assert len(lengths) > 20
    assert 62 <= median(lengths) <= 78  # 65 to 75 in the fonts of most machines
    text, figure = (
        page.locator(f"article {what}").first.bounding_box() for what in ("section > p", "#cell-4 svg.figure")
    )
    assert figure["width"] > 1.3 * text["width"]


def test_a_notebook_can_be_downloaded_as_it_is_in_the_repository(page: Page, site: Path):
    name = "notebooks/03_gradient_scaling"
    go(page, site, name)
    links = page.locator("article h1 + .companions a")
    assert links.all_inner_texts() == ["Download the notebook", "Solutions", "Run it yourself"]
    assert links.first.get_attribute("download") is not None
    for path in (f"{name}.ipynb", "notebooks/solutions/14_the_long_tail.ipynb"):
        assert (site / path).read_bytes() == (ROOT / path).read_bytes()


def test_a_code_cell_can_be_cited_and_copied(page: Page, site: Path):
    name = "03_gradient_scaling"
    sources = [cell.source for cell in opened(ROOT / "notebooks" / f"{name}.ipynb").notebook.cells]
    wanted = next(source for source in sources if "def gradient_by_hand" in source)
    go(page, site, f"notebooks/{name}")
    links = page.locator("article .cell-link")
    assert [link.get_attribute("href") for link in links.all()] == [f"#cell-{i}" for i in range(1, links.count() + 1)]
    assert page.locator("article div.cell[id^='cell-']").count() == links.count() > 20
    page.evaluate("addEventListener('copy', (event) => (window.copied = event.target.value))")
    cell = page.locator("article #cell-3")
    cell.locator("button").focus()
    expect(cell.locator("button")).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    page.wait_for_function("window.copied")
    assert page.evaluate("window.copied").strip() == wanted.strip()
    assert page.locator("article .output button").count() == 0


def test_numbers_stay_on_one_line(page: Page, site: Path):
    for name, number in (("02_relative_importance", "1 : 2 : 3"), ("07_seven_thousand_classes", "25,000")):
        go(page, site, f"notebooks/{name}")
        text = page.evaluate("[...document.querySelectorAll('article p')].map(p => p.textContent).join()")
        assert number.replace(" ", "\u00a0") in text
        assert not re.findall(r"\d (?:%|: \d)", text)


@pytest.mark.parametrize("word", WORDS)
def test_search_finds_the_words_of_askers(page: Page, site: Path, word: str):
    found = complaints(page, home=site.as_uri())
    page.goto(f"{(site / 'search.html').as_uri()}?{urlencode({'q': word})}")
    expect(page.locator("#search-results li a[href*='book/questions.html']").first).to_be_visible()
    assert found == []


def test_a_search_begins_on_any_page(page: Page, site: Path):
    go(page, site, "index")
    page.locator("input[name=q]").locator("visible=true").fill("calibration")
    page.keyboard.press("Enter")
    expect(page.locator("#search-results li a[href*='book/questions.html']").first).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["q"] == ["calibration"]


def test_a_word_that_was_searched_is_not_covered_in_a_figure(page: Page, site: Path):
    page.goto(f"{(site / 'index.html').as_uri()}?highlight=adam")
    boxes = page.locator("svg rect.highlighted")
    expect(boxes).to_have_count(2)
    assert boxes.evaluate_all("boxes => boxes.map(box => getComputedStyle(box).fill)") == ["none", "none"]


def test_the_sheet_prints_on_one_page(page: Page, site: Path):
    go(page, site, "book/sheet")
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))
    assert len(pages) == 1


def test_the_pdf_holds_results_numbers_and_bookmarks_and_no_link_to_this_machine(chromium: Browser, site: Path):
    lesson = "notebooks/01_weighted_cross_entropy"
    written = io.BytesIO()
    bind(chromium, site, {"book/sheet": "The sheet", lesson: "01"}).write(written)
    found = PdfReader(written)
    texts = [" ".join(page.extract_text().split()) for page in found.pages]
    assert re.search("^The sheet.* 1$", texts[0])
    assert texts[-1].endswith(f" {len(texts)}")
    assert "largest weight 704,409" in "".join(texts), "a result is folded or fades in"
    assert "Skip to content" not in "".join(texts)
    titles = [entry.title for entry in found.outline if not isinstance(entry, list)]
    assert titles == ["The sheet", "01"]
    assert "What you measured" in [entry.title for entry in found.outline[3]]
    links = [link.get_object() for page in found.pages for link in page.get("/Annots", [])]
    assert not [link for link in links if str(link.get("/A", {}).get("/URI", "")).startswith("file:")]
    moved = [link["/Dest"][0] for link in links if "/Dest" in link and isinstance(link["/Dest"], list)]
    assert found.pages[1].indirect_reference in moved, "the sheet's link to 01 leads nowhere"


def test_the_pdf_wants_a_site_and_a_browser(chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(FileNotFoundError, match=r"index\.html is missing: build the site first, by make book"):
        bind(chromium, tmp_path, {"index": "The course"})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"no Chromium found.*apt-get install chromium"):
        browser_path()


def test_print_shows_what_is_folded(page: Page, site: Path):
    go(page, site, "notebooks/04_oscillation")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("look.openFolds()") == 0


def test_the_front_page_answers_in_five_lines_and_has_three_doors(page: Page, site: Path):
    go(page, site, "index")
    lines = page.locator("article ol > li")
    assert lines.count() == 5
    assert all(line.locator("a[href*='.html#']").count() for line in lines.all())
    doors = page.locator(".doors > ul > li")
    assert [door.locator("a").first.inner_text() for door in doors.all()] == ["Learn", "Your case", "Teach"]
    assert page.locator(".parts li li").count() == len(LESSONS)
    assert "pip install" not in page.locator("article").inner_text()
    # Drawn whole: the README's file stays white in the dark.
    picture = page.locator("article svg.figure[role='img']")
    assert (picture.locator("image").count(), picture.locator("text", has_text="diverged").count()) == (1, 6)
    assert page.locator("article img").count() == 0
    colours = re.findall(r"#[0-9A-F]{6}", (site / "_static" / "favicon.svg").read_text(encoding="utf-8"))
    assert colours == [BLUE, VERMILION]
    assert page.locator("link[rel='shortcut icon']").get_attribute("href").endswith("favicon.svg")


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
    expect(page.locator("pre", has_text='moving("clouds")')).to_be_visible()  # no fold for a line


def test_without_scripts_a_still_stands_in_for_a_figure_that_moves(chromium: Browser, site: Path):
    page = new_page(chromium, viewport=PHONE, java_script_enabled=False)
    page.goto((site / "notebooks" / "02_relative_importance.html").as_uri())
    still = page.locator("#moving-clouds img")
    still.scroll_into_view_if_needed()
    expect(still).to_be_visible()
    expect(still).to_have_attribute("alt", described("clouds"))
    expect(page.locator("#moving-clouds noscript > p")).to_be_visible()
    box = page.locator(".output:has(#moving-clouds)")
    assert box.evaluate("e => e.scrollWidth > e.clientWidth && e.clientWidth < 390"), "a phone would shrink it too far"
    page.close()


def test_what_overflows_says_so(page: Page, site: Path):
    page.set_viewport_size(PHONE)
    go(page, site, "notebooks/01_weighted_cross_entropy")
    page.evaluate("look.openAll()")
    outputs = page.locator(".cell_output pre")
    expect(page.locator(".cell_output pre[tabindex]").last).to_be_visible()  # the script has seen the open folds
    told = "e => [e.scrollWidth > e.clientWidth, getComputedStyle(e, '::after').content.includes('sideways')]"
    found = [element.evaluate(told) for element in outputs.all()]
    assert [True, True] in found
    assert [False, False] in found
    assert [True, False] not in found


def test_a_figures_title_is_seen_once(page: Page, site: Path):
    go(page, site, "notebooks/07_seven_thousand_classes")
    page.evaluate("look.openAll()")
    apart, drawn = page.locator(".figure-title:has(+ svg .headline)"), page.locator("svg.figure .headline")
    assert apart.count() > 0
    for size in (PHONE, {"width": 1300, "height": 900}):
        page.set_viewport_size(size)
        expect(apart.first).to_be_visible(visible=size is PHONE)
        expect(drawn.first).to_have_css("visibility", "hidden" if size is PHONE else "visible")


def test_what_a_verdict_prints_breaks_its_lines_on_a_phone(page: Page, site: Path):
    page.set_viewport_size(PHONE)
    go(page, site, "notebooks/10_verdict")
    page.evaluate("look.openAll()")
    verdicts = page.locator(".tag_prose", has_text="rule(").locator(".cell_output pre")
    widths = verdicts.evaluate_all("all => all.map((e) => e.scrollWidth <= e.clientWidth)")
    assert len(widths) >= 6
    assert all(widths)


def test_every_page_says_what_it_is_about(site: Path):
    words = {}
    for name in set(PAGES) - {"search", "genindex"}:
        text = (site / f"{name}.html").read_text(encoding="utf-8")
        words[name] = re.findall('<meta name="description" content="([^"]{20,210})">', text)
    assert [name for name, found in words.items() if len(found) != 1] == []
    assert words["notebooks/05_optimizers"][0].startswith("Multiply every class weight by the same k.")


def test_table_of_verdicts_is_a_table(site: Path):
    text = (site / "notebooks" / "10_verdict.html").read_text(encoding="utf-8")
    assert re.search(r"<table.*?the largest weight belongs to the biggest class.*?</table>", text, re.S)


def test_a_wide_table_stacks_on_a_phone_and_names_its_columns_there(page: Page, site: Path):
    go(page, site, "book/objectives")
    row = page.locator("article tbody tr").first
    cells = row.locator("td")
    page.set_viewport_size(PHONE)
    expect(cells.nth(2)).to_have_text(re.compile(r"^exercises\s+1\.1, 1\.2$"), use_inner_text=True)
    expect(cells.nth(3)).to_be_hidden()  # no question of the quiz
    tops = row.locator("td:visible").evaluate_all("all => all.map((e) => e.getBoundingClientRect().top)")
    assert tops == sorted(set(tops))
    assert min(row.locator("td:visible").evaluate_all("all => all.map((e) => e.offsetWidth)")) > 300
    page.set_viewport_size(DESKTOP)
    expect(cells.nth(2)).to_have_text("1.1, 1.2", use_inner_text=True)
    assert len(set(cells.evaluate_all("all => all.map((e) => e.offsetTop)"))) == 1


def test_every_page_is_tried(site: Path):
    built = {str(path.relative_to(site).with_suffix("")) for path in site.rglob("*.html")}
    assert built == set(PAGES)


CARDED = "notebooks/01_weighted_cross_entropy"


def test_a_guess_by_keyboard_opens_its_result_is_kept_and_counted_and_can_be_cleared(page: Page, site: Path):
    found = complaints(page, home=site.as_uri())
    go(page, site, CARDED)
    numbers, choice, tally = page.locator(".guess").nth(0), page.locator(".guess").nth(1), page.locator(".tally")
    expect(tally).to_contain_text("You have not guessed yet. 8 of 8 predictions are still open")
    expect(choice.get_by_role("radio").first).to_have_attribute("aria-invalid", "false")  # nobody has chosen yet
    choice.get_by_role("radio", name="the same number").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(choice.locator("[aria-live]")).to_have_text("You guessed “a smaller one”. Right.")
    expect(choice).to_be_focused()
    assert page.evaluate("look.openFolds()") == 2  # its result and what happened, and no other
    numbers.get_by_label("The largest weight").fill("many")
    numbers.get_by_label("Weights above").fill("5,000")
    page.keyboard.press("Enter")
    expect(numbers.locator("[aria-live]")).to_be_empty()  # "many" is no number
    numbers.get_by_label("The largest weight").fill("25,000")
    page.keyboard.press("Enter")
    expect(numbers.locator("[aria-live]")).to_contain_text("weight: you guessed 25,000. The result: 704,409")
    expect(numbers.locator("[aria-live]")).to_contain_text("you guessed 5,000. Right: 4,962.")
    page.reload()
    expect(choice.locator("[aria-live]")).to_have_text("You guessed “a smaller one”. Right.")
    expect(tally).to_contain_text("You guessed 2 of 3 right. 6 of 8 predictions are still open")
    assert page.evaluate("look.openFolds()") == 5
    assert barriers(page, WITHOUT_COLOURS) == []
    page.set_viewport_size(PHONE)
    heights = "[...document.querySelectorAll(':is(.guess, .tally) :is(label, button)')].map(e => e.offsetHeight)"
    assert min(page.evaluate(heights)) >= 44
    page.once("dialog", lambda dialog: dialog.accept())
    tally.get_by_role("button").click()
    expect(tally).to_contain_text("You have not guessed yet.")
    assert page.evaluate("look.openFolds()") == 0
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('class-weights'))") == []
    assert found == []


def test_where_nothing_is_kept_a_card_says_so_and_works(page: Page, site: Path):
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('refused') }")
    go(page, site, "notebooks/12_judging")
    expect(page.locator(".guess-note")).to_contain_text("keeps nothing")
    card, tally = page.locator("#guess-m048"), page.locator(".tally")
    for question in card.get_by_role("group").all():
        question.get_by_role("radio").first.check()
    card.get_by_role("button").click()
    expect(card.locator("[aria-live]")).to_contain_text("With both: you guessed “about 100”")
    expect(tally).to_contain_text("You guessed 1 of 4 right.")
    assert page.evaluate("look.rawFormulas()") == []  # its choices hold formulas
    page.once("dialog", lambda dialog: dialog.accept())
    tally.get_by_role("button").click()
    expect(card.get_by_role("radio").first).to_be_visible()
    assert page.evaluate("look.rawFormulas()") == []


def test_without_scripts_the_choices_are_a_list_and_the_results_folds(chromium: Browser, site: Path):
    page = new_page(chromium, viewport=DESKTOP, java_script_enabled=False)
    page.goto((site / f"{CARDED}.html").as_uri())
    choices = page.locator(".guess").nth(1).locator("li")
    expect(choices).to_have_text(["the same number", "a smaller one", "a larger one"])
    expect(page.locator(".question[data-number]").first).to_be_hidden()
    expect(page.locator(".tally")).to_be_hidden()
    page.locator("details.finding > summary").first.click()
    expect(page.locator("details.finding").first.locator("p").first).to_be_visible()
    page.close()
