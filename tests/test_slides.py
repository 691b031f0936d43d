"""The decks: what the text of a slide lacks, and each deck in a browser at 1280 × 720, in letters for the last row."""

import re
import sys
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path

import nbformat
import pytest
from browsing import complaints, new_page, run
from conftest import LESSONS, opened, refuse
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from playwright.sync_api import Browser, Page

from book.adapt import FINDING, PREDICT
from book.course import GUIDE, CourseError, Lesson
from book.deck import MOST_COLUMNS, Slide, code_slide, markdown_slides, rendered, slides
from book.lecture import cell_of, joined, lecture, with_lecture
from book.slide_text import chosen, chosen_lines, narrow, on_slide, sentences

NAMES = [path.stem for path in LESSONS]
FRAME = {"width": 1280, "height": 720}
LEAST_PIXELS = 20  # of 720: what the last row reads
MOST_WORDS = 115  # about 100
DIVISOR = r"\frac{\sum_i w_{y_i}\,\mathrm{CE}_i}{\sum_i w_{y_i}}"  # what notebook 01 speaks of to its end
# Symbols that mean nothing to a hall before their slide: each has to be set equal to something where it comes first.
DEFINED = (r"k^*", r"T^*", r"p^*", r"\varepsilon^*", r"\bar w", r"\eta'", r"v_c(B)", r"k_{1/2}")

# For each slide, with all its fragments shown: what stands outside the frame, or is cut off in its own box; the
# smallest letters, but for those of formulas, indices and exponents; the words that are neither code nor numbers of a
# table; and what of a figure is written over something else, or beside the figure.
LOOK = r"""() => [...document.querySelectorAll(".slides > section")].map((section, i) => {
  Reveal.slide(i, 0, 99);
  const outside = [...section.querySelectorAll(".section, .fit *")].filter((element) => {
    const box = element.getBoundingClientRect();
    const cut = element.matches("pre") && element.scrollWidth > element.clientWidth + 1;
    const visible = box.width > 0 && (element.matches("svg, text") || !element.closest("svg"));
    return visible && (cut || box.left < 0 || box.top < 0 || box.right > 1280.5 || box.bottom > 720.5);
  });
  const texts = document.createTreeWalker(section, NodeFilter.SHOW_TEXT);
  const letters = [], words = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest("math, svg, .notes")) continue;
    const zoom = element.closest(".fit") ? Number(section.dataset.zoom) : 1;
    letters.push(parseFloat(getComputedStyle(element).fontSize) * zoom);
    if (!element.closest("pre, table")) words.push(...texts.currentNode.data.match(/\w\S*/g) ?? []);
  }
  const written = [];
  for (const figure of section.querySelectorAll("svg.figure")) {
    const box = figure.getBoundingClientRect(), own = figure.viewBox.baseVal;
    const scale = Math.min(box.width / own.width, box.height / own.height);
    for (const text of figure.querySelectorAll("text")) {
      const sizes = [text, ...text.children].map((part) => parseFloat(part.style.fontSize) || 0);
      letters.push(scale * Math.max(...sizes));
      written.push([text.textContent, text.getBoundingClientRect()]);
    }
  }
  const overlap = ([, one], [, two]) =>
    Math.min(one.right, two.right) - Math.max(one.left, two.left) > 1 &&
    Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top) > 8; // as much as lines of one text share
  const covered = written.filter((one, j) => written.slice(0, j).some((two) => overlap(one, two)));
  return {
    number: i + 1,
    covered: covered.map(([text]) => text),
    kind: section.classList[0],
    letters: Math.min(...letters, 99),
    words: words.length,
    outside: outside.map((element) => element.outerHTML.slice(0, 80)),
  };
})"""
PICTURES = """() => [...document.images].filter((image) => !image.alt || !image.naturalWidth).length
  + document.querySelectorAll(".slides svg:not([role=img][aria-label])").length"""
RAW = r"""() => [...document.querySelectorAll(".slides :is(p, li, h1, h2, h3)")]
  .filter((text) => /\\[a-z(\[]|\$/i.test(text.textContent)).length"""
FONT = """() => [...document.fonts].map((font) => `${font.family.replaceAll('"', "")} ${font.status}`)"""


@pytest.fixture(autouse=True)
def formulas_as_written(monkeypatch: pytest.MonkeyPatch):
    """What is tested without a browser is read in TeX."""
    monkeypatch.setattr("book.deck.mathml", lambda tex, display: rf"\[{escape(tex)}\]" if display else escape(tex))


def test_a_formula_of_a_slide_keeps_its_punctuation():
    assert rendered("Is ($x$), **a** $y$ or\n$z$?") == (
        '<p>Is <span class="together">(<span class="math inline">x</span>),</span> <strong>a</strong> '
        '<span class="together"><span class="math inline">y</span></span> or\n'
        '<span class="together"><span class="math inline">z</span>?</span></p>\n'
    )


def test_a_deck_links_to_decks_and_to_no_page_that_stands_elsewhere():
    text = "[a](../book/questions.md), [b](solutions/01_x.ipynb), [c](01_x.ipynb#d), [e](https://example.org/../f)"
    assert rendered(text) == '<p>a, b, <a href="01_x.html">c</a>, <a href="https://example.org/../f">e</a></p>\n'


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slides") / "slides"
    run(sys.executable, "-m", "book.make_slides", folder)
    return folder


def all_decks(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.html") if path.stem not in ("index", "guide"))


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    opened = new_page(chromium, viewport=FRAME)
    yield opened
    opened.close()


@pytest.mark.parametrize("name", ["lecture", *NAMES])
def test_deck(page: Page, decks: Path, name: str):
    page.goto("about:blank")  # what ends with the deck before is no complaint about this one
    found = complaints(page, home=decks.as_uri())
    page.goto((decks / f"{name}.html").as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    looks = page.evaluate(LOOK)
    refuse(f"{name}: slide {one['number']} overflows: shorten {one['outside']}" for one in looks if one["outside"])
    small = [one for one in looks if one["letters"] < LEAST_PIXELS - 0.05]
    refuse(
        f"{name}: slide {one['number']} has letters of {one['letters']:.1f} px, and {LEAST_PIXELS} are wanted: "
        'split its cell, or name in "show" what of it the slide shows'
        for one in small
    )
    long = [one for one in looks if one["words"] > MOST_WORDS]
    refuse(f'{name}: slide {one["number"]} has {one["words"]} words: split its cell, or use "show"' for one in long)
    covered = [one for one in looks if one["covered"]]
    refuse(f"{name}: slide {one['number']}: the figure's {one['covered']} stand on other words" for one in covered)
    assert looks[0]["kind"] == "opening"
    assert page.evaluate(PICTURES) == 0
    assert page.evaluate(RAW) == 0
    assert page.locator(".slides math").count() > 3
    assert page.evaluate(FONT) == ["Course formulas loaded"]
    assert found == []


def test_a_slide_keeps_its_place_when_its_deck_is_loaded_anew(page: Page, decks: Path):
    page.goto((decks / "lecture.html").as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate("Reveal.slide(3)")
    page.wait_for_url("**/lecture.html#/3")
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.evaluate("Reveal.getIndices().h") == 3


def test_the_answers_of_the_guide_are_closed_on_the_screen_and_open_on_paper(page: Page, decks: Path):
    page.goto((decks / "guide.html").as_uri())
    shown = "() => [...document.querySelectorAll('details p')].map((answer) => answer.checkVisibility())"
    assert not any(page.evaluate(shown))
    page.emulate_media(media="print")
    on_paper = page.evaluate(shown)
    page.emulate_media(media="null")
    assert len(on_paper) >= 20 and all(on_paper)


def text_of(slide: Slide) -> str:
    return unescape("".join(slide.parts))


def paragraphs(slide: Slide) -> list[str]:
    """The running text of a slide, paragraph by paragraph, without code, output and tables."""
    text = re.sub(r"<(pre|table)\b.*?</\1>", "", text_of(slide), flags=re.S)
    plain = (
        re.sub(r"<[^>]+>", "", part.replace("<code>", "`")).strip()
        for part in re.findall(r"<p\b[^>]*>.*?</p>|\\\[.*?\\\]", text, re.S)
    )
    return [part for part in plain if part]


def cut_off(deck: list[Slide]) -> Iterator[str]:
    for number, slide in enumerate(deck, 1):
        for first in paragraphs(slide)[:1]:
            if re.match(r"[a-z]+[ ,]|[,;]", first):
                yield f"slide {number} begins in mid-sentence: {first[:60]!r}"
        for last in paragraphs(slide)[-1:]:
            goes_on = re.search(r"<pre|<li>", text_of(slide).rpartition("</p>")[2])
            if not goes_on and not re.search(r"[.?!][\")]*$|\\\]$", last):
                yield f"slide {number} ends in mid-sentence: {last[-60:]!r}"


def broken_tables(deck: list[Slide]) -> Iterator[str]:
    """A long line of text may break; a table of which lines break is none."""
    for number, slide in enumerate(deck, 1):
        for output in re.findall(r'<pre class="output">(.*?)</pre>', text_of(slide), re.S):
            rows = [line for line in output.splitlines() if re.search(r"\S {2,}\S", line)]
            if max(map(len, rows), default=0) > MOST_COLUMNS + 4:
                yield f"slide {number} has a table that is too wide: give it shorter heads: {output[:60]!r}"


def questions_and_answers(deck: list[Slide]) -> list[str]:
    """In order: ? for a prediction, ! for a result, a figure or a finding."""
    pattern = r'<strong>(?:Predict|What happened)\.|<pre class="output|<svg|<img|<table'
    return ["?" if "Predict" in found else "!" for slide in deck for found in re.findall(pattern, "".join(slide.parts))]


def asked_for(cells: list[nbformat.NotebookNode]) -> Iterator[tuple[bool, bool]]:
    """For each finding that a deck shows: has the notebook a question for it, and is that on the deck as well?"""
    asked, projected = False, False
    for cell in cells:
        on_deck = cell.metadata.slideshow.slide_type != "skip"
        for word in re.findall(re.escape(PREDICT) + "|" + re.escape(FINDING), cell.source):
            if word == PREDICT:
                asked, projected = True, projected or on_deck
            else:
                if on_deck:
                    yield asked, projected
                asked, projected = False, False


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_deck_stands_alone(path: Path):
    notebook = opened(path).notebook
    deck = slides(notebook)
    where = path.relative_to(path.parents[1])
    refuse(f'{where}: {complaint}: name whole sentences in "show"' for complaint in cut_off(deck))
    refuse(f"{where}: {complaint}" for complaint in broken_tables(deck))
    assert not path.stem.startswith("01") or any(DIVISOR in text_of(slide) for slide in deck[: len(deck) // 2 + 1])
    events = "".join(questions_and_answers(deck))
    assert "??" not in events, f"{where}: a prediction has no answer before the next: {events}"
    assert not events.endswith("?"), f"{where}: the last prediction has no answer"
    assert all(projected for asked, projected in asked_for(notebook.cells) if asked), (
        f"{where}: an answer has no question"
    )
    for symbol in DEFINED:
        using = next((text_of(slide) for slide in deck if symbol in text_of(slide)), None)
        if using is not None and not re.search(re.escape(symbol) + r"(_\w)?\s*=", using):
            refuse([f"{where}: {symbol} is used before the slide that defines it: give that cell the type slide"])
    assert sum(bool(slide.notes) for slide in deck) >= len(deck) // 3


def test_lecture_fills_its_hour_and_the_guide_says_so():
    deck = lecture([opened(path) for path in LESSONS])
    assert sum(slide.minutes for slide in deck) == 50
    assert 20 <= len(deck) <= 25
    assert all(re.match("<p><strong>Minute .*?</strong> .{20}", slide.notes[0], re.S) for slide in deck)
    assert not list(cut_off(deck))
    events = "".join(questions_and_answers(deck))
    assert "??" not in events and events[-1] == "!" and events.count("?") >= 8
    guide = GUIDE.read_text(encoding="utf-8")
    if with_lecture(guide) != guide:
        refuse(["its lecture is not that of lecture.toml: run make map"], of=GUIDE)


def test_lecture_says_which_cell_is_gone():
    with pytest.raises(CourseError, match="'c999' of 01_"):
        cell_of(opened(LESSONS[0]), "c999")


def test_a_slide_of_the_lecture_stands_under_its_section_unless_it_has_a_heading():
    texts = {"a": "## One", "b": "First.", "c": "## Two\n\nSecond.", "d": "Third."}
    cells = [new_markdown_cell(text, id=name) for name, text in texts.items()]
    toy = Lesson(Path("01_toy.ipynb"), nbformat.v4.new_notebook(cells=cells))
    found = [joined(toy, {"cells": [name]}).section for name in "bcd"]
    assert found == ["One", "", "Two"]


def test_code_that_tells_an_outcome_is_the_speakers():
    verdict = new_code_cell(
        "print(1)\nrule('it is so', [True], [], 'it rains', '')", metadata={"tags": ["hide-output"]}
    )
    plain = new_code_cell("print(1)", metadata={"tags": ["hide-output"]})
    for cell in (verdict, plain):
        cell.outputs = [new_output("stream", name="stdout", text="true when it rains")]
    told, shown = (code_slide(cell) for cell in (verdict, plain))
    assert "it rains" in "".join(told.notes)
    assert ("rule" in "".join(told.parts), "print" in "".join(shown.parts)) == (False, True)


@pytest.mark.parametrize(
    ("data", "kind", "part"),
    [
        (
            {"image/png": "QQ==\n"},
            "figure",
            '<img class="figure" alt="A &quot;B&quot;" src="data:image/png;base64,QQ==">',
        ),
        ({"text/html": "<b>1</b>", "text/plain": "1"}, "result", '<div class="html"><b>1</b></div>'),
        ({"text/markdown": "|a|\n|-|\n|1|", "text/plain": "1"}, "figure", "<table>"),
    ],
    ids=["picture", "HTML", "table"],
)
def test_a_slide_shows_what_is_no_text(data: dict[str, str], kind: str, part: str):
    output = new_output("display_data", data, metadata={"image/png": {"alt": 'A "B"'}})
    slide = code_slide(new_code_cell("show()", outputs=[output]))
    assert (slide.kind, sum(shown.count(part) for shown in slide.parts)) == (kind, 1)


def test_index_lists_every_deck(decks: Path):
    text = (decks / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{name}.html"' in text for name in all_decks(decks))
    assert set(all_decks(decks)) == {"lecture", *NAMES}


def test_the_rest_of_a_finding_is_the_speakers():
    first = (
        f"{FINDING} On none, as each of the three differs by a factor, which stands above and below, and so cancels."
    )
    (slide,) = markdown_slides(f"{first}\n\nTwo more $k$.", 100, [])
    assert slide.section == ""
    assert [part.startswith("<p><strong>What happened.") for part in slide.parts] == [True]
    assert ["Two more" in note for note in slide.notes] == [True]


def test_each_note_stands_on_one_slide():
    cell = "## First\n\nOne is here. Two is not.\n\n## Second\n\nThree is here. Four is not.\n\n## Third\n\nFive."
    slides = markdown_slides(cell, 100, ["One", "Three", "Five"])
    told = [["Two" in "".join(slide.notes), "Four" in "".join(slide.notes)] for slide in slides]
    assert told == [[True, False], [False, True], [False, False]]


def test_a_long_text_is_cut_between_sentences():
    assert sentences("It is 1.5. See Ash et al. (2020. Twice.) for `a. B`. $x. Y$ ends.") == [
        "It is 1.5.",
        "See Ash et al. (2020. Twice.) for `a. B`.",
        "$x. Y$ ends.",
    ]
    long = "- One two three four. Five.\n- Six seven eight nine. Ten eleven."
    assert on_slide(long, 9) == ("- One two three four.\n- Six seven eight nine.", "Five.\n\nTen eleven.")
    assert on_slide(f"Far. Near.\n\nLast.\n\n{PREDICT} Which?", 3) == (f"Last.\n\n{PREDICT} Which?", "Far. Near.")
    formula = "So we get\n\n$$x$$\n\nas we said. And more words than fit here.\n\nAnother."
    assert on_slide(formula, 12) == (formula.removesuffix("\n\nAnother."), "Another.")


def test_show_picks_sentences_and_lines():
    cell = "## Head\n\nOne. Two is here. Three.\n\nFour."
    (slide,) = markdown_slides(cell, 100, ["Two…"])
    shown, rest = "".join(slide.parts), "".join(slide.notes)
    assert re.sub("<[^>]+>|\n", "", shown) == "HeadTwo is here. Three."
    assert re.sub("<[^>]+>|\n", "", rest) == "One.Four."
    with pytest.raises(CourseError, match="'Five'"):
        markdown_slides(cell, 100, ["Five"])
    assert chosen("One. Two.\n\n$$x$$", ["Two…"]) == ("Two.\n\n$$x$$", "One.")
    assert chosen_lines("a 1\nb 2\nab 3", ["a "]) == "a 1"
    code = new_code_cell("f(\n        a,\n        b)", metadata={"slideshow": {"show": ["f(", "        b"]}})
    assert re.sub("<[^>]+>", "", code_slide(code).parts[0]) == "f(\n    b)\n\n"
    assert narrow("a    b\n1    2", 5) == "a  b\n1  2"
    assert narrow("a    b\n1    2", 6) == "a    b\n1    2"
