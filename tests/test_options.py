"""What the tools refuse from the command line, with what they would take; nothing is stored then."""

import importlib
import sys

import pytest

from tools.options import ROOT
from tools.run import execute

FOLDERS = (ROOT / "data", ROOT / "helpers" / "moving")
STORED = {path: path.stat().st_mtime_ns for folder in FOLDERS for path in folder.glob("*.json")}


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("replicate", ["99"], "there is no 99; expected some of 0"),
        ("replicate", ["04", "--lanes", "0"], "argument --lanes: it is '0'; expected a whole number, at least 1"),
        ("tail", ["--parts", "nope"], "there is no nope; expected some of "),
        ("recipe", ["nope"], "there is no nope; expected some of "),
        ("bands", ["--lanes", "x"], "argument --lanes: it is 'x'; expected a whole number"),
        ("soak", ["none.ipynb"], "none.ipynb; expected notebooks, such as"),
        ("soak", ["--rounds", "0"], "argument --rounds: it is '0'"),
        ("processors", ["--orders", "-1"], "argument --orders: it is '-1'; expected a whole number, at least 1"),
        ("replicate", ["--minutes", "nan"], "argument --minutes: it is 'nan'; expected a number above zero"),
        ("lab", ["--renew", "99"], "no notebook has the number '99'; give two digits, such as 04"),
        ("processors", ["none.ipynb"], "none.ipynb; expected notebooks, such as"),
        ("run", ["99"], "99; expected notebooks, such as 01"),
        ("soak", ["--minutes", "-1"], "argument --minutes: it is '-1'; expected a number above zero"),
        ("stills", ["descent"], "unrecognized arguments: descent"),
        ("one_knob", ["--steps", "8"], "unrecognized arguments: --steps 8"),
        ("mutate_notebooks", ["99"], "99; expected notebooks, such as 01"),
    ],
)
def test_what_a_tool_cannot_use_is_named(tool, arguments, said, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [tool, *arguments])
    with pytest.raises(SystemExit, match="2"):
        importlib.import_module(f"tools.{tool}").main()
    assert said in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in STORED} == STORED


@pytest.mark.parametrize(
    "text", ["{", "[1]", '{"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}']
)
def test_a_file_that_is_no_notebook_ends_its_run_alone(tmp_path, text):
    (tmp_path / "01_a.ipynb").write_text(text)
    assert str(execute(tmp_path / "01_a.ipynb").error).startswith("it is no notebook: ")
