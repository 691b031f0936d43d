"""A Python module on several processes of this host, under torchrun, limited in time, with nothing left behind."""

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import torch.distributed as dist

from helpers.arguments import positive, whole_number

LOOPBACK = {"linux": "lo", "darwin": "lo0"}
MARK = "COURSE_LAUNCH"  # a variable that every process of a launch inherits
START = "fork" if sys.platform == "linux" else "spawn"


def launch(processes: int, *command: str, limit_s: float = 60.0) -> list[Any]:
    """Run ``python -m *command --limit-s=...`` on ``processes`` processes of this host, which meet over gloo.

    When this returns or raises, every process has ended: it reads their output
    to its end, which comes only when the last of them is gone.

    Args:
        command: what follows ``python -m``, for instance ``"helpers.distributed", "--batches", "20"``,
            run in the folder of the course. It gets the limit as its last argument.
        limit_s: seconds for everything, imports (a few seconds) included.

    Returns the list that rank 0 printed last, as JSON.
    Raises ValueError or TypeError for processes below 1, no command or a limit that is not above zero,
    RuntimeError naming the first failure of a process or what PyTorch lacks, OSError where
    the system starts no process, TimeoutError past the limit.
    """
    whole_number("processes", processes, 1)
    positive("limit_s", limit_s)
    if not command:
        raise TypeError("command is missing; expected what follows python -m, such as 'helpers.distributed'")
    if not (dist.is_available() and dist.is_gloo_available()):
        raise RuntimeError("this build of PyTorch has no torch.distributed with gloo")
    # torchrun's own TCP store needs libuv, which PyTorch lacks on Windows: the processes meet over a file instead.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    if sys.platform in LOOPBACK:
        environment["GLOO_SOCKET_IFNAME"] = LOOPBACK[sys.platform]
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment[MARK] = folder
        torchrun = ["-m", "helpers.ranks", "--nnodes=1", f"--nproc-per-node={processes}", f"--start-method={START}"]
        meeting = ["--rdzv-backend=c10d", "--rdzv-conf=store_type=file", f"--rdzv-endpoint={Path(folder, 'store')}"]
        program = [*command, f"--limit-s={limit_s}"]
        agent = subprocess.Popen(
            [sys.executable, *torchrun, *meeting, "--local-addr=127.0.0.1", *program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parent.parent,
            env=environment,
        )
        try:
            printed, complaints = agent.communicate(timeout=limit_s)
        except BaseException as reason:  # an interrupt from the keyboard too
            late = agent.poll() is None  # else only what the processes have started themselves goes on
            printed, complaints = _end(agent, folder)
            if not isinstance(reason, subprocess.TimeoutExpired):
                raise
            if late:
                message = f"the {processes} processes did not finish within {limit_s:g} s: ended them"
                raise TimeoutError(message) from None
    if agent.returncode != 0:
        failure = _first_failure(complaints) or f"exit status {agent.returncode}"
        raise RuntimeError(f"the {processes} processes ended with an error: {failure}")
    last = "".join(printed.splitlines()[-1:])
    with contextlib.suppress(ValueError):
        if isinstance(found := json.loads(last), list):
            return found
    raise RuntimeError(f"the program's last line is {last[:80]!r}; expected that rank 0 prints a list there, as JSON")


def _end(agent: "subprocess.Popen[str]", mark: str) -> tuple[str, str]:
    """Kill torchrun and what descends from it, known by a variable where it has lost its parent."""
    ours: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        ours = psutil.Process(agent.pid).children(recursive=True)
    agent.kill()
    for process in [*ours, *psutil.process_iter()]:
        with contextlib.suppress(psutil.Error):
            if process in ours or process.environ().get(MARK) == mark:
                process.kill()
    return agent.communicate()


def _first_failure(complaints: str) -> str:
    told = re.findall(r"^\[rank(\d+)\] ended by (.*)", complaints, re.M)
    seen = re.search(r"^\[rank(\d+)\] was seen to end with (.*)", complaints, re.M)
    if seen and seen[1] not in dict(told):  # it ended without a word, as by a signal, and took the others with it
        return f"rank {seen[1]}: {seen[2]}"
    if told:
        number, reason = told[0]
        usage = re.search(r"^.+: error: (.+)", complaints, re.M)  # argparse's sentence, which its exit lacks
        reason = usage[1] if usage and reason == "SystemExit: 2" else reason
        return f"rank {number}: {reason}"
    # PyTorch puts "[rank1]: " before each line of a traceback; torchrun's own traceback comes after it.
    error = re.search(r"^(?:\[(rank)(\d+)\]: )?((?!torch\.distributed\.elastic)[\w.]+Error\b.*)", complaints, re.M)
    if error is None:
        return " / ".join([line for line in complaints.splitlines() if line.strip()][-3:])
    rank, number, text = error.groups()
    return f"{rank} {number}: {text}" if rank else text
