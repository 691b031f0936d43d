"""Cut STIX Two Math down to what the formulas of the course use, and fit it to browsers.

    pip install brotli==1.2.0
    python -m tools.formula_font STIXTwoMath-Regular.woff2

Writes book/fonts/formulas.woff2. The font is version 2.14 of the STIX project's, under the licence beside it. Two
changes, each for what Chromium 156 does with MathML:

- A prime and a star are their forms for superscripts. The browser takes those for running text, which are small there.
- Tall roots are as narrow as a low one, nearly. Chromium keeps the room of the widest root behind each, so that the
  font's own widths leave a gap of 0.4 em.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from fontTools.subset import Options, Subsetter, load_font, save_font
from fontTools.ttLib import TTFont

from book.formulas import FONT, characters

RAISED = (0x2032, 0x2033, 0x2034, 0x2217)
ROOT, WIDEST = 0x221A, 850  # of 1000 units an em; a low root has 794


def script_form(font: TTFont, glyph: str) -> str:
    """What the feature ``ssty`` puts in place of a glyph, in a script of the first level."""
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            found = getattr(getattr(table, "ExtSubTable", table), "alternates", {})
            if glyph in found:
                return found[glyph][0]
    raise ValueError(f"{glyph} has no form for superscripts: is this STIX Two Math?")


def tall_forms(font: TTFont, glyph: str) -> Iterator[str]:
    """The taller forms of a glyph, and the pieces of the tallest."""
    variants = font["MATH"].table.MathVariants
    found = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(glyph)]
    yield from (record.VariantGlyph for record in found.MathGlyphVariantRecord)
    yield from (part.glyph for part in found.GlyphAssembly.PartRecords)


def narrow(font: TTFont, glyph: str) -> None:
    """Squeeze a glyph sideways to ``WIDEST``, if it is wider."""
    advance, bearing = font["hmtx"][glyph]
    if advance > WIDEST:
        shape = font["glyf"][glyph]
        shape.coordinates.scale((WIDEST / advance, 1))
        shape.coordinates.toInt()
        shape.recalcBounds(font["glyf"])
        font["hmtx"][glyph] = WIDEST, round(bearing * WIDEST / advance)


def fit(font: TTFont) -> None:
    """The two changes, in place."""
    names = font.getBestCmap()
    raised = {code: script_form(font, names[code]) for code in RAISED}
    for table in font["cmap"].tables:
        if table.isUnicode() and table.format != 14:
            table.cmap |= raised
    for glyph in tall_forms(font, names[ROOT]):
        narrow(font, glyph)


def cut(source: Path, target: Path) -> None:
    options = Options(flavor="woff2", layout_features=[], hinting=False, name_IDs=[0, 1, 2, 5, 13, 14])
    options.drop_tables += ["meta"]
    font = load_font(source, options)
    fit(font)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    save_font(font, target, options)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    cut(parser.parse_args().source, FONT)
    print(f"{FONT.name}: {FONT.stat().st_size:,} bytes")
