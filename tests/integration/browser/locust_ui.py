"""Locust's page in a browser; `python -m tests.integration.browser.locust_ui FILE` takes its picture."""

import sys
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.integration.browser.chromium import browsing, require_chromium
from tests.integration.loadtests.locust import locust_page
from tests.services import running

LOADED_MS = 30_000
RUNNING_MS = 60_000
# Enough for a table that has settled and three curves worth looking at.
PICTURED_MS = 25_000


def start(web: Page, url: str, users: int) -> None:
    """Open the page, leave both classes picked, and start."""
    web.goto(url)
    web.get_by_role("button", name="Start", exact=True).wait_for(timeout=LOADED_MS)
    for name in ("Flask", "FastAPI"):
        row = web.get_by_role("row").filter(has=web.get_by_role("cell", name=name, exact=True))
        expect(row.get_by_role("checkbox")).to_be_checked()
    web.get_by_label("Number of users").fill(str(users))
    web.get_by_label("Ramp up").fill(str(users))
    web.get_by_role("button", name="Start", exact=True).click()


def take_picture(path: Path) -> None:
    """Show both services under a light load and save what is seen as PNG."""
    with (
        running("flask") as flask,
        running("fastapi") as fastapi,
        locust_page(flask.url, fastapi.url) as locust,
        browsing(require_chromium(), width=1440, height=760) as web,
    ):
        start(web, locust.url, users=20)
        expect(web.get_by_text("[fastapi] index", exact=True)).to_be_visible(timeout=RUNNING_MS)
        web.wait_for_timeout(PICTURED_MS)
        web.screenshot(path=path)


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]))
