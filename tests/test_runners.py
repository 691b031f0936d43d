"""A notebook comes out as stored whoever runs it, from whatever working directory."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tools.kernels import HANG_SECONDS, PATIENT, START_SECONDS
from tools.run import PeakMemory, execute
from tools.soak import differing_cells, run_once

PATH = ROOT / "notebooks" / "01_weighted_cross_entropy.ipynb"


def jupyter_execute(out: Path) -> None:
    # The jupyter of this environment finds its subcommands on PATH.
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    command = [sys.executable, "-m", "jupyter", "execute", f"--timeout={HANG_SECONDS}", f"--output={out}", str(PATH)]
    for seconds in START_SECONDS:  # this runner takes no kernel of ours, and its own may lose its port
        started = [*command, f"--startup_timeout={seconds}"]
        ran = subprocess.run(started, cwd=out.parent, env=environment, capture_output=True, text=True)
        if not re.search("Kernel (died before replying|didn't respond)", ran.stderr):
            break
    assert ran.returncode == 0, ran.stderr


def plain_nbclient(out: Path) -> None:
    notebook = nbformat.read(PATH, as_version=4)
    NotebookClient(notebook, **PATIENT, kernel_name="python3", resources={"metadata": {"path": out.parent}}).execute()
    nbformat.write(notebook, out)


@pytest.mark.parametrize("runner", [jupyter_execute, plain_nbclient])
def test_runs_as_stored_from_another_directory(runner, tmp_path):
    out = tmp_path / "out.ipynb"
    runner(out)
    assert differing_cells(nbformat.read(PATH, as_version=4), nbformat.read(out, as_version=4)) == []


@pytest.mark.parametrize(
    ("source", "error", "kind"),
    [
        ("1 / 0", "ZeroDivisionError", "CellExecutionError"),
        ("import os\nos._exit(1)", "Kernel died", "DeadKernelError"),
    ],
    ids=["a cell raises", "the kernel dies"],
)
def test_a_run_that_ends_early_is_a_row_and_a_difference(tmp_path, source, error, kind):
    path = tmp_path / "short.ipynb"
    cells = [new_code_cell(text, execution_count=n) for n, text in enumerate(("print(1)", source), 1)]
    nbformat.write(new_notebook(cells=cells), path)
    found = execute(path)
    assert error in found.error and found.peak_mebibytes > 0
    assert nbformat.read(path, as_version=4).cells[0].outputs[0].text == "1\n"
    assert run_once(path, threads=1, hash_seed=0) == f"{kind}, cells []"  # though all outputs are as stored


def test_no_run_leaves_its_sampling_behind(monkeypatch, tmp_path):
    class Interrupted:
        def execute(self):
            raise KeyboardInterrupt

    monkeypatch.setattr("tools.run.client_for", lambda *_: Interrupted())
    nbformat.write(new_notebook(), tmp_path / "empty.ipynb")
    with pytest.raises(KeyboardInterrupt):
        execute(tmp_path / "empty.ipynb")
    assert not [thread for thread in threading.enumerate() if isinstance(thread, PeakMemory)]
