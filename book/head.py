"""What a page says of itself to search engines, and to a forum or chat where somebody posts its link."""

import re
from html import escape, unescape

from docutils import nodes

from book.course import repository

LONGEST = 200  # characters of a description; more is cut off where it is shown
SHORTEST = 20  # a line of badges says less
QUESTION = "The question. "
CARD = "card.png"
CARD_ALT = "Weights of 7,000 words by four schemes against the rank of the word, on logarithmic axes."


def address() -> str:
    """Where GitHub Pages shows the site, with a slash at its end; empty where COURSE_REPOSITORY is not set."""
    if not repository():
        return ""
    owner, name = repository().split("/")
    home = f"https://{owner.lower()}.github.io/"
    return home if name.lower() == f"{owner.lower()}.github.io" else f"{home}{name}/"


def shortened(text: str) -> str:
    """``text`` in one line, cut after a sentence or else after a word."""
    line = " ".join(text.split())
    if len(line) <= LONGEST:
        return line
    sentences = re.match(rf"(.{{60,{LONGEST}}}[.?!]) ", line)
    return sentences[1] if sentences else line[:LONGEST].rsplit(" ", 1)[0] + " …"


def description(doctree: nodes.document | None) -> str:
    """The question of a notebook, or the first paragraph of another page."""
    paragraphs = [node.astext() for node in doctree.findall(nodes.paragraph)] if doctree else []
    paragraphs = [text for text in paragraphs if len(text) > SHORTEST]
    asked = [text.removeprefix(QUESTION) for text in paragraphs if text.startswith(QUESTION)]
    return shortened(next(iter(asked + paragraphs), ""))


def tags(title: str, words: str, page: str) -> str:
    """The elements of the head. ``title`` is HTML, as Sphinx has it. A picture needs an address of the whole site."""
    plain = unescape(re.sub(r"<[^>]+>", "", title))
    found = {"og:title": plain, "og:description": words, "og:type": "website"}
    if address():
        found |= {
            "og:url": f"{address()}{page}.html",
            "og:image": f"{address()}_static/{CARD}",
            "og:image:alt": CARD_ALT,
        }
        found |= {"og:image:width": "1200", "og:image:height": "630"}
    head = f'<meta name="description" content="{escape(words)}">\n' if words else ""
    head += "".join(f'<meta property="{name}" content="{escape(text)}">\n' for name, text in found.items() if text)
    return head + ('<meta name="twitter:card" content="summary_large_image">\n' if address() else "")


def sitemap(pages: list[str]) -> str:
    rows = "".join(f"<url><loc>{address()}{page}.html</loc></url>\n" for page in sorted(pages))
    schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{schema}">\n{rows}</urlset>\n'
