"""One Chromium for the tests that look at pages, and a record of what a page complains about."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from book.browser import PATIENCE, NoBrowserError, chromium
from book.course import ROOT

# A page that lacks what a test looks for is found out only after ten minutes, so an hour would be too long.
expect.set_options(timeout=PATIENCE)


@contextmanager
def where_there_is_a_browser() -> Iterator[None]:
    """Without a browser skip, or fail where COURSE_BROWSER=required says that there has to be one."""
    try:
        yield
    except NoBrowserError as error:
        (pytest.fail if os.environ.get("COURSE_BROWSER") == "required" else pytest.skip)(str(error))


@contextmanager
def browser() -> Iterator[Browser]:
    with where_there_is_a_browser(), chromium() as opened:
        yield opened


def new_page(browser: Browser, **options: Any) -> Page:
    """A page that waits for a slow machine."""
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE)
    return page


def complaints(page: Page, *, home: str) -> list[str]:
    """A list that fills with errors and warnings, failed requests, and requests that leave ``home``."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("requestfailed", lambda request: found.append(f"failed: {request.url[:200]}"))
    page.on("request", lambda request: None if is_home(request.url, home) else found.append(f"left: {request.url}"))
    return found


def is_home(url: str, home: str) -> bool:
    return url.startswith((home, "data:", "blob:"))


def run(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
