"""Formulas become MathML, and stay with their punctuation."""

from types import SimpleNamespace

import pytest
from docutils import nodes

from book.formulas import FormulaError, keep_punctuation, mathml, visit


def test_a_fraction_is_a_fraction_and_a_display_stands_on_its_own():
    assert mathml(r"\frac{a}{b}") == "<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>"
    assert mathml(" x ", display=True) == '<math display="block"><mi>x</mi></math>'


def test_a_sign_between_two_terms_is_not_drawn_as_large_as_a_sum():
    assert 'largeop="false">⊗<' in mathml(r"A \otimes B", display=True)
    assert "largeop" not in mathml(r"\sum_i x_i", display=True)


def test_a_formula_that_cannot_be_shown_says_which_and_why():
    with pytest.raises(ValueError, match=r"cannot make MathML of 'x \\\\sunm_i': .*sunm"):
        mathml(r"x \sunm_i")
    with pytest.raises(ValueError, match=r"lacks ⋈ \(U\+22C8\) in 'a \\\\bowtie b': add it to CHARACTERS"):
        mathml(r"a \bowtie b")


def test_the_build_stops_at_such_a_formula_and_names_its_page():
    translator = SimpleNamespace(builder=SimpleNamespace(current_docname="notebooks/05_optimizers"))
    formula = nodes.math("", r"\sunm")
    formula.line = 7
    with pytest.raises(FormulaError, match="notebooks/05_optimizers, line 7: cannot make MathML"):
        visit(translator, formula)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("as ", ", and", ["as ", "x,", " and"]),
        ("(", "), if", ["", "(x),", " if"]),
        ("the ", "-fold", ["the ", "x-", "fold"]),
        ("as ", " grows", None),
        ("for ", "(again)", None),
    ],
)
def test_punctuation_stays_with_its_formula(before, after, kept):
    document = nodes.document(None, None)
    document += nodes.paragraph("", "", nodes.Text(before), nodes.math("", "x"), nodes.Text(after))
    keep_punctuation(document)
    words = [child.astext() for child in document[0]]
    assert words == (kept or [before, "x", after])
    assert [child["classes"] for child in document.findall(nodes.inline)] == ([["together"]] if kept else [])
