"""The report for a pull request."""

from markdown_it import MarkdownIt

from loadtests.analysis.comparison import compare
from loadtests.inference import Interval, Verdict
from loadtests.report.markdown import draw, headlines, text
from loadtests.targets import Target
from tests.unit.comparison_factory import ROWS, comparison, row
from tests.unit.results_factory import results

HOSTILE = "<script>alert(1)</script> | *x* _y_ `z` [l](http://evil) ~~s~~ \\"


def test_headlines_of_three_rows_are_this_table() -> None:
    """Verdicts in words beside both values and the ratio."""
    measured = results()
    assert headlines(measured, comparison(measured, *ROWS[3:6])) == (
        "| scenario | metric | level | Flask | FastAPI | FastAPI ÷ Flask | verdict |\n"
        "|---|---|---|--:|--:|--:|---|\n"
        "| echo | CPU per request (µs) |  | 650 | 320 | 0.492 [0.484, 0.501] | FastAPI faster |\n"
        "| echo | throughput (req/s) | at its best, 64 / 16 in flight | 1,580 | — | — "
        "| generator-bound (FastAPI) |\n"
        "| echo | latency p90 (ms) | at 50 % of capacity | 9.10 | 9.05 | 1.00 [0.98, 1.01] "
        "| equivalent (within ±2 %) |"
    )


def test_draw_a_comparison_holds_every_row_and_every_warning() -> None:
    """The whole of it can be pasted."""
    measured = results()
    compared = compare(measured)
    drawn = draw(measured, compared)
    tables = [line for line in drawn.splitlines() if line.startswith("| ")]
    assert len(tables) == 2 + len(compared.rows) + sum(row.headline for row in compared.rows)
    assert all(text(warning) in drawn for warning in compared.warnings)
    assert "- **machine**: A CPU @ 2.50GHz, 2 cores, Linux 6.12, Python 3.13.1" in drawn


def test_draw_a_stopped_comparison_says_so_before_its_numbers() -> None:
    """A part is never taken for the whole."""
    measured = results(complete=False)
    assert draw(measured, comparison(measured)).index("**STOPPED**") < 300


def test_headlines_of_open_and_disturbed_rows_say_what_is_missing() -> None:
    """Bounds that say nothing yet are not written out; a disturbed ratio stands beside what is left."""
    measured = results()
    unknown = row(ratio=(0.4, 1e-9, 1e9), verdict=Verdict.INCONCLUSIVE, more_units=3)
    disturbed = row(verdict=Verdict.DISTURBED, undisturbed=Interval(0.5, 0.3, 1.2))
    lines = headlines(measured, comparison(measured, unknown, disturbed)).splitlines()[2:]
    assert [line.split(" | ")[-2:] for line in lines] == [
        ["0.40 [?]", "inconclusive (3 more units) |"],
        ["0.39 [0.38, 0.40]", r"disturbed (without: 0.50 \[0.30, 1.20\]) |"],
    ]


def test_draw_a_hostile_title_shows_it_as_it_is() -> None:
    """A Markdown reader gets the very characters, and nothing that acts."""
    targets = Target("a", HOSTILE, None, "http://a"), Target("b", "B", None, "http://b")
    measured = results(targets)
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    html = page.render(draw(measured, comparison(measured)))
    shown = HOSTILE.replace("<", "&lt;").replace(">", "&gt;")
    assert f"<h2>B against {shown}</h2>" in html
    assert f'<th style="text-align:right">{shown}</th>' in html
    assert "<script" not in html
    assert "href" not in html


def test_draw_custom_services_never_says_ours() -> None:
    """Only the titles that were given appear."""
    targets = Target("a", "Old", None, "http://a"), Target("b", "New", None, "http://b")
    measured = results(targets)
    drawn = draw(measured, compare(measured)).lower()
    assert "flask" not in drawn
    assert "fastapi" not in drawn
