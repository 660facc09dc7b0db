"""The report in a real browser, opened from its folder."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from loadtests.analysis.comparison import compare
from loadtests.report.summary import write
from loadtests.results import Reading, Results, Scenario, load
from loadtests.targets import Target
from tests.integration.browser.chromium import browsing, require_chromium
from tests.integration.browser.report_page import kept, opened, starved
from tests.unit.results_factory import UNITS, results

pytestmark = pytest.mark.full

HOSTILE = "<img src=http://evil.test/x onerror=alert(1)></script><script>document.title='owned'</script>"
CURVE = "#chart-throughput-0 .trace:nth-child(2) .js-line"
"""The control's; the first trace is its band."""


def disturbed(reading: Reading) -> Reading:
    """Let somebody else have the servers' core while both were loaded at once in the second unit."""
    if (reading.setup, reading.unit) == ("efficiency", 2):
        return reading.model_copy(update={"foreign_share": 0.4})
    return reading


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser once for all tests, or say why there is none."""
    with browsing(require_chromium()) as blank:
        browser = blank.context.browser
        assert browser
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a comparison in which one cell is not believed."""
    folder = tmp_path_factory.mktemp("report")
    kept(folder)
    return folder


def test_page_from_a_folder_asks_for_nothing_else_and_complains_of_nothing(
    chromium: Browser, folder: Path
) -> None:
    """Page and plotly from the folder; no network, no console message, in either theme."""
    with opened(chromium, folder) as seen:
        seen.page.get_by_role("button", name="Dark theme").click()
        expect(seen.page.locator("html")).to_have_attribute("data-theme", "dark")
        assert seen.requests == [(folder / name).as_uri() for name in ("report.html", "plotly.min.js")]
        assert seen.complaints == []


def test_page_policy_stops_what_would_leave_the_page(chromium: Browser, folder: Path) -> None:
    """Neither an image nor a request nor a script that was slipped in gets anywhere."""
    with opened(chromium, folder) as seen:
        seen.page.evaluate(
            "() => { document.body.insertAdjacentHTML('beforeend', '<img src=http://evil.test/x>');"
            "const script = document.createElement('script'); script.textContent = 'window.owned = 1';"
            "document.body.append(script); return fetch('http://evil.test/').catch(() => 0); }"
        )
        assert seen.page.evaluate("window.owned") is None
        directives = ("script-src", "img-src", "default-src 'none'")
        assert [any(one in text for text in seen.complaints) for one in directives] == [True] * 3


def test_page_rows_are_those_of_the_results_file(chromium: Browser, folder: Path) -> None:
    """Every number of every row, to the last digit, and none that the file does not hold."""
    rows = json.loads((folder / "results.json").read_text())["rows"]
    with opened(chromium, folder) as seen:
        shown = seen.page.locator("#rows tbody tr").evaluate_all(
            """rows => rows.map(row => ({
                key: [row.dataset.scenario, row.dataset.metric, row.dataset.level],
                values: [...row.cells].slice(3, 5).map(cell => cell.querySelector("data")?.value ?? null),
                ratio: [row.dataset.estimate, row.dataset.low, row.dataset.high],
            }))"""
        )
    assert len(shown) == len(rows)
    for seen_row, row in zip(shown, rows, strict=True):
        assert seen_row["key"] == [row["scenario"] or "", row["metric"], row["level"]]
        values = [None if value is None else float(value) for value in seen_row["values"]]
        assert values == [row["control"]["median"], row["candidate"]["median"]]
        ratio = [None if value is None else float(value) for value in seen_row["ratio"]]
        wanted = row["ratio"] or {}
        assert ratio == [wanted.get(name) for name in ("estimate", "low", "high")]


@pytest.mark.parametrize("width", [390, 1280])
def test_page_begins_with_the_sentence(chromium: Browser, folder: Path, width: int) -> None:
    """It is the first thing below the title, wide, larger than the verdicts, and on any first screen."""
    measured = load(folder)
    with opened(chromium, folder, width) as seen:
        summary = seen.page.locator("main > :first-child")
        expect(summary).to_have_text(write(measured, compare(measured)))
        box, verdicts, heading = (
            one.bounding_box() for one in (summary, seen.page.locator("#verdicts"), seen.page.locator("h1"))
        )
        assert box
        assert verdicts
        assert heading
        assert heading["y"] + heading["height"] <= box["y"]
        assert box["y"] + box["height"] <= min(verdicts["y"], 400)
        assert box["width"] > 0.7 * verdicts["width"]
        large, small = seen.page.evaluate(
            "['#summary', '.verdict'].map(one => document.querySelector(one))"
            ".map(one => parseFloat(getComputedStyle(one).fontSize))"
        )
        assert large > small


def test_page_sentence_can_be_read_in_either_theme(chromium: Browser, folder: Path) -> None:
    """Its contrast is that of the best text, 7 to 1 (WCAG AAA)."""
    colours = """[document.querySelector("#summary"), document.body].map((one, place) =>
        getComputedStyle(one)[["color", "backgroundColor"][place]].match(/\\d+/g).map(Number))"""
    with opened(chromium, folder) as seen:
        for _ in range(2):
            first, second = (_luminance(one) for one in seen.page.evaluate(colours))
            assert (max(first, second) + 0.05) / (min(first, second) + 0.05) >= 7
            seen.page.locator("#theme").click()


def _luminance(colour: list[float]) -> float:
    parts = [one / 255 for one in colour[:3]]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_page_of_few_units_says_no_more_than_they_show(chromium: Browser, tmp_path: Path) -> None:
    """Intervals that say nothing yet run out of the picture, and no clause is made of them."""
    measured = results(units=3)
    slow = measured.starts[-1].model_copy(update={"cold_start_s": 30.0})
    kept(tmp_path, measured.model_copy(update={"starts": (*measured.starts[:-1], slow)}))
    with opened(chromium, tmp_path) as seen:
        expect(seen.page.locator("#summary")).to_contain_text("the CPU time of Flask")
        expect(seen.page.locator("#summary")).not_to_contain_text("served")
        expect(seen.page.locator("#verdicts")).to_contain_text("[?]")
        expect(seen.page.locator("#verdicts")).to_contain_text("more unit")
        low, high = seen.page.evaluate("document.getElementById('chart-ratios-0').layout.xaxis.range")
        ratios = {row: row.ratio for row in load(tmp_path).rows if row.headline and row.ratio}
        [unknown] = [ratio for row, ratio in ratios.items() if row.metric == "cold_start_ms"]
        assert unknown.low < 10**low < unknown.estimate < 10**high < unknown.high
        assert seen.page.locator("#chart-ratios-0 .errorbar").count() == len(ratios)
        assert seen.complaints == []


def test_page_of_a_disturbed_unit_shows_it_hollow_and_says_why(chromium: Browser, tmp_path: Path) -> None:
    """In the chart of units, in its table, and in the warnings."""
    kept(tmp_path, results(change=disturbed))
    with opened(chromium, tmp_path) as seen:
        marks = "document.getElementById('chart-units-0').data.map(one => [one.marker.symbol, one.x.length])"
        assert seen.page.evaluate(marks) == [["circle", UNITS - 1], ["circle-open", 1]]
        said = "somebody else had 40% of the servers' core (efficiency)"
        numbers = seen.page.locator("figure:has(#chart-units-0) tbody tr", has_text="somebody else")
        expect(numbers).to_have_count(1)
        assert said in (numbers.text_content() or "")
        expect(seen.page.locator("#warnings")).to_contain_text(f"unit 2: {said}")


def test_page_names_a_load_behind_every_latency(chromium: Browser, folder: Path) -> None:
    """In the verdicts, in every row, above each spectrum and in the tables of spectra and tails."""
    with opened(chromium, folder) as seen:
        levels = seen.page.locator("#rows tr[data-metric^=latency]").evaluate_all(
            "rows => rows.map(row => row.cells[2].textContent)"
        )
        assert [re.fullmatch(r"at [\d,]+ req/s, \d+ % of capacity", one) is None for one in levels] == [
            False
        ] * len(levels)
        titles = seen.page.locator("#spectra figcaption").all_text_contents()
        assert [re.search(r"[\d,]+ req/s", one) is None for one in titles] == [False] * len(titles)
        for section, wanted in (
            ("spectra", ("req/s", "in flight", "late (µs)")),
            ("tail", ("in flight", "req/s")),
        ):
            heads = seen.page.locator(f"#{section} thead").first.locator("th").all_text_contents()
            assert set(wanted) <= set(heads)


def test_page_first_screen_holds_every_verdict(chromium: Browser, folder: Path) -> None:
    """Words, ratio and interval are read without scrolling on a small laptop."""
    with opened(chromium, folder) as seen:
        box = seen.page.locator("#verdicts").bounding_box()
        assert box
        assert box["y"] + box["height"] <= 800
        echo = seen.page.locator("#verdicts article", has_text="echo")
        expect(echo.locator(".verdict").first).to_contain_text("FastAPI faster")
        expect(echo).to_contain_text("generator-bound (FastAPI)")


def test_page_charts_are_drawn_with_the_numbers_of_their_tables(chromium: Browser, folder: Path) -> None:
    """What plotly holds of the throughput is what the table beside it says."""
    with opened(chromium, folder) as seen:
        drawn = seen.page.evaluate(
            "document.getElementById('chart-throughput-0').data.filter(one => one.marker).map(one => one.y)"
        )
        middles = seen.page.locator("figure:has(#chart-throughput-0) tbody tr").evaluate_all(
            "rows => rows.map(row => Number(row.cells[2].querySelector('data').value))"
        )
        # The table goes from level to level, and names the control first.
        assert [middles[::2], middles[1::2]] == drawn


def test_page_toggle_changes_colours_of_page_and_charts_and_back(chromium: Browser, folder: Path) -> None:
    """Ground, text and curves; the button says which theme is on."""
    look = f"""() => [document.body, document.querySelector("{CURVE}")]
        .map(one => getComputedStyle(one))
        .flatMap(style => [style.backgroundColor, style.color, style.stroke])"""
    with opened(chromium, folder) as seen:
        button = seen.page.get_by_role("button", name="Dark theme")
        looks = [seen.page.evaluate(look)]
        for pressed in ("true", "false"):
            button.click()
            expect(button).to_have_attribute("aria-pressed", pressed)
            looks.append(seen.page.evaluate(look))
        light, dark, again = looks
        assert light == again
        assert [one == other for one, other in zip(light, dark, strict=True)] == [
            False,
            False,
            True,
            True,
            False,
            False,
        ]


def test_page_on_a_dark_system_is_dark_from_the_start(chromium: Browser, folder: Path) -> None:
    """The system's theme is taken over, also while the page is open."""
    ground = "getComputedStyle(document.body).backgroundColor"
    with opened(chromium, folder) as seen:
        light = seen.page.evaluate(ground)
        seen.page.emulate_media(color_scheme="dark")
        expect(seen.page.locator("#theme")).to_have_attribute("aria-pressed", "true")
        assert seen.page.evaluate(ground) != light


def test_page_by_keyboard_reaches_everything_in_order(chromium: Browser, folder: Path) -> None:
    """Skip link, toggle, table, then each chart and the numbers below it; what has the focus shows it."""
    with opened(chromium, folder) as seen:
        reached = [_tab(seen.page) for _ in range(9)]
        assert reached == [
            "Skip to the verdicts",
            "theme",
            reached[2],
            "what they do not show",
            f"{len(compare(results(change=starved)).rows)} rows",
            "chart-ratios-0",
            "Numbers",
            "chart-cost-0",
            "Numbers of CPU per request over rate, index (µs)",
        ]
        assert "warning" in reached[2]
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert seen.page.evaluate(outline) == "solid"
        seen.page.keyboard.press("Shift+Tab")
        _focus_numbers(seen.page)
        seen.page.keyboard.press("Enter")
        expect(seen.page.locator("figure:has(#chart-throughput-0) table")).to_be_visible()


def _tab(page: Page) -> str:
    page.keyboard.press("Tab")
    said: str = page.evaluate(
        "(document.activeElement.id || document.activeElement.textContent).trim().replace(/\\s+/g, ' ')"
    )
    return said


def _focus_numbers(page: Page) -> None:
    page.locator("figure:has(#chart-throughput-0) summary").focus()


def test_page_without_scripts_shows_every_table_and_no_empty_chart(chromium: Browser, folder: Path) -> None:
    """Nothing that is said is said by a chart alone."""
    with opened(chromium, folder, scripts=False) as seen:
        tables = seen.page.locator("table")
        assert tables.count() > 20
        assert all(tables.nth(place).is_visible() for place in range(tables.count()))
        expect(seen.page.locator(".chart").first).to_be_hidden()
        expect(seen.page.locator("#theme")).to_be_hidden()
        expect(seen.page.locator("noscript p")).to_be_visible()


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_page_at_any_width_scrolls_only_downwards(chromium: Browser, folder: Path, width: int) -> None:
    """Nothing is cut off or pushed out, with every table open."""
    with opened(chromium, folder, width) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        outside = seen.page.locator("figure").evaluate_all(
            "figures => figures.filter(one => one.querySelector('.main-svg').getBoundingClientRect().right"
            " > one.getBoundingClientRect().right + 1).length"
        )
        assert outside == 0


def test_page_printed_is_light_and_has_every_table(chromium: Browser, folder: Path) -> None:
    """Paper has no toggle and nothing to unfold."""
    with opened(chromium, folder) as seen:
        seen.page.get_by_role("button", name="Dark theme").click()
        seen.page.emulate_media(media="print")
        expect(seen.page.locator("#rows table")).to_be_visible()
        expect(seen.page.locator("#theme")).to_be_hidden()
        stroke = f"getComputedStyle(document.querySelector('{CURVE}')).stroke"
        assert seen.page.evaluate(stroke) == "rgb(179, 71, 0)"


def _hostile() -> Results:
    targets = Target("a", HOSTILE, None, "http://a"), Target("b", "'\"&amp;%{x}", None, "http://b")
    return results(
        targets,
        settings={"scenarios": (Scenario(name=HOSTILE, request=HOSTILE, plateau=(8,)),)},
        environment={"cpu": HOSTILE, "servers": {}},
    )


def test_page_of_hostile_titles_shows_them_as_they_are(chromium: Browser, tmp_path: Path) -> None:
    """Titles, requests and what the machine calls itself are somebody's text."""
    kept(tmp_path, _hostile())
    with opened(chromium, tmp_path) as seen:
        expect(seen.page.get_by_role("heading", level=1)).to_have_text(f"'\"&amp;%{{x}} against {HOSTILE}")
        assert seen.page.title() == f"'\"&amp;%{{x}} against {HOSTILE}"
        assert HOSTILE in seen.page.locator("#chart-facts-0").inner_text()
        assert seen.page.locator("img").count() == 0
        assert len(seen.requests) == 2
        assert seen.complaints == []


def test_page_of_custom_services_never_says_ours(chromium: Browser, tmp_path: Path) -> None:
    """Only the titles that were given appear, in text, tables and charts."""
    targets = Target("a", "Old", None, "http://a"), Target("b", "New", None, "http://b")
    kept(tmp_path, results(targets, environment={"servers": {}}))
    with opened(chromium, tmp_path) as seen:
        said = seen.page.content().lower()
        assert "new faster" in said
        assert "flask" not in said
        assert "fastapi" not in said
