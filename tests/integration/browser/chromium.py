"""The system's Chromium, headless, or one line that says why there is none."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, sync_playwright

MISSING = "no Chromium on this machine: apt-get install chromium"


def require_chromium() -> str:
    """Return the browser's path; without one skip, or fail where CI=true."""
    path = shutil.which("chromium")
    if path:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@contextmanager
def browsing(path: str, width: int = 1280, height: int = 800) -> Iterator[Page]:
    """Open an empty page of that size; the width and height are in CSS pixels."""
    # Root has no user namespace to sandbox in; only our own pages on this machine are opened.
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser,
    ):
        yield browser.new_page(viewport={"width": width, "height": height})
