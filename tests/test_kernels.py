"""Kernels that start at the same time all answer, through sockets of their own and through ports."""

import gc
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
from nbval.kernel import CURRENT_ENV_KERNEL_NAME

from tools.kernels import HANG_SECONDS, PATIENT, SideBySide, SideBySideForNbclient, can_ipc
from tools.nbval_kernel import PatientKernel

ROUNDS = int(os.environ.get("KERNEL_STARTS", "1"))  # `make kernels` takes 20
AT_ONCE = 8
MEET: list[Barrier] = []  # in each process of the pool, set as it starts


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where kernels put their files, and that they leave none. Short, as the path of a socket has to be."""
    folder = Path(tempfile.mkdtemp(prefix="k-"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    gc.collect()
    assert list(folder.iterdir()) == []
    folder.rmdir()


def answer(manager: KernelManager) -> str:
    """What a fresh kernel says when asked who its parent is."""
    try:
        manager.start_kernel()
        client = manager.client()
        client.start_channels()
        said: list[str] = []
        try:
            client.wait_for_ready(timeout=HANG_SECONDS)
            client.execute_interactive(
                "import os; print(os.getppid())",
                output_hook=lambda message: said.append(message["content"].get("text", "")),
                timeout=HANG_SECONDS,
            )
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    except Exception as error:  # its type is another in each way to fail
        return repr(error)
    return "".join(said)


def set_barrier(barrier: Barrier) -> None:
    MEET.append(barrier)


def one_of_many(manager: type[KernelManager], options: dict[str, str]) -> tuple[str, str]:
    MEET[0].wait(HANG_SECONDS)
    return answer(manager(**options)), f"{os.getpid()}\n"


def failures(rounds: int, manager: type[KernelManager], **options: str) -> list[str]:
    """What those kernels say that do not answer, of ``AT_ONCE`` started together by as many processes, each round."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(AT_ONCE, spawn, set_barrier, (spawn.Barrier(AT_ONCE),)) as pool:
        found = []
        for _ in range(rounds):
            tries = [pool.submit(one_of_many, manager, options) for _ in range(AT_ONCE)]
            found += [said for said, parent in (done.result() for done in tries) if said != parent]
        return found


@pytest.mark.skipif(ROUNDS == 1, reason="takes minutes: make kernels")
@pytest.mark.parametrize("options", [{}, {"transport": "tcp"}], ids=["as everywhere", "through ports"])
def test_kernels_started_at_once_all_answer(options: dict[str, str]):
    assert failures(ROUNDS, SideBySide, **options) == []


@pytest.mark.skipif(not can_ipc(Path(tempfile.gettempdir(), "k-12345678", "kernel-12345678")), reason="has no sockets")
def test_a_kernel_takes_no_port_and_leaves_no_file():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("get_ipython().kernel.parent.transport")])
    NotebookClient(notebook, **PATIENT).execute()
    assert notebook.cells[0].outputs[0].data["text/plain"] == "'ipc'"
    assert SideBySide().transport == "ipc"


def test_a_long_path_is_no_socket():
    assert not can_ipc(Path("/", "x" * 200))


@pytest.mark.parametrize("nbclient", [False, True])
def test_a_kernel_that_lost_its_port_starts_again(nbclient: bool):
    """Another program takes the port after it was found free and before the kernel binds it."""
    thieves: list[socket.socket] = []

    class Robbed(SideBySideForNbclient if nbclient else SideBySide):
        def __init__(self, **options: str) -> None:
            super().__init__(transport="tcp", **options)

        def format_kernel_cmd(self, *arguments: list[str], **options: list[str]) -> list[str]:
            if len(thieves) < 2:
                thieves.append(socket.create_server(("127.0.0.1", self.shell_port)))
            return super().format_kernel_cmd(*arguments, **options)

    try:
        if nbclient:
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("6 * 7")])
            NotebookClient(notebook, **PATIENT | {"kernel_manager_class": Robbed}).execute()
            assert notebook.cells[0].outputs[0].data["text/plain"] == "42"
        else:
            assert answer(Robbed()) == f"{os.getpid()}\n"
    finally:
        for thief in thieves:
            thief.close()
    assert len(thieves) == 2


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # nbval leaves os.devnull open
def test_nbval_misses_a_kernel_that_died():
    kernel = PatientKernel(CURRENT_ENV_KERNEL_NAME)
    with pytest.raises(RuntimeError, match="the kernel died"):
        kernel.await_reply(kernel.execute_cell_input("import os; os._exit(1)"))
    kernel.stop()
