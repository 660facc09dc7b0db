"""Locust's page in a real browser, over the two real services."""

import pytest
from playwright.sync_api import expect

from tests.integration.browser.chromium import browsing, require_chromium
from tests.integration.browser.locust_ui import RUNNING_MS, start
from tests.integration.loadtests.locust import locust_page
from tests.services import running

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def chromium() -> str:
    """Return the browser's path, or say why there is none."""
    return require_chromium()


def test_page_with_both_classes_picked_shows_both_services_without_a_failure(chromium: str) -> None:
    """Open, pick both, start, watch, stop: a row for either service, 0 % failures."""
    with (
        running("flask") as flask,
        running("fastapi") as fastapi,
        locust_page(flask.url, fastapi.url) as locust,
        browsing(chromium) as web,
    ):
        errors: list[str] = []
        web.on("pageerror", lambda error: errors.append(str(error)))
        start(web, locust.url, users=4)
        for name in ("[flask] index", "[fastapi] index"):
            row = web.get_by_role("row").filter(has=web.get_by_text(name, exact=True))
            expect(row).to_be_visible(timeout=RUNNING_MS)
            # Type, Name, # Requests, # Fails
            expect(row.get_by_role("cell").nth(3)).to_have_text("0")
        web.get_by_role("button", name="Stop", exact=True).click()
        expect(web.get_by_text("stopped", exact=True)).to_be_visible(timeout=RUNNING_MS)
        assert sum(row["num_failures"] for row in locust.rows().values()) == 0
        assert errors == []
