"""A table in plain text: what notebooks print by hand, headings above their columns, and the errors."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers.tables import table


def test_it_prints_what_a_notebook_printed_by_hand(capsys):
    rows = []
    for dtype in (torch.float16, torch.float32):
        f = torch.finfo(dtype)
        rows.append((str(dtype)[6:], f.max, f.smallest_normal, f.smallest_normal * f.eps, f.eps))
    columns = {"format": "", "largest M": ".5g", "full digits from": ".2g", "smallest s": ".2g", "eps": ".1g"}
    table(columns, rows)
    assert capsys.readouterr().out == (
        "format     largest M   full digits from   smallest s     eps\n"
        "float16        65504            6.1e-05        6e-08   0.001\n"
        "float32   3.4028e+38            1.2e-38      1.4e-45   1e-07\n"
    )


def test_text_stands_as_it_is_and_on_the_side_that_is_asked_for(capsys):
    rows = [("yes", torch.tensor(0.256), 7000, "all of them"), ("no", "(varies)", torch.tensor(25_000), "")]
    table({"reached": ">", "share": ".0%", "classes": ",", "remark": ""}, iter(rows))
    assert capsys.readouterr().out == (
        "reached      share   classes   remark\n"
        "    yes        26%     7,000   all of them\n"
        "     no   (varies)    25,000\n"
    )


@given(st.lists(st.tuples(st.text("abc", min_size=1), st.floats(), st.integers()), max_size=5))
def test_columns_hold_their_cells_at_one_edge(rows):
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setattr("builtins.print", lines.append)
        table({"name": "", "value": ".3g", "n": "d"}, rows)
    assert len({len(line) for line in lines}) == 1
    assert [line.split() for line in lines[1:]] == [[name, f"{value:.3g}", str(n)] for name, value, n in rows]
    assert all(line[0] != " " for line in lines)


def test_a_table_without_rows_is_its_headings(capsys):
    table({"scheme": "", "k": ".2g"}, [])
    assert capsys.readouterr().out == "scheme   k\n"


def test_none_is_text_and_no_number(capsys):
    table({"name": "", "n": "d"}, [(None, 1)])
    assert capsys.readouterr().out == "name   n\nNone   1\n"
    with pytest.raises(TypeError, match="NoneType"):
        table({"name": "", "n": "d"}, [("a", None)])


@pytest.mark.parametrize("row", [("a",), ("a", 1, 2)])
def test_a_row_of_another_length_is_refused(row):
    with pytest.raises(ValueError, match=r"cells: .*; expected 2: name, n"):
        table({"name": "", "n": "d"}, [row])
