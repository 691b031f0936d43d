"""Kernels that start at the same time all answer, through sockets of their own and through ports."""

import multiprocessing
import os
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path

import nbformat
import pytest
from jupyter_client import KernelManager
from nbclient import NotebookClient

from tools.kernels import HANG_SECONDS, PATIENT, SideBySide, SideBySideForNbclient, can_ipc
from tools.nbval_kernel import PatientKernel

ROUNDS = int(os.environ.get("KERNEL_STARTS", "0"))  # `make kernels` says how many
AT_ONCE = 8
USUAL = "ipc" if os.name == "posix" else "tcp"
MEET: list[Barrier] = []  # in each process of the pool, set as it starts
THIEVES: list[socket.socket] = []


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where kernels put their files, and that they leave none. Short, as the path of a socket has to be."""
    short = Path(tempfile.mkdtemp(prefix="k-"))
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    yield
    assert list(short.iterdir()) == []
    short.rmdir()


class ThroughPorts(SideBySideForNbclient):
    def __init__(self, **options: str) -> None:
        super().__init__(transport="tcp", **options)


class Robbed(ThroughPorts):
    """Another program takes its first port, then its last, after they were found free and before the kernel binds."""

    def format_kernel_cmd(self, *arguments: list[str], **options: list[str]) -> list[str]:
        if len(THIEVES) < 2:
            THIEVES.append(socket.create_server(("127.0.0.1", self.iopub_port if THIEVES else self.shell_port)))
        return super().format_kernel_cmd(*arguments, **options)


def answer(manager: type[KernelManager]) -> str:
    """What a fresh kernel says about its transport and its parent process, or the error on the way there."""
    question = "import os; print(get_ipython().kernel.parent.transport, os.getppid())"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(question)])
    try:
        NotebookClient(notebook, **PATIENT | {"kernel_manager_class": manager}).execute()
    except Exception as error:  # there are many ways to fail
        return repr(error)
    return notebook.cells[0].outputs[0].text.strip()


def set_barrier(barrier: Barrier) -> None:
    MEET.append(barrier)


def one_of_many(manager: type[KernelManager]) -> tuple[str, int]:
    MEET[0].wait(HANG_SECONDS)
    return answer(manager), os.getpid()


def failures(rounds: int, manager: type[KernelManager], transport: str) -> list[str]:
    """What those kernels say that do not answer, of eight started together by as many processes, each round."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(AT_ONCE, spawn, set_barrier, (spawn.Barrier(AT_ONCE),)) as pool:
        found = []
        for _ in range(rounds):
            tries = [pool.submit(one_of_many, manager) for _ in range(AT_ONCE)]
            found += [said for said, parent in (done.result() for done in tries) if said != f"{transport} {parent}"]
        return found


@pytest.mark.skipif(not ROUNDS, reason="takes minutes: make kernels")
@pytest.mark.parametrize(("manager", "transport"), [(SideBySideForNbclient, USUAL), (ThroughPorts, "tcp")])
def test_kernels_started_at_once_all_answer(manager: type[KernelManager], transport: str):
    assert failures(ROUNDS, manager, transport) == []


def test_a_kernel_takes_no_port_where_it_need_not():
    assert answer(SideBySideForNbclient) == f"{USUAL} {os.getpid()}"


def test_a_long_path_is_no_socket():
    assert not can_ipc(Path("/", "x" * 200))


def test_a_kernel_that_lost_its_port_starts_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tools.kernels.START_SECONDS", (HANG_SECONDS, 1, HANG_SECONDS))  # the second never answers
    try:
        assert answer(Robbed) == f"tcp {os.getpid()}"
        assert len(THIEVES) == 2
    finally:
        while THIEVES:
            THIEVES.pop().close()


def test_nbval_misses_a_kernel_that_died():
    # nbval's own start would leave os.devnull open.
    kernel = PatientKernel.__new__(PatientKernel)
    kernel.km = SideBySide()
    kernel.km.start_kernel()
    kernel.kc = kernel.km.client()
    kernel.kc.start_channels()
    kernel.kc.wait_for_ready(timeout=HANG_SECONDS)
    with pytest.raises(RuntimeError, match="the kernel died"):
        kernel.await_reply(kernel.execute_cell_input("import os; os._exit(1)"))
    kernel.stop()
