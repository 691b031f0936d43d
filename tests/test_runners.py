"""A notebook comes out as stored whoever runs it, from whatever working directory."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

from tools.kernels import HANG_SECONDS, PATIENT, START_SECONDS
from tools.soak import differing_cells

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
