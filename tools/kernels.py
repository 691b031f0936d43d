"""Kernels that start side by side without a collision, and a limit that a hang passes and a slow machine does not."""

import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

import zmq
from jupyter_client import KernelManager

# No cell, page or process of the course comes near an hour on the slowest machine, so what takes longer hangs. A
# smaller limit measures the machine; watching for progress would need to know what progress is.
HANG_SECONDS = 3600

# A kernel that lost its port dies, or waits for ever while it closes the others (libzmq), so each start gets longer.
START_SECONDS = (60, 120, 240, HANG_SECONDS)
# macOS allows the path of a socket 103 bytes, Linux 107.
LONGEST_SOCKET = 103


class SideBySide(KernelManager):
    """A kernel that speaks through sockets in a folder of its own; through ports where the system has no such sockets.

    A free port may be another's before the kernel takes it. The kernel is then started again, on other ports.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        folder = Path(tempfile.mkdtemp(prefix="kernel-"))
        self.remove_folder = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.connection_file = str(folder / "kernel.json")
        if "transport" not in options and can_ipc(folder):
            self.transport = "ipc"
        # Ports that it keeps would be tried again and again.
        self.cache_ports = False

    def start_kernel(self, **options: Any) -> None:
        super().start_kernel(**options)
        for seconds in START_SECONDS:
            if self.transport == "ipc" or self.answers(seconds):
                return
            self.restart_kernel(now=True, newports=True)

    def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        super().shutdown_kernel(now, restart)
        if not restart:
            self.remove_folder()

    def answers(self, seconds: float) -> bool:
        client = self.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=seconds)
        except RuntimeError:
            return False
        finally:
            client.stop_channels()
        return True


class SideBySideForNbclient(SideBySide):
    def __init__(self, **options: Any) -> None:
        super().__init__(client_class="jupyter_client.asynchronous.AsyncKernelClient", **options)


def can_ipc(folder: Path) -> bool:
    return os.name == "posix" and zmq.has("ipc") and len(os.fsencode(folder / "kernel-ipc-0")) <= LONGEST_SOCKET


# What any NotebookClient of the course is made with. Its wait for the last outputs of a cell is 4 s unless told.
PATIENT = {
    "kernel_manager_class": SideBySideForNbclient,
    "timeout": HANG_SECONDS,
    "startup_timeout": HANG_SECONDS,
    "iopub_timeout": HANG_SECONDS,
}
