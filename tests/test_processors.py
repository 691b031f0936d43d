"""Notebooks come out as stored when every product and sum is rounded otherwise: as on a processor that is not here.

`make processors` runs all of them under all arithmetics; these few run with the other tests.
"""

from unittest.mock import Mock

import nbformat
import pytest
import torch
from conftest import LESSONS
from nbclient.output_widget import OutputWidget
from nbformat.v4 import new_code_cell, new_output

from tools.processors import differences, summation_order, table

ORDER = summation_order(4)  # one that `make processors` does not try
# With each product off by 1e-4 of itself, what 01, 02 and 03 print stayed as it is, and what these print did not.
TRIED = [path for path in LESSONS if path.name[:2] in ("04", "14")]
EXACT = "import torch\nx = torch.randn(1000, generator=torch.Generator().manual_seed(0))\nprint(f'{x.sum():.3f}')"


@pytest.mark.parametrize("path", TRIED, ids=lambda path: path.stem)
def test_another_summation_order_prints_the_same(path, monkeypatch):
    # What is shown inside an Output widget, nbclient sends to the kernel once more. While it sends, it may miss that
    # the cell has ended, and a runner without a time limit waits for ever: jupyter/nbclient, issue 312.
    send = Mock()
    monkeypatch.setattr(OutputWidget, "send", send)
    assert [str(difference) for difference in differences(path, ORDER)] == []
    send.assert_not_called()


def test_a_digit_too_many_is_found(tmp_path):
    total = torch.randn(1000, generator=torch.Generator().manual_seed(0)).sum().item()
    stored = {EXACT: f"{total:.3f}", "print(x.sum().item())": str(total), "1 / 0": "", "print(1)": "1"}
    cells = [
        new_code_cell(source, execution_count=i, outputs=[new_output("stream", text=f"{text}\n")] if text else [])
        for i, (source, text) in enumerate(stored.items(), 1)
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "book.ipynb")
    found = differences(tmp_path / "book.ipynb", ORDER)
    assert [difference.cell for difference in found] == [2, 3]
    assert found[1].found == "ZeroDivisionError: division by zero"
    assert table({("book", "order"): found}, ["book"], ["order"]).split() == ["order", "book", "2", "3"]
