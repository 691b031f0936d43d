"""Execute notebooks in place, each in a fresh kernel, and say how long each took and how much memory its kernel held.

    python -m tools.run [NOTEBOOK ...]

A notebook is a path, or a number such as 04 for the lesson and its solutions; without one it runs all. Two at a time
where there are two cores, which then share them: for seconds that nothing else lengthens, name one path. Exit status 1
if a cell raised that should not.
"""

import argparse
import os
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools.kernels import PATIENT
from tools.options import ROOT, notebooks

# How a run ends that ends before the last cell, and what nbformat raises for a file that is no notebook: no JSON, or
# other JSON.
CUT_SHORT = (CellExecutionError, CellTimeoutError, DeadKernelError)
NO_NOTEBOOK = (ValueError, TypeError, AttributeError, nbformat.ValidationError)
VIEW = "application/vnd.jupyter.widget-view+json"


@dataclass
class Run:
    path: Path
    seconds: float
    peak_mebibytes: float
    error: str | None


class PeakMemory(threading.Thread):
    """Samples the resident memory of the largest of this process's descendants: the kernel and what it starts."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.mebibytes = 0.0
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.05):
            for process in psutil.Process().children(recursive=True):
                try:
                    self.mebibytes = max(self.mebibytes, process.memory_info().rss / 2**20)
                except psutil.NoSuchProcess:
                    continue

    def stop(self) -> float:
        self._done.set()
        self.join()
        return self.mebibytes


def client_for(notebook: NotebookNode, folder: Path) -> NotebookClient:
    """A client that will run the notebook in a fresh kernel, with ``folder`` as its working directory."""
    return NotebookClient(
        notebook,
        **PATIENT,
        kernel_name="python3",
        coalesce_streams=True,
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )


def without_widgets(notebook: NotebookNode) -> NotebookNode:
    """A widget lives in its kernel, under a random number: what is stored of it is what stands in for it."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(VIEW, None)
    return notebook


def execute(path: Path) -> Run:
    """Run one notebook and write it back with its outputs."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except NO_NOTEBOOK as error:
        return Run(path, 0.0, 0.0, f"it is no notebook: {error}")
    client = client_for(notebook, path.parent)
    memory = PeakMemory()
    memory.start()
    started = time.perf_counter()
    error = None
    try:
        client.execute()
    except CUT_SHORT as raised:
        error = str(raised)
    finally:
        peak = memory.stop()
    seconds = time.perf_counter() - started
    nbformat.write(without_widgets(notebook), path)
    return Run(path, seconds, peak, error)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK")
    paths = notebooks(parser, parser.parse_args().notebooks)
    cores = os.cpu_count() or 1
    lanes = min(2, cores, len(paths))
    os.environ.setdefault("OMP_NUM_THREADS", str(cores // lanes))
    started, runs = time.perf_counter(), []
    with ProcessPoolExecutor(lanes) as pool:  # each in a process of its own, so that its memory is told apart
        for number, run in enumerate(pool.map(execute, paths), 1):
            runs.append(run)
            took = f"{run.seconds:.1f} s, {run.peak_mebibytes:.0f} MiB"
            print(
                f"[{number}/{len(paths)}] {_short(run.path)} {'FAILED after' if run.error else 'ok'} {took}", flush=True
            )
    width = max(len(_short(run.path)) for run in runs)
    print(f"\n{'notebook':<{width}}  seconds  peak MiB  result")
    for run in runs:
        result = "failed" if run.error else "ok"
        print(f"{_short(run.path):<{width}}  {run.seconds:>7.1f}  {run.peak_mebibytes:>8.0f}  {result}")
    largest = max(run.peak_mebibytes for run in runs)
    print(f"{'by the clock':<{width}}  {time.perf_counter() - started:>7.1f}  {largest:>8.0f}")
    failed = [run for run in runs if run.error]
    for run in failed:
        print(f"\n{_short(run.path)}, the cell that failed:\n{run.error}")
    return 1 if failed else 0


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


if __name__ == "__main__":
    sys.exit(main())
