"""Run one notebook of a class, and write what each check said. ``tools/mark.py`` starts this in a process of its own.

    python -m tools.mark_one NOTEBOOK VERDICTS --seconds S --gigabytes G

Runs the cells in order and goes on where one raises. Appends a line of JSON to VERDICTS for each check as it is made,
so that what was checked before a notebook had to be ended counts. The last line is {"ended": true}.
"""

import argparse
import contextlib
import io
import json
import os
import signal
import sys
from pathlib import Path

import nbformat

FILE_BYTES = 100 * 2**20
PROCESSES = 4096  # of all that the user runs, and root is exempt


def write(verdicts: Path, **line: object) -> None:
    with verdicts.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def limit(seconds: int, gigabytes: float, verdicts: Path) -> None:
    """Processor time, memory, size of files and number of processes, where the system can limit them."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return

    def out_of_time(*_: object) -> None:
        write(verdicts, trouble=f"over the limit of {seconds} s of processor time")
        os._exit(1)

    signal.signal(signal.SIGXCPU, out_of_time)
    limits = {
        resource.RLIMIT_DATA: int(gigabytes * 2**30),
        resource.RLIMIT_FSIZE: FILE_BYTES,
        resource.RLIMIT_NPROC: PROCESSES,
    }
    # The second number ends a loop outside of Python, in which no handler runs.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 10))
    for kind, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(kind, (most, most))


def marked(path: Path, verdicts: Path) -> None:
    try:
        cells = nbformat.reads(path.read_text("utf-8-sig"), 4).cells
        code = [cell.source for cell in cells if cell.cell_type == "code"]
    except Exception as error:  # of whatever kind, for whatever the file holds
        write(verdicts, trouble=f"it is no notebook: {error!r}")
        return
    os.environ["MPLBACKEND"] = "Agg"
    from IPython.core.interactiveshell import InteractiveShell

    from helpers import exercises
    from helpers.exercises.core import check, judge

    def checked(number: str, answer: object) -> None:
        verdict, _ = judge(number, answer)  # type: ignore[arg-type]
        write(verdicts, number=number, verdict=verdict)

    checked.__doc__ = check.__doc__
    exercises.check = checked
    shell = InteractiveShell.instance(colors="nocolor")
    for source in code:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            shell.run_cell(source, silent=True)
    write(verdicts, ended=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("verdicts", type=Path)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--gigabytes", type=float, required=True)
    arguments = parser.parse_args()
    limit(arguments.seconds, arguments.gigabytes, arguments.verdicts)
    marked(arguments.notebook, arguments.verdicts)
    sys.stdout.flush()
    os._exit(0)  # a thread that a cell left behind does not keep it
