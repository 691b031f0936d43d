"""The front page and the teaching guide keep what they promise: links, figure, commands, answers."""

import base64
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest

from book.course import GUIDE, ROOT
from book.objectives import questions

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_links_lead_somewhere(target):
    assert target.startswith("https://") or (ROOT / target).exists()


def test_figure_is_the_one_of_its_notebook():
    name = re.search(r"!\[.{40,}\]\((.+\.png)\)", README)[1]
    stored = [
        base64.b64decode(output.data["image/png"])
        for cell in nbformat.read(ROOT / "notebooks" / "07_seven_thousand_classes.ipynb", as_version=4).cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert (ROOT / name).read_bytes() in stored


def test_make_targets_that_it_names_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.M)


def test_quiz_has_its_answers_out_of_sight_each_with_its_section():
    answers = re.findall(r"<details>.*?</details>", GUIDE.read_text(encoding="utf-8"), re.S)
    assert len(answers) == len(questions()) == 21
    assert all(".ipynb#" in answer for answer in answers)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A project of which ``make install`` installs nothing, with a ``.venv`` that was begun by hand."""
    folder = tmp_path_factory.mktemp("bare")
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "pyproject.toml").touch()
    # A pip that is there already is copied, as Python takes seconds to unpack its own, which it does where none is.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    (packages,) = (folder / ".venv" / "lib").glob("python*/site-packages")
    for pip in Path(sysconfig.get_path("purelib")).glob("pip*"):
        if re.fullmatch(r"pip(-.*\.dist-info)?", pip.name):
            shutil.copytree(pip, packages / pip.name)
    jupyter = folder / ".venv" / "bin" / "jupyter"
    jupyter.write_text("#!/bin/sh\n")
    jupyter.chmod(0o755)
    return folder


def make_install(folder, requirement):
    (folder / "requirements.txt").write_text(requirement)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKE"))}
    return subprocess.run(
        ["make", "install", f"PYTHON={sys.executable}"], cwd=folder, text=True, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=kept | {"PIP_NO_INDEX": "1"},
    ).stdout  # fmt: skip


def test_make_install_says_first_what_it_downloads(bare):
    before, _, after = make_install(bare, "# nothing").partition("To download: ")
    assert "pip install" not in before
    said, pip = after.splitlines()[:2]
    assert "-m pip install" in pip
    sizes = re.findall(r"about \S+ [MG]B|5\.7 GB", said)
    assert len(sizes) == (4 if sys.platform == "linux" else 2)
    assert all(size in README for size in sizes)


def test_make_install_keeps_a_cpu_build(bare):
    requirement = re.search(r"^torch==\S+$", (ROOT / "requirements.txt").read_text(), re.M)[0]
    (packages,) = (bare / ".venv" / "lib").glob("python*/site-packages")
    cpu_build = requirement.replace("==", "-") + "+cpu"
    for folder in ("torch", f"{cpu_build}.dist-info"):
        (packages / folder).mkdir()
    version = requirement.removeprefix("torch==")
    (packages / f"{cpu_build}.dist-info" / "METADATA").write_text(f"Name: torch\nVersion: {version}+cpu\n")
    assert "nothing for PyTorch" in make_install(bare, requirement)
    assert (packages / f"{cpu_build}.dist-info" / "METADATA").exists()
