"""README's four lines for a system without make, followed literally and in order, with this system's paths.

What stands in for a download: pip finds each package already there, by links to those of the environment that runs
this test, and is told not to ask anybody, nor for what a package needs in turn. So it does check every pinned version,
and installs the course.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from packaging.requirements import Requirement

PINNED = [
    requirement
    for requirement in map(Requirement, re.findall(r"^\w.*$", (ROOT / "requirements.txt").read_text("utf-8"), re.M))
    if requirement.marker is None or requirement.marker.evaluate()
]
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="translates the paths for POSIX"),
    pytest.mark.skipif(
        not all(version(one.name) in one.specifier for one in PINNED),
        reason="other versions are installed than those of requirements.txt, which pip would find here",
    ),
]

# Detects a hang, and leaves a busy machine its time.
LIMIT_S = 600.0
LINES = re.findall(
    r"^(?:python|\.venv\\Scripts\\).*$", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE
)


def here(line: str) -> list[str]:
    return shlex.split(line.replace(".venv\\Scripts\\", ".venv/bin/").replace("\\", "/"))


def follow(line: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        here(line), cwd=folder, env=surroundings(folder) | environment, timeout=LIMIT_S, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def surroundings(folder: Path) -> dict[str, str]:
    """A home and settings of its own; no way by which Python would find this checkout instead of the copy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "JUPYTER"))}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return kept | {"HOME": str(folder.parent), "PATH": path, "OMP_NUM_THREADS": "1"}


def stand_in_for_downloads(folder: Path) -> None:
    """Links to the packages that are installed here, but for the course itself."""
    packages = folder / ".venv" / "packages"
    packages.mkdir()
    for part in Path(sysconfig.get_path("purelib")).iterdir():
        if "class_weights_course" not in part.name and part.name != "__pycache__":
            (packages / part.name).symlink_to(part)
    (site,) = (folder / ".venv" / "lib").glob("python*/site-packages")
    # In front, as the setuptools that comes with a new .venv may be too old to install the course.
    (site / "packages.pth").write_text(f"import sys; sys.path.insert(0, {str(packages)!r})\n")


def stand_in_for_scripts(folder: Path) -> None:
    """What pip would have written beside the packages: programs for the new Python, and JupyterLab's own files."""
    for script in Path(sys.executable).parent.glob("jupyter*"):
        head, _, rest = script.read_text(encoding="utf-8").partition("\n")
        assert head.startswith("#!")
        new = folder / ".venv" / "bin" / script.name
        new.write_text(f"#!{folder}/.venv/bin/python\n{rest}", encoding="utf-8")
        new.chmod(0o755)
    for name in ("share", "etc"):
        shutil.copytree(Path(sys.prefix, name, "jupyter"), folder / ".venv" / name / "jupyter")


def test_the_lines_for_windows_in_order(tmp_path: Path):
    folder = tmp_path / "course"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "_build")
    shutil.copytree(ROOT, folder, ignore=left_out)
    venv, pip, lab, tests = LINES

    follow(venv, folder)
    stand_in_for_downloads(folder)
    said = follow(
        pip, folder, PIP_NO_INDEX="1", PIP_NO_DEPS="1", PIP_NO_BUILD_ISOLATION="0", PIP_DISABLE_PIP_VERSION_CHECK="1"
    )
    assert "Successfully installed class-weights-course" in said
    stand_in_for_scripts(folder)
    follow(f"{lab} --version", folder)  # all but the server, which test_lab.py starts
    assert list((folder / "my").glob("01_*.ipynb"))
    # The kernel that its page would start, which jupyter finds in the same places.
    where = nbformat.v4.new_code_cell("import sys, helpers; print(sys.executable, helpers.__file__)")
    nbformat.write(nbformat.v4.new_notebook(cells=[where]), folder / "notebooks" / "where.ipynb")
    follow(f".venv\\Scripts\\jupyter execute --inplace --timeout={LIMIT_S:.0f} notebooks/where.ipynb", folder)
    (said,) = nbformat.read(folder / "notebooks" / "where.ipynb", as_version=4).cells[0].outputs
    assert said.text == f"{folder}/.venv/bin/python {folder}/helpers/__init__.py\n"
    # Tests without hypothesis, which would first parse all of the packages beside it: half a minute.
    small = "tests/test_tail.py -k counts -q"
    assert re.search(r"^\d+ passed", follow(tests, folder, PYTEST_ADDOPTS=small), re.MULTILINE)
