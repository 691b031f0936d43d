"""The Chromium of this machine, which prints pages, draws stills and reads the site in the tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 600_000  # ms: a busy machine is slow


class NoBrowserError(FileNotFoundError):
    """There is no Chromium; the message says what to do."""


def browser_path() -> str:
    """Raises NoBrowserError."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        names = ", ".join(BROWSERS)
        raise NoBrowserError(
            f"no Chromium found (looked for {names}): install Chromium (Debian: apt-get install chromium) and run this "
            "again"
        )
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium without a window. Raises NoBrowserError."""
    path = browser_path()
    with sync_playwright() as playwright:
        # In a container the browser may run as root, where its sandbox cannot.
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"], timeout=PATIENCE)
        yield opened
        opened.close()
