"""A report in a browser; `… report_page DIR FILE` takes the picture of one (`make screenshot`)."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, expect

from loadtests.analysis.comparison import compare
from loadtests.report import write
from loadtests.results import FILE_NAME, Reading, Results, load
from tests.integration.browser.chromium import browsing, require_chromium
from tests.unit.results_factory import results


@dataclass
class Opened:
    """The page, and what it did that nobody asked for."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings in the console, and exceptions."""


def starved(reading: Reading) -> Reading:
    """Let the generator be the limit of the candidate's echo, so that something is not believed."""
    if (reading.setup, reading.scenario, reading.target) == (
        "capacity",
        "echo",
        "fastapi",
    ) and reading.level >= 2:
        return reading.model_copy(update={"generator_busy_share": 0.97})
    return reading


def kept(folder: Path, measured: Results | None = None) -> Results:
    """Write results and report into the folder, as a comparison does; return what results.json holds."""
    found = measured or results(change=starved)
    comparison = compare(found)
    found = found.model_copy(update={"rows": comparison.rows})
    found.save(folder / FILE_NAME)
    write(found, comparison, folder)
    return found


@contextmanager
def opened(browser: Browser, folder: Path, width: int = 1280, scripts: bool = True) -> Iterator[Opened]:
    """Open the folder's report from file://, with every chart drawn where there are scripts."""
    with browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=scripts, color_scheme="light"
    ) as context:
        seen = Opened(context.new_page())
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("console", lambda message: seen.complaints.append(message.text))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.goto((folder / "report.html").as_uri())
        if scripts:
            expect(seen.page.locator(".chart:not(:has(.main-svg))")).to_have_count(0)
        yield seen


def take_picture(folder: Path, path: Path) -> None:
    """Save the first screen of a report as PNG."""
    with TemporaryDirectory() as drawn, browsing(require_chromium(), height=860) as page:
        found = load(folder)
        write(found, compare(found), Path(drawn))
        page.goto((Path(drawn) / "report.html").as_uri())
        expect(page.locator(".chart:not(:has(.main-svg))")).to_have_count(0)
        page.screenshot(path=path)


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]), Path(sys.argv[2]))
