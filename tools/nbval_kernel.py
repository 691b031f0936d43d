"""A plugin of pytest: nbval's kernels start side by side, wait for a slow machine, and are missed once they died."""

import time
from queue import Empty
from typing import Any

import nbval.kernel
import nbval.plugin

from tools.kernels import HANG_SECONDS, SideBySide


class PatientKernel(nbval.kernel.RunningKernel):
    def get_message(self, stream: str, timeout: float | None = None) -> Any:  # noqa: ARG002
        """The next message. nbval's own limits (10 s for a start, 5 s for an output) would measure the machine."""
        end = time.monotonic() + HANG_SECONDS
        while True:
            try:
                return super().get_message(stream, timeout=1)
            except Empty:
                if not self.is_alive():
                    raise RuntimeError("the kernel died") from None
                if time.monotonic() > end:
                    raise


def pytest_configure() -> None:
    nbval.kernel.KernelManager = SideBySide
    nbval.plugin.RunningKernel = PatientKernel
