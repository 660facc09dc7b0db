"""The table as a reader sees it in a terminal."""

import pytest
from rich.console import Console

from loadtests.analysis.comparison import Comparison, compare
from loadtests.inference import Interval, Verdict
from loadtests.report.table import draw
from loadtests.results import Results, Scenario
from loadtests.targets import Target
from tests.unit.comparison_factory import ROWS, comparison, row
from tests.unit.results_factory import results


def drawn(measured: Results, compared: Comparison) -> str:
    """Draw on 100 columns without colour."""
    console = Console(width=100, color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(draw(measured, compared))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def test_draw_a_complete_comparison_is_this_table() -> None:
    """What was compared and how, a line for each headline metric, and what to make of them."""
    measured = results()
    assert drawn(measured, comparison(measured)) == EXPECTED


EXPECTED = """\
FastAPI used 0.39 times the CPU time of Flask for one GET /, served 2.6 times as many requests a
second on one core and took 1.72 times as long to start.

compared    FastAPI against Flask: index = GET /; echo = POST /echo; wait = GET /wait?ms=20
how         backend process, preset default, servers on core 0, generator on core 1
efficiency  both at once, equal requests, 8 connections each, 1 × 1 s a unit
capacity    each alone, closed loop, 1 to 128 in flight, 1 s each a unit
latency     each alone, open loop at 25, 50, 75 % of the slower one's capacity, 2 s each a unit
units       8, each a fresh process of both; seed 7; idle cores were kept awake
machine     A CPU @ 2.50GHz, 2 cores, Linux 6.12, Python 3.13.1
versions    locust 2.47.0 · gevent 26.9.0 · pydantic 2.14.3
revision    0123456789ab, 2026-11-24 12:00 UTC
claims      a ratio within ±2 % counts as no difference; the 16 measured rows below are all right at
            once with 95 % confidence, whenever the run ends

metric                level                Flask  FastAPI       FastAPI ÷ Flask  verdict
────────────────────────────────────────────────────────────────────────────────────────────────────
index
CPU per request (µs)                         640      250     0.39 [0.38, 0.40]  FastAPI faster
throughput (req/s)    at its best, 64 /    1,562    4,012     2.57 [2.52, 2.61]  FastAPI faster
                      16 in flight
latency p90 (ms)      at 50 % of capacity   8.61     1.42  0.165 [0.150, 0.190]  FastAPI faster

echo
CPU per request (µs)                         650      320  0.492 [0.484, 0.501]  FastAPI faster
throughput (req/s)    at its best, 64 /    1,580        —                     —  generator-bound
                      16 in flight                                               (FastAPI)
latency p90 (ms)      at 50 % of capacity   9.10     9.05     1.00 [0.98, 1.01]  equivalent (within
                                                                                 ±2 %)

wait
CPU per request (µs)                         860      470     0.55 [0.53, 0.56]  FastAPI faster
throughput (req/s)    at its best, 64 /        —        —                     —  configuration-bound
                      16 in flight
latency p90 (ms)      at 50 % of capacity   24.1     23.6     0.97 [0.90, 1.04]  inconclusive

whatever the load
cold start (ms)                              400      690     1.72 [1.68, 1.75]  Flask faster
memory, idle (MB)                             46     58.2                     —  too few to tell
packages                                      14       18                  1.29  Flask leaner

• generator-bound: FastAPI, echo, capacity: the load generator was busy for 97% of the time, so the
  target's limit was not reached; use more workers (--workers)
• Values are medians over units. Each ratio comes from pairs of units: the mean of their log-ratios,
  with a confidence sequence, which may be looked at after every unit; every answer was checked byte
  for byte."""  # noqa: RUF001


def test_draw_a_stopped_comparison_says_so() -> None:
    """A part is never taken for the whole."""
    measured = results(complete=False)
    assert drawn(measured, comparison(measured)).splitlines()[3].startswith("STOPPED     before its end; ")


def test_draw_open_and_disturbed_rows_say_what_is_missing() -> None:
    """How many units would settle a row, and what is left of one that was disturbed, in lines that fit."""
    measured = results()
    rows = (
        row(ratio=(0.4, 0.01, 16), verdict=Verdict.INCONCLUSIVE, more_units=3),
        row(verdict=Verdict.DISTURBED, undisturbed=Interval(0.5, 0.3, 1.2)),
    )
    text = drawn(measured, comparison(measured, *rows))
    assert OPEN in text
    assert text.startswith("Nothing is settled")


OPEN = """
index
CPU per request (µs)           640      250           0.40 [?]  inconclusive (3
                                                                more units)
CPU per request (µs)           640      250  0.39 [0.38, 0.40]  disturbed (without:
                                                                0.50 [0.30, 1.20])
"""


def test_draw_a_comparison_of_one_address_says_that_its_processes_stayed() -> None:
    """A service at a URL is not ours to start again."""
    measured = results(settings={"backend": "url", "keeps_awake": False, "seed": 9})
    text = drawn(measured, comparison(measured))
    assert "units       8, the same processes in all; seed 9; idle cores were free to sleep" in text


def test_draw_a_row_that_is_no_headline_leaves_it_out() -> None:
    """The short table stays short."""
    measured = results()
    assert "latency p50" not in drawn(measured, comparison(measured, *ROWS))


def test_draw_a_cell_without_belief_shows_no_number_for_it() -> None:
    """Whatever was measured there does not stand in the table."""
    measured = results()
    line = next(line for line in EXPECTED.splitlines() if "generator-bound" in line)
    assert line.split()[-3:] == ["—", "—", "generator-bound"]
    assert "generator-bound" in drawn(measured, comparison(measured))


def test_draw_a_null_comparison_with_a_handicap_says_both() -> None:
    """Nobody takes a test of the method for a result."""
    measured = results(settings={"null": True, "handicaps": {"fastapi": 0.05}})
    text = drawn(measured, comparison(measured))
    assert "A/A         the candidate is the control once more: any difference is an error" in text
    assert "handicap    FastAPI burns 5 % more CPU per request on purpose" in text


@pytest.mark.parametrize(
    "title", ["Old service", "a-very-long-name-without-any-space-in-it-whatsoever", "ö" * 70]
)
def test_draw_custom_services_fits_a_hundred_columns(title: str) -> None:
    """Long names fold; no line is longer, and no number is broken."""
    targets = Target("a", title, None, "http://a"), Target("b", f"{title} 2", None, "http://b")
    request = "GET /a/long/path/that/never/ends?and=has&many=parameters"
    measured = results(
        targets, settings={"scenarios": (Scenario(name=request, request=request, plateau=(8,)),)}
    )
    rows = [row(request, values=(1234567.0, 7654321.0), ratio=(0.1234, 0.1111, 0.1555), level="x" * 40)]
    text = drawn(measured, comparison(measured, *rows, warnings=("y" * 250,)))
    assert max(map(len, text.splitlines())) <= 100
    assert all(number in text for number in ("1,234,567", "7,654,321", "0.123 [0.111, 0.155]"))


def test_draw_custom_services_never_says_ours() -> None:
    """Only the titles that were given appear."""
    targets = Target("a", "Old", None, "http://a"), Target("b", "New", None, "http://b")
    measured = results(targets, environment={"servers": {}})
    text = drawn(measured, compare(measured)).lower()
    assert "new faster" in text
    assert "flask" not in text
    assert "fastapi" not in text


def test_draw_a_title_in_markup_shows_it_as_it_is() -> None:
    """rich's own tags are somebody's text."""
    targets = Target("a", "[bold]A[/bold]", None, "http://a"), Target("b", "[red]B", None, "http://b")
    measured = results(targets)
    text = drawn(measured, comparison(measured))
    assert "[red]B against [bold]A[/bold]" in text
