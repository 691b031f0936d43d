"""JupyterLab as ``make lab`` starts it: a copy of 02 runs from top to bottom, and its figure moves."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import new_page
from conftest import ROOT
from playwright.sync_api import Browser, Page, expect

from tools.kernels import HANG_SECONDS, can_ipc

TOKEN = "course"
# Reads the notebook's own model, as cells out of view are not in the page.
ERRORS = """() => jupyterapp.shell.currentWidget.content.model.sharedModel.cells
  .flatMap((cell) => (cell.outputs || []).filter((output) => output.output_type === "error"))
  .map((output) => output.evalue)"""
COUNTS = """() => jupyterapp.shell.currentWidget.content.model.sharedModel.cells
  .filter((cell) => cell.cell_type === "code").map((cell) => cell.execution_count)"""
CLOSED = """() => jupyterapp.shell.currentWidget.content.widgets
  .filter((cell) => cell.model.type === "code" && cell.outputHidden).length"""
READY = """async () => {
  await jupyterapp.restored;
  await jupyterapp.shell.currentWidget.context.ready;
  await jupyterapp.shell.currentWidget.sessionContext.ready;
}"""
FORGET = """async () => {
  await jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
}"""
# Cells out of view stay in the page, so that the test need not chase the slider while heights settle.
SETTINGS = ".jupyter/lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Running saves, so a copy runs. Its ``.venv`` is the one that runs this test, but for its kernels."""
    folder = tmp_path_factory.mktemp("lab")
    for name in ("notebooks", "helpers", "data", "tools", "book"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("_build"))
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / SETTINGS).parent.mkdir(parents=True)
    (folder / SETTINGS).write_text('{"windowingMode": "none"}')
    (folder / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / name).symlink_to(Path(sys.prefix, name))
    for name in ("share", "etc"):
        shutil.copytree(Path(sys.prefix, name, "jupyter"), folder / ".venv" / name / "jupyter")
    (folder / ".venv" / "installed").touch()
    return folder


@pytest.fixture(scope="module")
def lab(chromium: Browser, copy: Path) -> Iterator[str]:
    """The address of the server, started once there is a browser to look at it."""
    assert chromium.is_connected()
    options = f"--no-browser --port=0 --IdentityProvider.token={TOKEN} --LabApp.expose_app_in_browser=True"
    # Kernels get sockets in this folder, whose path has to be short, where a system has them.
    with tempfile.TemporaryDirectory(prefix="lab-") as runtime, (copy / "log").open("w") as log:
        if can_ipc(Path(runtime, "kernel-01234567-89ab-cdef-0123-456789abcdef")):
            options += " --KernelManager.transport=ipc"
        server = subprocess.Popen(
            ["make", "lab", f"ARGS={options}"],
            cwd=copy,
            # One thread: beside other tests, threads that wait for each other would make seconds into minutes.
            env={
                **os.environ,
                "HOME": str(copy),
                "JUPYTER_CONFIG_DIR": str(copy / ".jupyter"),
                "JUPYTER_RUNTIME_DIR": runtime,
                "OMP_NUM_THREADS": "1",
            },
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield until_it_listens(server, copy / "log")
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(HANG_SECONDS)


def until_it_listens(server: subprocess.Popen[bytes], log: Path) -> str:
    """The address that the server wrote into its log. It needs no limit: a server that cannot listen ends."""
    while True:
        assert server.poll() is None, log.read_text()
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text()):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(found[1]))) == 0:
                    return found[0]
        time.sleep(0.25)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    opened = new_page(chromium, viewport={"width": 1280, "height": 900})
    yield opened
    opened.close()


def run_all(page: Page, lab: str, name: str) -> list[str]:
    """Open a notebook, empty it, choose Run All in the menu, and wait. Returns requests to other machines."""
    strangers: list[str] = []
    home = (lab, lab.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(home) else strangers.append(request.url))
    page.goto(f"{lab}/lab/tree/my/{name}.ipynb?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.evaluate(READY)
    assert page.evaluate(CLOSED) > 0
    page.evaluate(FORGET)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    ended = f"() => ({ERRORS})().length || ({COUNTS})().every((count, i) => count === i + 1)"
    page.wait_for_function(ended, timeout=1000 * HANG_SECONDS)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", state="attached")
    assert page.evaluate(ERRORS) == []
    assert page.evaluate(CLOSED) == 0
    return strangers


def test_figure_of_notebook_02_moves(page: Page, lab: str):
    assert run_all(page, lab, "02_relative_importance") == []
    slider, reading = page.locator(".moving input[type=range]").first, page.locator(".moving .m-reading")
    slider.scroll_into_view_if_needed()
    before = reading.inner_text()
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(reading).not_to_have_text(before)
    expect(page.locator(".moving")).to_have_count(1)
    if folder := os.environ.get("COURSE_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / "lab_02.png")
