"""No socket leaves this machine, neither while the helpers work nor while a notebook runs."""

import os
import subprocess
import sys

import nbformat
import pytest
from conftest import LESSONS, ROOT

from tools.run import client_for
from tools.soak import differing_cells

# Python imports a module of this name at its start, in the kernel too; the audit hook sees every connect and sendto
# of the process, whoever calls it, and runs before the system call.
GUARD = """
import os, sys

def refuse(event, arguments):
    if event not in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        return
    address = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
    if isinstance(address, tuple):
        address = address[0]
    elif event != "socket.getaddrinfo":
        return  # the path of a socket on this file system
    name = address.decode() if isinstance(address, bytes) else address
    if name is None or name == "localhost" or name.startswith("127.") or name == "::1":
        return
    with open(os.environ["ATTEMPTS"], "a") as log:
        print(event, name, file=log)
    raise PermissionError(f"offline: {event} to {name} refused")

sys.addaudithook(refuse)
"""
ATTEMPTS_OUTSIDE = """
import socket
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=5),
    lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 80)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: socket.getaddrinfo("example.invalid", 80),
):
    try:
        attempt()
    except PermissionError as error:
        print(error)
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname())
"""


@pytest.fixture
def guarded(tmp_path):
    """The environment of a process that may speak to this machine alone, and the file that its other attempts go to."""
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    attempts = tmp_path / "attempts.txt"
    attempts.touch()
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        "ATTEMPTS": str(attempts),
    }, attempts


def run(code, environment):
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_the_guard_refuses_what_leaves_and_lets_loopback_pass(guarded):
    environment, attempts = guarded
    printed = run(ATTEMPTS_OUTSIDE, environment)
    assert [line.startswith("offline: ") for line in printed] == [True] * 4
    # A documentation address stands in for any other: the guard raises before a packet is made.
    assert "socket.connect 192.0.2.1" in attempts.read_text() or "socket.getaddrinfo 192.0.2.1" in attempts.read_text()


# One cheap notebook in every run of the tests; all of them by `make offline`.
@pytest.mark.parametrize("path", LESSONS if "ALL_NOTEBOOKS" in os.environ else LESSONS[:1], ids=lambda path: path.stem)
def test_a_notebook_runs_offline(guarded, path):
    environment, attempts = guarded
    stored, executed = nbformat.read(path, as_version=4), nbformat.read(path, as_version=4)
    first = executed.cells[next(i for i, cell in enumerate(executed.cells) if cell.cell_type == "code")]
    # The kernel itself proves that it is guarded, after which every other cell must come out as stored.
    first.source = f"import sitecustomize\nassert sitecustomize.refuse\n{first.source}"
    client_for(executed, path.parent).execute(env=environment)
    assert differing_cells(stored, executed) == []
    assert attempts.read_text() == ""
