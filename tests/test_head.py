"""The descriptions, the card and the map of the site that search engines and chats read."""

import re
from io import BytesIO

import pytest
from docutils import nodes
from PIL import Image

from book.card import draw_card
from book.head import LONGEST, address, description, shortened, sitemap, tags


def page_of(*paragraphs: str) -> nodes.document:
    document = nodes.document(None, None)
    document += [nodes.paragraph("", text) for text in paragraphs]
    return document


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Owner/course", "https://owner.github.io/course/"),
        ("owner/owner.github.io", "https://owner.github.io/"),
        ("", ""),
    ],
)
def test_the_address_is_that_of_github_pages(monkeypatch, name, wanted):
    monkeypatch.setenv("COURSE_REPOSITORY", name)
    assert address() == wanted


def test_a_notebook_is_described_by_its_question():
    first = "The first words of a page."
    assert description(page_of(first, "The question. Does it matter?")) == "Does it matter?"
    assert description(page_of("A badge", first, "The rest of the page.")) == first
    assert description(None) == ""


def test_a_long_description_ends_with_a_sentence_or_a_word():
    sentence = "A sentence of which there are many, and which is neither long nor short. "
    assert shortened(sentence * 5) == (sentence * 2).strip()
    cut = shortened("words " * 100)
    assert cut.endswith("words …")
    assert len(cut) < LONGEST + 3


def test_only_a_known_address_is_written(monkeypatch):
    monkeypatch.delenv("COURSE_REPOSITORY", raising=False)
    head = tags("01 · What does <code>weight=</code> &amp; co?", 'Is it "large"?', "notebooks/01")
    assert "http" not in head
    assert '<meta name="description" content="Is it &quot;large&quot;?">' in head
    assert 'content="01 · What does weight= &amp; co?"' in head
    monkeypatch.setenv("COURSE_REPOSITORY", "owner/course")
    head = tags("Title", "Words.", "notebooks/01")
    assert '<meta property="og:url" content="https://owner.github.io/course/notebooks/01.html">' in head
    assert '<meta property="og:image" content="https://owner.github.io/course/_static/card.png">' in head
    pages = re.findall("<loc>(.*?)</loc>", sitemap(["index", "book/sheet"]))
    assert pages == ["https://owner.github.io/course/book/sheet.html", "https://owner.github.io/course/index.html"]


def test_the_card_has_the_size_that_is_asked_for(tmp_path):
    draw_card(tmp_path / "card.png")
    assert Image.open(BytesIO((tmp_path / "card.png").read_bytes())).size == (1200, 630)
