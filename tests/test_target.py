"""Where the scripts of the book write: what stands in the build folder is made anew, and nothing else is deleted."""

import sys

import pytest

import book.target
from book.target import empty_folder


def named(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["make_slides", *map(str, arguments)])
    return empty_folder("What it makes.", "slides")


def test_a_folder_that_holds_files_is_left_alone(monkeypatch, tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(SystemExit, match="2"):
        named(monkeypatch, tmp_path)
    assert f"{tmp_path} holds files; name a new folder, or an empty one" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_the_build_folder_itself_is_not_emptied(monkeypatch, tmp_path):
    monkeypatch.setattr(book.target, "BUILD", tmp_path)
    (tmp_path / "html").mkdir()
    with pytest.raises(SystemExit, match="2"):
        named(monkeypatch, tmp_path)
    assert (tmp_path / "html").is_dir()


def test_what_was_built_before_is_made_anew(monkeypatch, tmp_path):
    monkeypatch.setattr(book.target, "BUILD", tmp_path)
    (tmp_path / "slides").mkdir()
    (tmp_path / "slides" / "old.html").touch()
    assert named(monkeypatch) == tmp_path / "slides"
    assert not list((tmp_path / "slides").iterdir())


def test_a_new_folder_is_made(monkeypatch, tmp_path):
    assert named(monkeypatch, tmp_path / "a" / "b").is_dir()


def test_a_file_is_no_folder(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="2"):
        named(monkeypatch, tmp_path / "file")
    assert f"cannot write into {tmp_path / 'file'}: File exists; name a new folder" in capsys.readouterr().err
