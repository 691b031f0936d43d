"""How a cell is changed to see whether anybody notices; the changed cells run in ``make mutate-notebooks``."""

import ast

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.mutate_notebooks import Mutant, changes, mutants, replaced


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("n = 0", {"n = 1"}),
        ("n = 10", {"n = 15"}),
        ("a = 0.0", {"a = 1.0"}),
        ("a = 2.5", {"a = 3.75"}),
        ("a = -b", {"a = b"}),
        ("a = b + c - d", {"a = b - c - d", "a = b + c + d"}),
        ("a = b * (c / d)", {"a = b / (c / d)", "a = b * (c * d)"}),
        ("é = 'ü'; b = c * d", {"é = 'ü'; b = c / d"}),  # Python counts columns in bytes
        ("a = b(\n    c + d,\n)", {"a = b(\n    c - d,\n)"}),
        ("a = f(z, divide_by='samples')", {"a = f(z, divide_by='weights')"}),
        ("a = f(z, reduction='mean')", {"a = f(z, reduction='sum')"}),
        ("if k == 2: a", {"if k == 3: a"}),
        ("a = b - c < 9", {"a = b + c < 9"}),  # the bound of a verdict stays
        ("a = 0 < b + c < 9", {"a = 0 < b - c < 9"}),
        *((unchanged, set()) for unchanged in ("import a", "from a import b", "a = True", "a = 'word'", "a = b ** c")),
        *((unchanged, set()) for unchanged in ("a = 'b' + c", "a = ','.join(b) + c", "print(f'{a + 1:.3f}' + b)")),
        *((unchanged, set()) for unchanged in ("plots.lines(8, 9)", "ax.x = 3", "torch.set_num_threads(2)")),
    ],
)
def test_one_number_operator_or_divisor_is_changed_at_a_time(source, changed):
    found = list(changes(source))
    assert len(found) == len(changed)
    assert {new for new, _ in found} == changed
    for new, _ in found:
        ast.parse(new)


def test_a_change_is_told_by_its_line_before_and_after():
    assert replaced("a = 1\n  b = 1 + c", 2, 7, 10, "+", "-") == ("a = 1\n  b = 1 - c", "b = 1 + c  ->  b = 1 - c")
    assert replaced("a = b  # +\n+ c", 1, 4, 5, "+", "-") is None  # the operator is not where it was looked for
    assert replaced("a + + b", 1, 0, 7, "+", "-") is None  # nor in one place


def test_mutants_are_of_the_cells_before_the_exercises_that_neither_draw_nor_check():
    before = ["n = 1", "%matplotlib inline", 'check("1.1", 1)', "figure, ax = canvas(2)", "n = 1"]
    cells = [*map(new_code_cell, before), new_markdown_cell("Text.\n\n## Exercises"), new_code_cell("n = 1")]
    wanted = [Mutant(number, "n = 2", "n = 1  ->  n = 2") for number in (0, 4)]
    assert mutants(new_notebook(cells=cells)) == wanted
