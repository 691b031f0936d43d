"""Formulas as MathML, made when the site is built: a page needs no script to show them."""

import base64
import re
from functools import cache
from html import unescape
from pathlib import Path

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.writers.html5 import HTML5Translator

FONT = Path(__file__).resolve().parent / "fonts" / "formulas.woff2"
LOOK = Path(__file__).resolve().parent / "static" / "formulas.css"
# What the font holds, as CSS writes it: ASCII, Greek, italic, bold, script, double-struck and typewriter letters, the
# usual operators and arrows, and the pieces of large brackets. `tools/formula_font.py` cuts it to these.
CHARACTERS = (
    "U+20-7E, U+A0, U+A8, U+AC, U+AF, U+B1, U+B4, U+B7, U+D7, U+F7, U+2C6-2C7, U+2D8-2DC, U+391-3A9, U+3B1-3C9, U+3D1, "
    "U+3D5, U+3F5, U+2016, U+2020, U+2026, U+2032-2034, U+2061-2064, U+2102, U+210B, U+210E, U+2110, U+2112, U+2113, "
    "U+2115, U+211A, U+211B, U+211D, U+2124, U+212C, U+2130, U+2131, U+2133, U+2190-2194, U+21A6, U+21D0-21D4, U+2200, "
    "U+2202-2209, U+220F, U+2211-2213, U+2217, U+221A, U+221D, U+221E, U+2225, U+2227-222B, U+223C, U+2243, U+2248, "
    "U+2260, U+2261, U+2264, U+2265, U+226A, U+226B, U+2282, U+2286, U+2295, U+2297, U+22A4, U+22A5, U+22C5, U+22EF, "
    "U+2308-230B, U+239B-23AE, U+23DE, U+23DF, U+27E8, U+27E9, U+27F5-27FA, U+FE00, U+1D400-1D467, U+1D49C-1D4B5, "
    "U+1D538-1D550, U+1D670-1D6A3, U+1D6E2-1D71B, U+1D7CE-1D7D7"
)
CONVERTER = LatexToMathML(fancy_error=False)
# Between two terms, which Firefox would draw as large as a sum over many.
BINARY = re.compile(r"<mo([^>]*)>(?=[⊕⊗]<)")
# Punctuation that a line must not begin with, after a formula, and an opening that it must not end with, before one.
CLOSING = re.compile(r"[^\s\w(\[{“‘«—–]+")
OPENING = re.compile(r"[(\[{“‘«]+$")


class FormulaError(SphinxError):
    category = "Formula that is no MathML"


@cache
def characters() -> frozenset[int]:
    """The code points of ``CHARACTERS``."""
    ends = [part.strip().removeprefix("U+").split("-") for part in CHARACTERS.split(",")]
    return frozenset(code for end in ends for code in range(int(end[0], 16), int(end[-1], 16) + 1))


def mathml(tex: str, display: bool = False) -> str:
    """A formula in TeX, without its dollars, as a ``math`` element; ``display`` where it stands on its own.

    A formula that the converter does not know, or one with a character that the font lacks, is a ``ValueError``.
    """
    try:
        found = CONVERTER.convert_with_local_state(tex.strip(), displaystyle=display)
    except LatexError as error:
        raise ValueError(f"cannot make MathML of {tex.strip()!r}: {error}") from error
    if lacking := sorted(set(unescape(re.sub(r"<[^>]*>", "", found))) - {chr(code) for code in characters()}):
        names = ", ".join(f"{one} (U+{ord(one):04X})" for one in lacking)
        advice = "add it to CHARACTERS in book/formulas.py and run python -m tools.formula_font"
        raise ValueError(f"the font of the formulas lacks {names} in {tex.strip()!r}: {advice}")
    return BINARY.sub(r'<mo\1 largeop="false">', found)


def font_face() -> str:
    """The rule of CSS that brings the font along: as a file, some browsers would not read it from the file system."""
    data = base64.b64encode(FONT.read_bytes()).decode()
    source = f'url("data:font/woff2;base64,{data}") format("woff2")'
    return f'@font-face {{ font-family: "Course formulas"; src: {source}; }}\n'


def style_sheet() -> str:
    """For a page that the site's own style does not reach: the font, and how formulas are set."""
    return font_face() + LOOK.read_text(encoding="utf-8")


def visit(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    display = isinstance(node, nodes.math_block)
    try:
        formula = mathml(node.astext(), display)
    except ValueError as error:
        raise FormulaError(f"{translator.builder.current_docname}, line {node.line or '?'}: {error}") from error
    tag = "div" if display else "span"
    translator.body.append(f"{translator.starttag(node, tag, '', CLASS='math')}{formula}</{tag}>")
    raise nodes.SkipNode


def keep_punctuation(doctree: nodes.document) -> None:
    """Keep a formula in its text on one line with the punctuation that closes or opens it."""
    for formula in list(doctree.findall(nodes.math)):
        parent, place = formula.parent, formula.parent.index(formula)
        before = parent[place - 1] if place else None
        after = parent[place + 1] if place + 1 < len(parent) else None
        opening = OPENING.search(before) if isinstance(before, nodes.Text) else None
        closing = CLOSING.match(after) if isinstance(after, nodes.Text) else None
        if not opening and not closing:
            continue
        together = nodes.inline(classes=["together"])
        parent.replace(formula, together)
        if opening:
            parent.replace(before, nodes.Text(before[: opening.start()]))
            together += nodes.Text(opening[0])
        together += formula
        if closing:
            parent.replace(after, nodes.Text(after[closing.end() :]))
            together += nodes.Text(closing[0])


def write_font(app: Sphinx, error: Exception | None) -> None:
    if error is None:
        (Path(app.outdir) / "_static" / "formula_font.css").write_text(font_face(), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", inline_renderers=(visit, None), block_renderers=(visit, None))
    app.connect("doctree-resolved", lambda *given: keep_punctuation(given[1]))
    app.connect("build-finished", write_font)
    app.add_css_file("formula_font.css")
    app.add_css_file("formulas.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
