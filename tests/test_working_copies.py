"""The reader's copies in my/: nothing answers before the guess, nothing of the reader's is lost."""

import re
from pathlib import Path

import nbformat
import pytest
from conftest import LESSONS, ROOT

from book.adapt import FINDING, PREDICT, has_picture
from tools.lab import CLOSED, ELSEWHERE, KERNEL, copies, for_guessing, renew

FIRST = LESSONS[0].name
FOLD = re.compile(r"<details[^>]*>\s*<summary>[^\n]*</summary>|</details>")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_copy_says_what_the_notebook_says_and_answers_nothing(path: Path):
    original, copy = nbformat.read(path, as_version=4), for_guessing(nbformat.read(path, as_version=4))
    nbformat.validate(copy)
    assert copy.metadata.kernelspec.name == KERNEL["name"]
    assert [cell.source for cell in copy.cells if cell.id == "elsewhere"] == [ELSEWHERE]
    copy.cells = [cell for cell in copy.cells if cell.id != "elsewhere"]
    for before, after in zip(original.cells, copy.cells, strict=True):
        opened = FOLD.sub("", after.source).replace("](../notebooks/solutions/", "](solutions/")
        assert opened.split() == before.source.split()

    awaited, closed = False, 0
    for cell in copy.cells:
        if cell.cell_type == "markdown":
            assert FINDING not in re.sub(r"<details.*?</details>", "", cell.source, flags=re.S)
            awaited = cell.source.rfind(PREDICT) > cell.source.rfind(FINDING)
        elif "hide-output" in cell.metadata.get("tags", []) or (awaited and has_picture(cell)):
            tells = has_picture(cell) or "\nrule(" in cell.source
            assert cell.metadata.jupyter == {"source_hidden": tells, "outputs_hidden": True}
            assert cell.outputs[0].text == CLOSED  # the line that JupyterLab shows of what is closed
            assert len(cell.outputs) > 1
            closed += 1
        else:
            assert "jupyter" not in cell.metadata
    assert closed >= 3


def test_links_of_a_copy_lead_somewhere():
    for path in LESSONS:
        for cell in for_guessing(nbformat.read(path, as_version=4)).cells:
            for target in re.findall(r"\]\((?!https?:)([^)#]+)", cell.source if cell.cell_type == "markdown" else ""):
                assert (ROOT / "notebooks" / target).exists(), target


def test_a_copy_is_never_written_over_and_a_renewed_one_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert copies(mine=tmp_path) == {}
    assert {path.name for path in tmp_path.glob("*.ipynb")} == {path.name for path in LESSONS}
    mine = tmp_path / FIRST
    notebook = nbformat.read(mine, as_version=4)
    notebook.cells[0].source = "my own words"
    nbformat.write(notebook, mine)
    written = mine.read_bytes()

    assert copies(mine=tmp_path) == {}
    assert mine.read_bytes() == written

    renew("01", mine=tmp_path)
    renew("01", mine=tmp_path)
    assert mine.read_bytes() != written
    assert (tmp_path / "kept" / FIRST.replace(".", "_1.")).read_bytes() == written
    assert f"my/kept/{FIRST.replace('.', '_2.')}" in capsys.readouterr().out


def test_a_copy_of_an_older_notebook_is_named(tmp_path: Path):
    copies(mine=tmp_path)
    notebook = nbformat.read(tmp_path / FIRST, as_version=4)
    notebook.metadata["copy_of"] = "another"
    nbformat.write(notebook, tmp_path / FIRST)
    assert copies(mine=tmp_path) == {FIRST: "has changed since your copy was made"}


@pytest.mark.parametrize("text", [b"", b'{"cells": [', b"[]", b"3", b"{}", b"\xff"])
def test_a_copy_that_is_broken_keeps_no_other_from_its_reader(tmp_path: Path, text: bytes):
    (tmp_path / FIRST).write_bytes(text)
    assert copies(mine=tmp_path) == {FIRST: "is empty or broken in my/"}
    assert (tmp_path / FIRST).read_bytes() == text
    assert len(list(tmp_path.glob("*.ipynb"))) == len(LESSONS)


def test_a_number_that_no_notebook_has_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="two digits, such as 04"):
        renew("4", mine=tmp_path)
