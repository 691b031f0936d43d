"""What is stored of the replications is what the conclusions give, and there is a row for each."""

import json
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpers import datasets
from helpers.replication import replicated
from tools import replicate
from tools.replicate import FIRST, STORED, held, key, verdicts
from tools.stored import kept, stored, versions
from tools.verdicts import Verdict

ROWS = {key(row): row for row in stored(STORED, "rows")}
CASES = [(verdict, setting) for verdict in verdicts() for setting in verdict.settings]


def test_each_conclusion_has_its_row_and_each_row_its_conclusion():
    wanted = {(verdict.notebook, verdict.name, setting): verdict for verdict, setting in CASES}
    assert list(ROWS) == list(wanted), "run `make replicate`"
    for where, verdict in wanted.items():
        row = ROWS[where]
        assert (row["sentence"], row["first seed"], len(row["held"])) == (verdict.sentence, FIRST, verdict.draws)


# The last draw of each conclusion that is quick; all of them by `make replicate`.
@pytest.mark.parametrize("case", [c for c in CASES if c[0].quick], ids=lambda c: f"{c[0].notebook} {c[0].name} {c[1]}")
def test_a_stored_draw_comes_out_again(case):
    verdict, setting = case
    digits = ROWS[verdict.notebook, verdict.name, setting]["held"]
    assert held(verdict, setting, len(digits) - 1) == (digits[-1] == "1")


def test_a_notebook_shows_its_rows(capsys):
    replicated("04")
    lines = capsys.readouterr().out.splitlines()
    own = [row for row in ROWS.values() if row["notebook"] == "04"]
    tried = [line for line in lines if line.startswith("    ")]
    assert [line.split()[-3] for line in tried] == [str(row["held"].count("1")) for row in own]
    assert " ".join(line for line in lines[1:] if line not in tried) == " ".join(
        dict.fromkeys(row["sentence"] for row in own)
    )
    assert max(map(len, lines)) < 90, "the numbers would stand outside the frame of a page"
    with pytest.raises(ValueError, match="has no row on notebook '4'; expected two digits"):
        replicated("4")


ROW = {"notebook": "04", "sentence": "It holds.", "setting": "as here", "held": "11"}


@pytest.mark.parametrize("rows", [3, [3], [{"notebook": "04"}], [ROW | {"held": 3}], [ROW | {"sentence": 3}]])
def test_damaged_rows_are_told_with_their_cure(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    (tmp_path / "replication.json").write_text(json.dumps({"versions": {}, "rows": rows}))
    with pytest.raises(ValueError, match=r"replication.json is damaged.*git checkout -- data/replication.json"):
        replicated("04")


def test_where_no_row_is_stored_the_command_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    (tmp_path / "replication.json").write_text(json.dumps({"versions": {}, "rows": []}))
    with pytest.raises(ValueError, match="has no row on notebook '04': `make replicate ARGS=04`"):
        replicated("04")


@pytest.mark.parametrize("text", ["", '{"rows": [{"note', "[]", "{}", '{"rows": 3}'])
def test_a_damaged_store_is_named(tmp_path, text):
    (tmp_path / "rows.json").write_text(text)
    with pytest.raises(ValueError, match=r"rows\.json holds no rows .*: get it back with git checkout"):
        stored(tmp_path / "rows.json", "rows")


@pytest.mark.parametrize(
    ("before", "partly", "rows"),
    [({"torch": "1.0"}, False, 1), ({"torch": "1.0"}, True, 1), ({"torch": "0.9"}, False, 0), ({}, False, 0)],
)
def test_a_rerun_keeps_what_its_versions_made(tmp_path, before, partly, rows):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"versions": before, "rows": [ROW]}))
    assert kept(ArgumentParser(), path, "rows", {"torch": "1.0"}, partly=partly) == [ROW] * rows


@pytest.mark.parametrize(("before", "made"), [({"torch": "0.9"}, "torch 0.9"), ({}, "unknown versions")])
def test_a_part_is_not_run_again_beside_rows_of_other_versions(tmp_path, capsys, before, made):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"versions": before, "rows": [ROW]}))
    with pytest.raises(SystemExit):
        kept(ArgumentParser(), path, "rows", {"torch": "1.0"}, partly=True)
    said = capsys.readouterr().err
    assert f"rows.json was made by {made}, and here is torch 1.0;" in said and "run all of it" in said
    path.write_text(json.dumps({"versions": before, "rows": []}))
    assert kept(ArgumentParser(), path, "rows", {"torch": "1.0"}, partly=True) == []


def test_the_build_is_no_part_of_a_version(monkeypatch):
    monkeypatch.setattr("tools.stored.version", {"torch": "2.13.0+cpu", "numpy": "2.4.6"}.get)
    assert versions("numpy").items() >= {"torch": "2.13.0", "numpy": "2.4.6"}.items()


def test_a_replication_that_is_interrupted_has_stored_its_rows_and_kept_the_others(tmp_path, monkeypatch):
    def interrupt(_seed):
        raise KeyboardInterrupt

    toys = [
        Verdict("01", "even", "Even seeds.", lambda seed: seed % 2 == 0, draws=4),
        Verdict("01", "interrupted", "None.", interrupt, draws=1),
        Verdict("02", "known", "Known.", interrupt, draws=1),
    ]
    old = [replicate.row_of(toy, "as in the notebook", "0") for toy in (toys[2], toys[0])]
    path = tmp_path / "replication.json"
    path.write_text(json.dumps({"versions": versions("numpy", "scikit-learn"), "rows": old}))
    monkeypatch.setattr(replicate, "STORED", path)
    monkeypatch.setattr(replicate, "ProcessPoolExecutor", ThreadPoolExecutor)  # which knows these verdicts
    monkeypatch.setattr(replicate, "verdicts", lambda: toys)
    monkeypatch.setattr("sys.argv", ["replicate", "01"])
    with pytest.raises(KeyboardInterrupt):
        replicate.main()
    assert [(row["name"], row["held"]) for row in stored(path, "rows")] == [("even", "1010"), ("known", "0")]
