"""Run the checks in a class's notebooks, and write a CSV: a line a notebook, a column an exercise.

An empty field says that the check of that exercise came to no verdict: it never ran, or raised, as where it is given
no function.

    python -m tools.mark FOLDER [--csv marks.csv] [--seconds 180] [--clock 900] [--gigabytes 8]

FOLDER holds notebooks of the course in any depth, each with its number in front: ``ada/03_gradient_scaling.ipynb``, or
``Copy of 03_gradient_scaling.ipynb``, as Colab names a copy. Others are passed over, and named at the start.
Each runs in a process of its own, in a copy of the course that is thrown away, and ends after some seconds of processor
time or by the clock. What a notebook cannot be kept from on this system is said at the start: the code of a stranger
belongs on a machine that has nothing to lose. A mark says that the checks called an answer right, and not who found
it. It can be forged: a cell can change the checks, or write where the verdicts stand.
"""

import argparse
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib
import psutil

from tools.options import ROOT, above_zero, at_least_one

VERDICTS = ["right", "not yet", "not answered"]
NUMBERED = re.compile(r"(Copy of )*\d\d_.*\.ipynb", re.ASCII | re.DOTALL)
MOST_READ = 2**20  # bytes
MOST = 10**9  # seconds or gigabytes; many more of them no system can count
NOT_TO_COPY = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info")
# Without being root: a network of its own, in which there is nobody; a list of processes of its own, which ends with
# the first; and all file systems read-only, but for the folder that comes next. It has no right left to undo that.
APART = (
    *("unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc"),
    *("sh", "-c"),
    """mount --bind "$0" "$0" || exit 1
    for place in $(cut -d " " -f 2 /proc/self/mounts | sed 's/\\\\/\\\\0/g'); do
        place=$(printf %b "$place")  # a space stands there as \\040
        [ "$place" = "$0" ] || mount -o remount,bind,ro "$place" 2> /dev/null
    done
    [ -w / ] && exit 1
    cd "$(pwd)" || exit 1  # or the folder that we stand in would be read-only
    exec setpriv --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@" """,
)


@dataclass
class Mark:
    path: Path
    verdicts: dict[str, str] = field(default_factory=dict)
    trouble: str = ""


def apart() -> tuple[str, ...]:
    """``APART`` where this system can do it, else nothing."""
    if shutil.which(APART[0]) is None:
        return ()
    with tempfile.TemporaryDirectory() as folder:
        return APART if subprocess.run([*APART, folder, "true"], capture_output=True).returncode == 0 else ()


def not_in_force(wrapper: tuple[str, ...]) -> list[str]:
    """What a notebook is not kept from here, in words."""
    # Measured: a socket in a folder answers, though that cannot be written, and so does /dev/null.
    missing = ["it can read what you can read", "use the devices and local sockets that you can use"]
    if not wrapper:
        missing += ["write and delete it", "use the network", "start a process that outlives it"]
    # The limits are of one file, and of the memory that one process has to itself.
    by = " by several processes or a shared map" if sys.platform == "linux" else ""
    return [*missing, "fill the disk", f"take all memory{by}"]


def numbered(folder: Path) -> tuple[list[Path], list[Path]]:
    """The notebooks of the class, in order, and others that have no number in front.

    Raises ValueError if there is none with a number, or a folder that cannot be read.
    """
    locked: list[OSError] = []
    walk = os.walk(folder, onerror=locked.append)
    places = [Path(place) for place, _, _ in walk if ".ipynb_checkpoints" not in Path(place).parts]
    paths = sorted(path for place in places for path in place.iterdir() if path.suffix.lower() == ".ipynb")
    found = [path for path in paths if NUMBERED.fullmatch(path.name)]
    if locked and folder.is_dir():
        raise ValueError(f"{locked[0].filename} cannot be read ({locked[0].strerror}): unlock it, or move it away")
    if not found:
        raise ValueError(f"{folder} holds no notebook with its number in front, such as 03_gradient_scaling.ipynb")
    # macOS writes what a disk of another system cannot hold beside a file, as ._ and its name.
    return found, [path for path in paths if path not in found and not path.name.startswith("._")]


def mark(path: Path, *, seconds: int, clock: float, gigabytes: float, wrapper: tuple[str, ...] = ()) -> Mark:
    """Run one notebook, and read what its checks said. ``seconds`` are of processor time, ``clock`` what passes."""
    result = Mark(path)
    # What it says goes to a file, which has a largest size, and which a process that stays does not hold open for us.
    with thrown_away() as folder, tempfile.TemporaryFile() as said:
        course = Path(folder, "course")
        copy, verdicts = course / "notebooks" / path.name, Path(folder, "verdicts")
        for name in ("helpers", "data", "tools", "notebooks"):
            shutil.copytree(ROOT / name, course / name, ignore=NOT_TO_COPY)
        try:
            shutil.copy(regular(path), copy)
        except OSError as error:
            result.trouble = f"it cannot be read: {error.strerror or error}"
            return result
        verdicts.touch()
        shutil.copytree(matplotlib.get_cachedir(), Path(folder, "matplotlib"))
        limits = [f"--seconds={seconds}", f"--gigabytes={gigabytes}"]
        apart_in = [*wrapper, folder] if wrapper else []
        command = [*apart_in, sys.executable, "-m", "tools.mark_one", str(copy), str(verdicts), *limits]
        process = subprocess.Popen(
            command, cwd=course / "notebooks", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=said, start_new_session=True,
            env=os.environ | dict.fromkeys(("HOME", "TMPDIR", "IPYTHONDIR"), folder)
            | {"PYTHONPATH": str(course), "MPLCONFIGDIR": f"{folder}/matplotlib", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        before = of_ended()
        try:
            process.wait(timeout=clock)
        except subprocess.TimeoutExpired:
            result.trouble = f"over the limit of {clock:g} s by the clock"
        finally:
            end(process)
        try:
            lines = read(verdicts)
        except OSError as error:  # it was locked, or its folder
            lines = [{"trouble": f"what its checks said cannot be read: {error.strerror}"}]
        result.verdicts = {line["number"]: line["verdict"] for line in lines if well_formed(line)}
        troubles = [short(line["trouble"]) for line in lines if "trouble" in line]
        if not result.trouble and {"ended": True} not in lines:
            said.seek(max(0, said.seek(0, os.SEEK_END) - MOST_READ))
            last = said.read().decode(errors="replace")
            result.trouble = troubles[0] if troubles else early(process.returncode, last, of_ended() - before, seconds)
    return result


@contextmanager
def thrown_away() -> Iterator[str]:
    """A folder for a while. What was locked in it goes too, and folders in folders, deeper than Python can go down.

    A link that a notebook has left in its place goes alone: nothing elsewhere is unlocked or removed.
    """
    folder = tempfile.mkdtemp()
    try:
        yield folder
    finally:
        if os.name == "posix":
            locked = ("-type", "d", "!", "-perm", "-700", "-execdir", "chmod", "u+rwx", "{}", ";")
            for command in (("find", "-P", folder, *locked), ("rm", "-rf", folder)):
                with suppress(FileNotFoundError):  # a small system may lack find
                    subprocess.run(command, stderr=subprocess.DEVNULL)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def regular(path: Path) -> Path:
    """The path, unless it is a folder, a device that never ends, or a link to none: then OSError."""
    if not path.is_file():
        raise OSError("it is no file, or a link to none")
    return path


def of_ended() -> float:
    """Seconds of processor time that our processes took which have ended; zero where the system does not say."""
    times = psutil.Process().cpu_times()
    return float(times.children_user + times.children_system)


def early(status: int, said: str, used: float, seconds: int) -> str:
    words = [line for line in said.splitlines() if line.strip()][-1:]
    # Where what it has started is killed, unshare ends with status 1 and words that say nothing of it.
    if status == -9 or (status == 1 and words and words[0].startswith("unshare: ")):
        return (
            f"over the limit of {seconds} s of processor time"
            if used >= seconds
            else "killed, as where memory runs out"
        )
    return short(": ".join([f"ended early, with status {status}", *words]))


def short(words: object) -> str:
    return shown(" ".join(str(words).split()))[:300]


def shown(words: object) -> str:
    """What steers a terminal, and bytes that are no text, as escapes: ``\\x1b``."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(words))


def cell(words: str) -> str:
    """A spreadsheet takes what begins so for a formula."""
    return f"'{words}" if words.startswith(("=", "+", "-", "@")) else words


def read(verdicts: Path) -> list[dict[str, Any]]:
    """What was written there. A notebook can write there too, so what is no JSON is passed over."""
    if verdicts.is_symlink() or not verdicts.is_file():
        return []
    lines = []
    with verdicts.open("rb") as file:
        for line in file.read(MOST_READ).splitlines():
            with suppress(ValueError, RecursionError):
                lines.append(json.loads(line))
    return [line for line in lines if isinstance(line, dict)]


def well_formed(line: dict[str, Any]) -> bool:
    number, verdict = line.get("number"), line.get("verdict")
    return isinstance(number, str) and re.fullmatch(r"\d\d?\.\d", number) is not None and verdict in VERDICTS


def end(process: subprocess.Popen[str]) -> None:
    """The process and all that it started and that can be found."""
    try:
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    except psutil.NoSuchProcess:
        family = []
    if os.name == "posix":
        family += [one for one in psutil.process_iter() if session(one.pid) == process.pid]
    for one in family:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()


def session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def write(marks: list[Mark], folder: Path, target: Path) -> None:
    numbers = sorted({n for one in marks for n in one.verdicts}, key=lambda n: [int(part) for part in n.split(".")])
    with target.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["notebook", *numbers, "right", "trouble"])
        for one in marks:
            found = [one.verdicts.get(n, "") for n in numbers]
            name, trouble = (cell(words) for words in (shown(one.path.relative_to(folder)), one.trouble))
            rows.writerow([name, *found, found.count("right"), trouble])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--csv", type=Path, default=Path("marks.csv"))
    parser.add_argument("--seconds", type=at_least_one, default=180)
    parser.add_argument("--clock", type=above_zero, default=900)
    parser.add_argument("--gigabytes", type=above_zero, default=8)
    arguments = parser.parse_args()
    for name in ("seconds", "clock", "gigabytes"):
        if getattr(arguments, name) > MOST:
            parser.error(f"--{name} is {getattr(arguments, name)}; expected at most {MOST}")
    folder, target, marks, wrapper = arguments.folder, arguments.csv, [], apart()
    limits = {"seconds": arguments.seconds, "clock": arguments.clock, "gigabytes": arguments.gigabytes}
    try:
        paths, others = numbered(folder)
        write(marks, folder, target)  # an hour later is too late to learn that this is no place to write
    except (ValueError, OSError) as error:
        parser.error(str(error))
    sys.stdout.reconfigure(errors="backslashreplace")
    print("What a notebook is not kept from here: " + ", ".join(not_in_force(wrapper)) + ".", flush=True)
    for path in others:
        print(f"passed over, as no number stands in front such as 03_: {shown(path.relative_to(folder))}", flush=True)
    for number, path in enumerate(paths, 1):
        marks.append(one := mark(path, **limits, wrapper=wrapper))
        write(marks, folder, target)
        right = list(one.verdicts.values()).count("right")
        print(f"{number}/{len(paths)} {shown(path.relative_to(folder))}: {right} right {one.trouble}", flush=True)
    print(f"written to {target}")


if __name__ == "__main__":
    main()
