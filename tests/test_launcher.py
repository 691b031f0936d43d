"""A launcher that never hangs, leaves nothing behind, and says why where nothing can run."""

import math
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import nbclient
import nbformat
import psutil
import pytest
import torch.distributed as dist
from conftest import ROOT
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from helpers import launcher, ranks
from helpers.launcher import launch
from helpers.ranks import run_as_rank
from tools.kernels import PATIENT

# Detects a hang, and leaves a busy machine its time.
LIMIT_S = 600.0
ON_RANKS = "tests.on_ranks"
# The start of any Python, of which PyTorch then believes that it was built without distributed processes.
WITHOUT_DISTRIBUTED = """
import importlib.abc
import sys

class Without(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "torch.distributed":
            for start in ("_c10d_init", "_rpc_init", "_dist_autograd_init", "_faulty_agent_init"):
                delattr(sys.modules["torch._C"], start)

sys.meta_path.insert(0, Without())
"""


def running(mark: str) -> list[str]:
    """Command lines of the processes that carry ``mark``; zombies have none."""
    lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if mark in line]


def test_a_crash_is_an_error_that_names_its_rank():
    limit_s = LIMIT_S + os.getpid() / 1e6
    with pytest.raises(RuntimeError, match="the 2 processes ended with an error: rank 1: RuntimeError: this rank was"):
        launch(2, ON_RANKS, "crash", limit_s=limit_s)
    assert running(f"--limit-s={limit_s}") == []


def test_an_end_without_a_word_names_the_rank_that_ended_first():
    with pytest.raises(RuntimeError, match=r"the 2 processes ended with an error: rank 1: exit status 9$"):
        launch(2, ON_RANKS, "kill", limit_s=LIMIT_S)


# In place of torchrun, which takes seconds to start: a program that starts another, and then does the rest.
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)", "child of {}"])
"""


def test_what_a_rank_has_started_is_ended_too_and_the_error_is_still_told(monkeypatch):
    mark = f"child of {os.getpid()}"
    program = [sys.executable, "-c", PARENT.format(os.getpid()) + 'sys.exit("[rank1] ended by AnError: this")']

    class EndsInTime(subprocess.Popen):
        def __init__(self, _, **options):
            super().__init__(program, **options)

        def communicate(self, *arguments, timeout=None):
            self.wait()
            return super().communicate(*arguments, timeout=timeout)

    monkeypatch.setattr(subprocess, "Popen", EndsInTime)
    with pytest.raises(RuntimeError, match=r"the 2 processes ended with an error: rank 1: AnError: this$"):
        launch(2, "this", limit_s=0.1)
    assert [line for line in running(mark) if "time.sleep" in line] == []


def test_a_stalled_rank_is_ended_at_the_limit(monkeypatch):
    """And what it has started without the variable that marks a launch, which is known by its descent alone."""
    mark = f"child of {os.getpid()}"
    rank = f"import os; del os.environ[{launcher.MARK!r}]" + PARENT.format(os.getpid()) + "time.sleep(3600)"
    agent = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', sys.argv[1]]); time.sleep(3600)"

    class Stalls(subprocess.Popen):
        def __init__(self, _, **options):
            super().__init__([sys.executable, "-c", agent, rank], **options)

        def communicate(self, *arguments, timeout=None):
            while timeout is not None and len(running(mark)) < 3:
                assert self.poll() is None
                time.sleep(0.05)
            return super().communicate(*arguments, timeout=timeout)

    monkeypatch.setattr(subprocess, "Popen", Stalls)
    with pytest.raises(TimeoutError, match=r"the 2 processes did not finish within 0\.1 s"):
        launch(2, "this", limit_s=0.1)
    assert [line for line in running(mark) if "time.sleep" in line] == []


def test_an_interrupt_ends_all(monkeypatch):
    """Of torchrun and its ranks, which have begun and would never end."""
    limit_s = LIMIT_S + os.getpid() / 1e6

    class Interrupted(subprocess.Popen):
        def communicate(self, *arguments, timeout=None):
            if timeout is None:
                return super().communicate(*arguments)
            while len(psutil.Process(self.pid).children()) < 2:
                assert self.poll() is None
                time.sleep(0.05)
            raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        launch(2, ON_RANKS, "stall", limit_s=limit_s)
    assert running(f"--limit-s={limit_s}") == []


def test_a_rank_is_a_program_that_torchrun_can_end_and_whose_error_is_told(monkeypatch, capsys):
    before = signal.signal(signal.SIGTERM, Mock())
    monkeypatch.setattr(sys, "argv", ["torchrun", "--its-own"])
    ran = []

    def program(name, run_name, alter_sys):
        ran.append((name, run_name, alter_sys, sys.argv[1:], signal.getsignal(signal.SIGTERM)))
        if sys.argv[1:] != ["good", "--limit-s=1"]:
            raise ends[sys.argv[1]]

    ends = {"bad": OverflowError("too much"), "interrupted": KeyboardInterrupt(), "exit": SystemExit("why"),
            "three": SystemExit(3), "done": SystemExit(), "zero": SystemExit(0)}  # fmt: skip
    monkeypatch.setenv("RANK", "4")
    pause = Mock()
    monkeypatch.setattr(time, "sleep", pause)
    monkeypatch.setattr(runpy, "run_module", program)
    try:
        run_as_rank("this", "good", "--limit-s=1")
        run_as_rank("this", "done")
        run_as_rank("this", "zero")
        assert capsys.readouterr().err == ""
        pause.assert_not_called()
        for end, traceback_ends, said in (
            ("bad", "OverflowError: too much", "OverflowError: too much"),
            ("interrupted", "KeyboardInterrupt", "KeyboardInterrupt"),
            ("exit", "", "SystemExit: why"),
            ("three", "", "SystemExit: 3"),
        ):
            with pytest.raises(SystemExit, match=r"^1$"):
                run_as_rank("this", end)
            *shown, told = capsys.readouterr().err.splitlines()
            assert "".join(shown).endswith(traceback_ends)
            assert (shown == [""]) is (traceback_ends == "")  # an exit that was asked for has no traceback
            assert told == f"[rank4] ended by {said}"
            pause.assert_called_once()  # torchrun is to see first what ended without a word
            pause.reset_mock()
    finally:
        signal.signal(signal.SIGTERM, before)
    given = (["good", "--limit-s=1"], ["done"])
    assert ran[:2] == [("this", "__main__", True, arguments, signal.SIG_DFL) for arguments in given]


def test_torchrun_starts_the_program_and_tells_which_rank_it_saw_end(monkeypatch, capsys):
    error = ChildFailedError("this", {1: ProcessFailure(local_rank=1, pid=7, exitcode=9, error_file="none")})
    started = Mock(return_value=Mock(side_effect=error))
    monkeypatch.setattr(ranks, "elastic_launch", started)
    monkeypatch.setattr(sys, "argv", ["ranks", "--nproc-per-node=3", "this", "--its", "own"])
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with pytest.raises(ChildFailedError):
        ranks.main()
    config, program = started.call_args.args
    assert (config.nproc_per_node, program) == (3, run_as_rank)
    started.return_value.assert_called_once_with("this", "--its", "own")
    assert capsys.readouterr().err == "\n[rank1] was seen to end with exit status 9\n"


def test_a_limit_may_be_shorter_than_a_second():
    with pytest.raises(TimeoutError, match=r"the 1 processes did not finish within 0\.5 s"):
        launch(1, "this", limit_s=0.5)


@pytest.mark.parametrize(
    ("platform", "interface", "start"),
    [("linux", "lo", "fork"), ("darwin", "lo0", "spawn"), ("win32", None, "spawn")],
)
def test_processes_meet_on_the_loopback_interface_with_one_thread_each(monkeypatch, platform, interface, start):
    started = Mock(side_effect=InterruptedError)
    monkeypatch.setattr(subprocess, "Popen", started)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(launcher, "START", runpy.run_path(launcher.__file__)["START"])
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("GLOO_SOCKET_IFNAME", raising=False)
    with pytest.raises(InterruptedError):
        launch(3, "this")
    (command,), options = started.call_args
    assert {"--nproc-per-node=3", "--rdzv-conf=store_type=file", "--local-addr=127.0.0.1"} <= set(command)
    assert f"--start-method={start}" in command
    (meeting,) = [option for option in command if option.startswith("--rdzv-endpoint=")]
    assert Path(meeting.partition("=")[2]).parent == Path(options["env"][launcher.MARK])  # a folder that goes with it
    assert command[-2:] == ["this", "--limit-s=60.0"]
    assert options["cwd"] == Path(__file__).resolve().parent.parent
    assert options["env"]["OMP_NUM_THREADS"] == "1"
    assert options["env"]["TORCH_DISABLE_SHARE_RDZV_TCP_STORE"] == "1"
    assert options["env"].get("GLOO_SOCKET_IFNAME") == interface


def test_a_pytorch_without_gloo_is_told(monkeypatch):
    """As that of one without any distributed processes, which notebook 08 meets below."""
    monkeypatch.setattr(dist, "is_gloo_available", lambda: False)
    monkeypatch.setattr(subprocess, "Popen", Mock(side_effect=InterruptedError))
    with pytest.raises(RuntimeError, match=r"^this build of PyTorch has no torch\.distributed with gloo$"):
        launch(1, "this")


@pytest.mark.parametrize(
    ("complaints", "said"),
    [
        ("1\n2\n\n3\n4\n", "2 / 3 / 4"),
        ("", "exit status 9"),
        ("1\n[rank3]: Traceback\n[rank3]:   x\n[rank3]: a.BError: y\n[rank0]: OSError: z\n", "rank 3: a.BError: y"),
        ("Traceback\n  x\nImportError: y\ntorch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n=",
         "ImportError: y"),
        ("torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \na\nb\nc", "a / b / c"),
        ("1\n[rank1] ended by A: b\n[rank0] ended by C: d\n[rank0] was seen to end with e\n", "rank 1: A: b"),
        ("1\n[rank1] ended by A: b\n[rank2] was seen to end with e\n", "rank 2: e"),
        ("usage: x [-h]\nx.py: error: no --y\n\n[rank1] ended by SystemExit: 2\n", "rank 1: no --y"),
        ("x.py: error: no --y\n\n[rank1] ended by SystemExit: 3\n", "rank 1: SystemExit: 3"),
    ],
)  # fmt: skip
def test_an_error_is_told_by_the_first_failure_or_the_last_lines(monkeypatch, complaints, said):
    agent = Mock(returncode=9)
    agent.communicate.return_value = ("", complaints)
    monkeypatch.setattr(subprocess, "Popen", Mock(return_value=agent))
    with pytest.raises(RuntimeError, match=f"the 2 processes ended with an error: {said}$"):
        launch(2, "this")


@pytest.mark.parametrize(
    ("arguments", "limit_s", "said"),
    [
        *(((bad, "this"), 1.0, "processes is") for bad in (0, True, 1.5)),
        *(((1, "this"), bad, "limit_s is") for bad in (0.0, math.inf, "5")),
        ((1,), 1.0, "command is missing"),
    ],
)
def test_what_launch_cannot_use_is_named(arguments, limit_s, said):
    with pytest.raises((TypeError, ValueError), match=said):
        launch(*arguments, limit_s=limit_s)


def test_notebook_08_goes_on_where_pytorch_has_no_distributed_processes(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_DISTRIBUTED)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (tmp_path, ROOT))))
    notebook = nbformat.read(ROOT / "notebooks" / "08_batches_and_machines.ipynb", as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    section = [cell.source.startswith("## ") for cell in notebook.cells]
    start = next(i for i, cell in enumerate(notebook.cells) if cell.source.startswith("## Several processes"))
    end = section.index(True, start + 1)
    notebook.cells = [first, *notebook.cells[start:end]]
    done = nbclient.NotebookClient(notebook, **PATIENT, kernel_name="python3").execute()
    said = [out.text for cell in done.cells for out in cell.get("outputs", []) if out.output_type == "stream"]
    reason = "this build of PyTorch has no torch.distributed with gloo"
    sentence = "PyTorch's processes cannot run on this system, so nothing is measured in this section: "
    assert sum(text.startswith(sentence + reason) for text in said) == 1


@pytest.mark.parametrize("printed", ["", "\n", "hello\n", "[1]\n3\n"])
def test_a_program_that_prints_no_list_is_told_so(monkeypatch, printed):
    agent = Mock(returncode=0)
    agent.communicate.return_value = (printed, "")
    monkeypatch.setattr(subprocess, "Popen", Mock(return_value=agent))
    with pytest.raises(RuntimeError, match="expected that rank 0 prints a list there, as JSON"):
        launch(1, "this")


@pytest.mark.parametrize("printed", ["[3]\n", "1\n[2]\n[3]\n"])
def test_the_last_line_is_what_comes_back(monkeypatch, printed):
    agent = Mock(returncode=0)
    agent.communicate.return_value = (printed, "")
    monkeypatch.setattr(subprocess, "Popen", Mock(return_value=agent))
    assert launch(1, "this") == [3]
