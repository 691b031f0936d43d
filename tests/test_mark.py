"""Marking a class: each answer gets its verdict, and what a notebook tries ends in one line of the table."""

import csv
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from unittest.mock import Mock

import nbformat
import psutil
import pytest
from conftest import ROOT

from tools.mark import APART, apart, early, main, mark, not_in_force, numbered, thrown_away

RIGHT = """
from helpers.exercises import check
def effective_weights_of_two(counts, w):
    q = counts / counts.sum()
    return 2 * (w[:, None] / (w[:, None] + w)) @ q
check("8.1", effective_weights_of_two)
"""
NAME = "08_batches_and_machines.ipynb"
# Of processor time, so that a busy machine changes nothing; by the clock only a notebook that sleeps is ended.
LIMITS = {"seconds": 60, "clock": 3600.0, "gigabytes": 4}
FORK = """
import os, time
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        time.sleep(10_000)
"""
MOUNT_ANEW = """
import subprocess
for line in open("/proc/self/mounts"):
    subprocess.run(["mount", "-o", "remount,bind,rw", line.split()[1]], stderr=subprocess.DEVNULL)
"""
needs_apart = pytest.mark.skipif(not apart(), reason="this system cannot set a process apart without being root")


def notebook(folder: Path, *cells: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), folder / NAME)
    return folder / NAME


def marked(path: Path, **limits):
    return mark(path, **(LIMITS | limits), wrapper=apart())


@pytest.mark.parametrize(
    ("cell", "limits", "trouble"),
    [
        ("while True: pass", {"seconds": 5}, "over the limit of 5 s of processor time"),
        ("sum(range(10**13))", {"seconds": 5}, "over the limit of 5 s of processor time"),
        ("import time; time.sleep(10_000)", {"clock": 1.0}, "1 s by the clock"),
    ],
    ids=["endless", "endless outside of Python", "asleep"],
)
def test_a_notebook_that_does_not_end_is_ended(tmp_path: Path, cell: str, limits: dict[str, float], trouble: str):
    assert trouble in marked(notebook(tmp_path, RIGHT, cell), **limits).trouble


@needs_apart
def test_what_a_notebook_tries_ends_in_its_own_line(tmp_path: Path):
    """Ten gigabytes, a file deleted, one written elsewhere once all is mounted anew, a call over the network, processes
    that stay, an exit. A file beside the notebook is written."""
    before = set(psutil.pids())
    with socket.create_server(("127.0.0.1", 0)) as server:
        path = notebook(
            tmp_path,
            "block = bytearray(10 * 2**30)",
            RIGHT.replace("8.1", "8.2").replace("return 2", "return block, 2"),
            f"import os, socket; os.remove({str(ROOT / 'README.md')!r})",
            MOUNT_ANEW,
            f"open({str(tmp_path / 'mine')!r}, 'w')",
            f"socket.create_connection({server.getsockname()!r}, timeout=5)",
            FORK,
            f"open('figure.png', 'w'){RIGHT}",
            "os._exit(7)",
            RIGHT.replace("8.1", "8.3"),
        )
        result = marked(path)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # a call would have waited in the queue
            server.accept()
    assert result.verdicts == {"8.1": "right", "8.2": "not yet"}
    assert "ended early, with status 7" in result.trouble
    assert (ROOT / "README.md").exists() and list(tmp_path.iterdir()) == [path]
    # A process that another test has just ended has no command line left to read: process_iter gives None for it.
    left = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"]) if process.pid not in before]
    assert not any("tools.mark_one" in (command or ()) for command in left)


def test_the_command_marks_a_class(tmp_path: Path, monkeypatch, capsys):
    """A link to no file, a file that is no notebook, one that fails and writes where the verdicts stand, a formula."""
    forged = "\n".join(["no JSON", "7", "[" * 100_000, '{"number": "x", "verdict": "right"}', '{"number": []}'])
    write_there = f"open('../../verdicts', 'ab').write({forged.encode()!r} + b'\\n\\xff\\n')"
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / NAME).symlink_to(tmp_path / "nowhere")
    notebook(tmp_path / "bob").write_text("this is no notebook")
    fails = ("this is no Python", "1 / 0", "import os; os.write(2, b'\\xff')")
    long = 'from helpers.exercises import check; check("8.2", lambda totals: {}["x" * 2**21])'
    notebook(tmp_path / "Zoë 王", write_there, *fails, long, RIGHT, 'check("8.3", lambda w: ...)')
    saved_with_a_mark = notebook(tmp_path / "eve", RIGHT)
    saved_with_a_mark.write_text(saved_with_a_mark.read_text(encoding="utf-8"), encoding="utf-8-sig")
    steers = '{"trouble": "=HYPERLINK(1) \\u001b[31m\\n\\u202e"}'
    notebook(tmp_path / "dan\x1b", RIGHT).rename(tmp_path / "dan\x1b" / "8_batches.ipynb")
    notebook(tmp_path / "=1\x1b[31m", f"import os; open('../../verdicts', 'w').write({steers!r})", "os._exit(0)")
    target = tmp_path / "marks.csv"
    monkeypatch.setattr(sys, "argv", ["mark", str(tmp_path), "--csv", str(target), "--clock", "3600"])
    main()
    formula, zoe, ada, bob, eve = csv.DictReader(target.read_text(encoding="utf-8").splitlines())
    assert (ada["8.1"], ada["right"]) == ("", "0")
    assert ada["trouble"] == "it cannot be read: it is no file, or a link to none"
    assert bob["trouble"].startswith("it is no notebook: NotJSONError")
    assert [zoe[number] for number in ("8.1", "8.2", "8.3")] == ["right", "not yet", "not answered"]
    assert (zoe["right"], zoe["trouble"]) == ("1", "")
    assert (eve["right"], eve["trouble"]) == ("1", "")
    name, trouble = rf"=1\x1b[31m/{NAME}", r"=HYPERLINK(1) \x1b[31m \u202e"
    assert (formula["notebook"], formula["trouble"]) == (f"'{name}", f"'{trouble}")
    said = capsys.readouterr().out
    assert "passed over, as no number stands in front such as 03_: dan\\x1b/8_batches.ipynb\n" in said
    assert f"1/5 {name}: 0 right {trouble}\n" in said and "5/5" in said


@pytest.mark.skipif(sys.platform == "win32", reason="there a path has a longest length, and no rights to take away")
@pytest.mark.parametrize(
    "cell",
    ["for _ in range(2000):\n os.mkdir('d')\n os.chdir('d')", "os.mkdir('d')\nos.mkdir('d/d')\nos.chmod('d', 0)"],
    ids=["many folders in folders", "a locked folder"],
)
def test_what_a_notebook_leaves_is_thrown_away(tmp_path: Path, monkeypatch, cell: str):
    path = notebook(tmp_path / "class", RIGHT, f"import os\n{cell}")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    result = marked(path)
    assert (result.verdicts, result.trouble) == ({"8.1": "right"}, "")
    assert [one.name for one in tmp_path.iterdir()] == ["class"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such rights")
def test_what_a_link_in_the_folder_s_place_points_to_stays_as_it_is(tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "locked").mkdir(parents=True)
    (elsewhere / "locked").chmod(0o500)
    with thrown_away() as folder:
        Path(folder).rename(tmp_path / "away")
        Path(folder).symlink_to(elsewhere)
    assert not Path(folder).is_symlink()
    assert (elsewhere / "locked").stat().st_mode & 0o777 == 0o500


def test_a_folder_of_the_class_that_cannot_be_read_is_told_first(tmp_path: Path, monkeypatch):
    """Root may read them all, so the refusal is played."""
    notebook(tmp_path / "ada", RIGHT)
    (tmp_path / "bob").mkdir()
    scan = os.scandir

    def scandir(path):
        if Path(path).name == "bob":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(ValueError, match=r"bob cannot be read \(Permission denied\): unlock it"):
        numbered(tmp_path)


def test_a_copy_is_marked_and_what_has_no_number_in_front_is_told(tmp_path: Path):
    marked_ones = ["03_a.ipynb", "Copy of 08_b.ipynb", "Copy of Copy of 08_b (1).ipynb"]
    passed_over = ["08-b.ipynb", "08_X.IPYNB", "8_b.ipynb", "notes.ipynb"]
    (tmp_path / ".ipynb_checkpoints").mkdir()
    for name in (*marked_ones, *passed_over, "._03_a.ipynb", "notes.txt", ".ipynb_checkpoints/03_a-checkpoint.ipynb"):
        (tmp_path / name).touch()
    found, others = numbered(tmp_path)
    assert ([path.name for path in found], [path.name for path in others]) == (marked_ones, passed_over)


def test_verdicts_that_a_notebook_has_locked_end_in_its_line(tmp_path: Path, monkeypatch):
    """Root may read them all the same, so the refusal is played."""
    monkeypatch.setattr("tools.mark.read", Mock(side_effect=PermissionError(13, "Permission denied")))
    result = marked(notebook(tmp_path, RIGHT, "import os; os.chmod('../../verdicts', 0)"))
    assert (result.verdicts, result.trouble) == ({}, "what its checks said cannot be read: Permission denied")


@pytest.mark.parametrize(
    "arguments",
    [
        *(["nowhere"], [".", "--seconds", "0"], [".", "--clock", "nan"]),
        *([".", "--seconds", "9" * 20], [".", "--clock", "1e300"], [".", "--gigabytes", "1e12"]),
    ],
)
def test_the_command_refuses_what_it_cannot_use(arguments, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["mark", *arguments])
    with pytest.raises(SystemExit, match="2"):
        main()
    said = capsys.readouterr().err
    assert ("expected a" if len(arguments) > 1 else "03_gradient_scaling") in said
    assert not list(tmp_path.iterdir())


def test_it_says_what_is_not_in_force():
    assert "use the network" in not_in_force(())
    assert "use the network" not in not_in_force(APART)
    assert "write and delete it" in not_in_force(()) and "write and delete it" not in not_in_force(APART)
    assert "use the devices and local sockets that you can use" in not_in_force(APART)
    # Measured with a limit of 1 GB: a shared map of 2.5 GB, four forks of 0.7 GB and 1 GB of files passed.
    assert "fill the disk, take all memory" in ", ".join(not_in_force(APART))


@needs_apart
def test_nothing_is_apart_where_a_part_of_it_is_missing(tmp_path: Path, monkeypatch):
    found = {name: str(shutil.which(name)) for name in ("unshare", "sh", "mount", "cut", "sed", "true", "setpriv")}
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, program in found.items():
        assert apart() == ()
        (tmp_path / name).symlink_to(program)
    assert apart() == APART


@pytest.mark.parametrize(
    ("status", "said", "used", "trouble"),
    [
        (-9, "", 15.0, "over the limit of 5 s of processor time"),
        (1, "y\nunshare: z\n", 15.0, "over the limit of 5 s of processor time"),
        (-9, "", 4.0, "killed, as where memory runs out"),
        (1, "unshare: z\n", 4.0, "killed, as where memory runs out"),
        (1, "y\n\nz\n", 15.0, "ended early, with status 1: z"),  # of all its processes, each within the limit
        (7, "", 4.0, "ended early, with status 7"),
    ],
)
def test_an_end_without_a_verdict_is_told_by_its_status_and_time(status, said, used, trouble):
    assert early(status, said, used, 5) == trouble


def test_a_folder_without_a_notebook_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"03_gradient_scaling\.ipynb"):
        numbered(tmp_path)
