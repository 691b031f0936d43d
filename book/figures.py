"""Figures in a page: as SVG where the notebook stores one, in the colours of the theme and never too small to read."""

import re
from hashlib import sha256
from html import escape
from xml.etree import ElementTree

from nbformat import NotebookNode

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
ElementTree.register_namespace("", SVG[1:-1])

LEGIBLE = 9  # CSS pixels of the smallest letters; where they would have less, the figure scrolls in its own box
LEAST_INK = 62  # percent, of letters
PER_POINT = 4 / 3  # CSS pixels
ON_PICTURE = "on-picture"  # as in helpers.plots.vector: what keeps its colours
PAINT = re.compile(r"\b(fill|stroke): #([0-9a-f]{6})")
SIZE = re.compile(r"\bfont-size: ([\d.]+)px")
# A space before a per cent sign and around the colons of a ratio.
INSIDE_NUMBER = re.compile(r"(?<=\d) (?=%|: \d)|(?<=\d :) (?=\d)")
TEXTS = (f"{SVG}text", f"{SVG}tspan")


def paint(colour: str, *, in_text: bool) -> str:
    """A colour of the drawing, told to follow the theme.

    A grey is a mix of the theme's ink and paper. Other colours stay, a little whiter on dark paper; letters, which
    need more contrast than lines do, take up ink.
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (0, 2, 4))
    if red == green == blue:
        ink = 100 * (1 - red / 255)
        return f"color-mix(in srgb, var(--ink) {max(ink, LEAST_INK) if in_text else ink:.3g}%, var(--paper))"
    return f"color-mix(in srgb, #{colour} {'var(--in-text), var(--ink)' if in_text else 'var(--in-lines), #fff'})"


def follow_theme(element: ElementTree.Element) -> None:
    """Repaint ``element`` and what is in it, except on a picture."""
    if element.get("class") == ON_PICTURE:
        return
    style, in_text = element.get("style", ""), element.tag in TEXTS
    if style:
        element.set("style", PAINT.sub(lambda found: f"{found[1]}: {paint(found[2], in_text=in_text)}", style))
    for child in element:
        follow_theme(child)


def name_apart(root: ElementTree.Element, prefix: str) -> None:
    """Names inside a figure count for the whole page: without a prefix one figure would take the dots of another.

    Links become HTML's, which knows no namespaces.
    """
    for element in root.iter():
        for key, value in element.items():
            if key == "id":
                element.set(key, prefix + value)
            elif key == LINK:
                del element.attrib[key]
                element.set("href", f"#{prefix}{value[1:]}" if value.startswith("#") else value)
            elif "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{prefix}"))


def least_width(root: ElementTree.Element, width: float) -> float:
    """The width in CSS pixels at which the smallest text has LEGIBLE ones; exponents and indices may be smaller."""
    sizes = (
        max(float(size) for part in text.iter() for size in SIZE.findall(part.get("style", "")))
        for text in root.iter(TEXTS[0])
    )
    return LEGIBLE / min(sizes, default=LEGIBLE) * width


def headlines(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The figure's title; of several panels without one, the titles of the uppermost."""
    bold = [text for text in root.iter(TEXTS[0]) if "font-weight: 700" in text.get("style", "")]
    top = min((float(text.get("y", 0)) for text in bold), default=0)
    return [text for text in bold if float(text.get("y", 0)) < top + 1]


def inline(svg: str, alt: str) -> str:
    """A figure's SVG as the HTML of an image with alternative text, which takes its colours from the page."""
    root = ElementTree.fromstring(svg)
    width = float(root.attrib.pop("width").removesuffix("pt"))
    del root.attrib["height"]  # which follows from the width
    follow_theme(root)
    if len(titles := headlines(root)) == 1:
        titles[0].set("class", "headline")  # which a phone shows once; a panel's own title stays above its panel
    name_apart(root, f"f{sha256(svg.encode()).hexdigest()[:8]}-")
    sizes = f"--least: {least_width(root, width):.0f}px; --most: {PER_POINT * width:.0f}px"
    root.set("style", f"{sizes}; {root.get('style', '')}")
    root.set("class", "figure")
    root.set("role", "img")
    root.set("aria-label", alt)
    for child in root:
        child.set("aria-hidden", "true")  # Chromium reads every number of the axes after the words
    return ElementTree.tostring(root, encoding="unicode")


def titled(svg: str, alt: str) -> str:
    """The same below its title, for a phone, where a figure that scrolls would cut that."""
    titles = " · ".join("".join(text.itertext()) for text in headlines(ElementTree.fromstring(svg)))
    title = INSIDE_NUMBER.sub("\u00a0", titles)
    return f'<p class="figure-title" aria-hidden="true">{escape(title)}</p>' * bool(title) + inline(svg, alt)


def drawn(notebook: NotebookNode, alt: str) -> str:
    """The figure of a notebook with that alternative text, as SVG in the box that scrolls it; "" if it has none."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            stored = output.get("metadata", {}).get("image/png", {})
            if stored.get("alt") == alt and "svg" in stored:
                return f'<div class="cell_output"><div class="output">{titled(stored["svg"], alt)}</div></div>'
    return ""


def draw_as_svg(cell: NotebookNode) -> None:
    """Where an output stores its picture as SVG too, a page takes that; the picture stays for what is no page."""
    for output in cell.get("outputs", []):
        stored = output.get("metadata", {}).get("image/png", {})
        if "svg" in stored:
            output.data["text/html"] = titled(stored["svg"], stored["alt"])
