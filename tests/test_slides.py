"""Each deck in a browser at 1280 × 720: all of each slide within its frame, in letters that a hall can read."""

import sys
from pathlib import Path

import pytest
from browsing import complaints, new_page, run
from conftest import LESSONS, refuse
from playwright.sync_api import Browser

from book.deck import markdown_slide

NAMES = [path.stem for path in LESSONS]
FRAME = {"width": 1280, "height": 720}
LEAST_ZOOM = 0.7

# For each slide, with all its fragments shown: what stands outside the frame, or is cut off in its own box.
LOOK = """() => [...document.querySelectorAll(".slides > section")].map((section, i) => {
  Reveal.slide(i, 0, 99);
  const outside = [...section.querySelectorAll(".fit *")].filter((element) => {
    const box = element.getBoundingClientRect();
    const cut = element.matches("pre") && element.scrollWidth > element.clientWidth + 1;
    const visible = box.width > 0 && !element.closest("mjx-assistive-mml");
    return visible && (cut || box.left < 0 || box.top < 0 || box.right > 1280.5 || box.bottom > 720.5);
  });
  return {
    number: i + 1,
    kind: section.classList[0],
    zoom: Number(section.dataset.zoom),
    outside: outside.map((element) => element.outerHTML.slice(0, 80)),
  };
})"""
PICTURES = """() => [...document.images].filter((image) => !image.alt || !image.naturalWidth).length"""
RAW = r"""() => [...document.querySelectorAll(".slides .fit")].filter((box) => /\\[(\[]/.test(box.innerText)).length"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slides") / "slides"
    run(sys.executable, "-m", "book.make_slides", folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_deck(chromium: Browser, decks: Path, name: str):
    page = new_page(chromium, viewport=FRAME)
    found = complaints(page, home=decks.as_uri())
    page.goto((decks / f"{name}.html").as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    slides = page.evaluate(LOOK)
    wide = [slide for slide in slides if slide["outside"]]
    refuse(f"{name}: slide {slide['number']} overflows: shorten {slide['outside']}" for slide in wide)
    small = [slide["number"] for slide in slides if slide["zoom"] < LEAST_ZOOM]
    refuse(f"{name}: slide {number} holds so much that its letters are small: split its cell" for number in small)
    assert slides[0]["kind"] == "opening"
    assert page.evaluate(PICTURES) == 0
    assert page.evaluate(RAW) == 0
    assert found == []
    page.close()


def test_index_lists_every_deck(decks: Path):
    text = (decks / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{name}.html"' in text for name in NAMES)
    assert {path.stem for path in decks.glob("*.html")} == {"index", *NAMES}


def test_the_rest_of_a_finding_is_the_speakers():
    slide = markdown_slide("**What happened.** On none, as each of the three differs by a factor.\n\nTwo more $k$.")
    assert slide.section == ""
    assert [part.startswith("<p><strong>What happened.") for part in slide.parts] == [True]
    assert ["Two more" in note for note in slide.notes] == [True]
