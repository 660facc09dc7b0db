"""Demands of a pipeline: how they are written, and on what they are judged."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rich.console import Console

from loadtests.__main__ import _judged
from loadtests.analysis.thresholds import Held, Threshold, judge, parse
from loadtests.compare.plan import Plan
from loadtests.inference import Interval, Verdict
from loadtests.results import Row
from tests.unit.comparison_factory import P90, ROWS, bound, row
from tests.unit.results_factory import results

repeatable = hypothesis_settings(derandomize=True, deadline=None, database=None)


def held(text: str, *rows: Row) -> Held:
    """Judge a demand on these rows, or on those of the handwritten comparison."""
    return judge(parse(text), rows or ROWS)[0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "index.cpu_us_per_request.ratio < 0.9",
            ("index", "cpu_us_per_request", "ratio", True, 0.9),
        ),
        ("  wait.throughput_per_s.control>800 ", ("wait", "throughput_per_s", "control", False, 800)),
        ("cold_start_ms.candidate < 1e3", (None, "cold_start_ms", "candidate", True, 1000)),
        ("packages.ratio > 1e-3", (None, "packages", "ratio", False, 0.001)),
        ("GET /a.b?c=1.5.latency_p99_ms.ratio < 1", ("GET /a.b?c=1.5", "latency_p99_ms", "ratio", True, 1)),
        (
            "GET /x.ratio.cpu_us_per_request.ratio < 1",
            ("GET /x.ratio", "cpu_us_per_request", "ratio", True, 1),
        ),
        ("POST /ä.ratio.ratio < 1", ("POST /ä", "ratio", "ratio", True, 1)),
    ],
)
def test_parse_of_a_demand_finds_its_parts(text: str, parts: tuple[Any, ...]) -> None:
    """The last two words are the metric and what of it; whatever stands before is the scenario."""
    assert parse(text) == Threshold(text.strip(), *parts)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "index",
        "ratio < 1",
        ".ratio < 1",
        "index.cpu_us_per_request < 1",
        "index.cpu_us_per_request.ratio",
        "index.cpu_us_per_request.ratio <",
        "index.cpu_us_per_request.ratio < fast",
        "index.cpu_us_per_request.ratio <= 1",
        "index.cpu_us_per_request.ratio = 1",
        "index.cpu_us_per_request.ratio < -1",
        "index.cpu_us_per_request.ratio < nan",
        "index.cpu_us_per_request.ratio < inf",
        "index.cpu_us_per_request.ratio < 0x1",
        "index.cpu_us_per_request.ratio < ٣",
        "index.cpu_us_per_request.ratio < 1 and index.cpu_us_per_request.ratio > 0",
        "index.cpu_us_per_request.median < 1",
        "index.CPU.ratio < 1",
        "index.__class__.ratio < 1",
        "index.cpu_us_per_request.ratio < 1\nindex.cpu_us_per_request.ratio < 1",
        "index.cpu_us_per_request.ratio < __import__('os')",
    ],
)
def test_parse_of_what_is_no_demand_says_how_one_is_written(text: str) -> None:
    """One sentence with an example, and nothing is guessed."""
    with pytest.raises(ValueError, match=r"must be like 'index\.cpu_us_per_request\.ratio < 0\.9', not "):
        parse(text)


@pytest.mark.parametrize("number", ["1.2.3", ".", "..", "1.e-3.", "1e999", "9" * 400])
def test_parse_of_a_number_that_is_none_is_refused(number: str) -> None:
    """A demand below infinity would hold whatever was measured."""
    with pytest.raises(ValueError, match=r"is no number|is too large|must be like"):
        parse(f"index.cpu_us_per_request.ratio < {number}")


@pytest.mark.parametrize("text", [" " * 5_000, "a." * 5_000, "." * 5_000, "a.b.ratio < " + "1" * 250 + "x"])
def test_parse_of_a_long_hostile_text_comes_to_an_end(text: str) -> None:
    """The pattern does not try every way of cutting it up."""
    with pytest.raises(ValueError, match="must be like"):
        parse(text)


@repeatable
@given(
    scenario=st.none() | st.from_regex(r"(GET|POST) /[a-z.?=0-9]{0,20}", fullmatch=True),
    metric=st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True),
    what=st.sampled_from(["ratio", "control", "candidate"]),
    is_below=st.booleans(),
    number=st.floats(0, 1e15, allow_subnormal=False),
)
def test_parse_of_a_written_demand_gives_the_same_demand(
    scenario: str | None, metric: str, what: str, is_below: bool, number: float
) -> None:
    """Whatever is written in the form is read as it was meant."""
    place = metric if scenario is None else f"{scenario}.{metric}"
    text = f"{place}.{what} {'<' if is_below else '>'} {number!r}".replace("e+", "e")
    assert parse(text) == Threshold(text, scenario, metric, what, is_below, number)


@repeatable
@given(st.text())
def test_parse_of_any_text_is_a_demand_or_a_value_error(text: str) -> None:
    """No other error comes of it."""
    try:
        found = parse(text)
    except ValueError:
        return
    assert found.text == text.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("index.cpu_us_per_request.ratio < 0.401", Held.HELD),
        ("index.cpu_us_per_request.ratio < 0.4", Held.NOT_HELD),
        ("index.cpu_us_per_request.ratio < 0.395", Held.NOT_HELD),
        ("index.cpu_us_per_request.ratio > 0.379", Held.HELD),
        ("index.cpu_us_per_request.ratio > 0.38", Held.NOT_HELD),
        ("index.cpu_us_per_request.ratio > 0.385", Held.NOT_HELD),
        ("index.cpu_us_per_request.control > 639", Held.HELD),
        ("index.cpu_us_per_request.candidate < 250", Held.NOT_HELD),
        ("index.cpu_us_per_request.candidate < 251", Held.HELD),
        ("packages.ratio < 1.3", Held.HELD),
        ("memory_idle_mb.candidate < 60", Held.HELD),
    ],
)
def test_judge_of_a_demand_takes_the_bound_that_speaks_against_it(text: str, expected: Held) -> None:
    """The estimate is 0.39, the interval 0.38 to 0.40: the whole of it must lie on the right side."""
    assert held(text) == expected


def test_judge_of_a_ratio_shows_the_interval() -> None:
    """Why it held can be read."""
    assert judge(parse("index.cpu_us_per_request.ratio < 0.5"), ROWS)[1] == "0.390 [0.380, 0.400]"
    assert judge(parse("index.cpu_us_per_request.control < 1"), ROWS)[1] == "640 µs"


@pytest.mark.parametrize(
    ("undisturbed", "below", "above"),
    [
        ((0.39, 0.37, 0.41), Held.HELD, Held.HELD),
        ((0.39, 0.37, 0.42), Held.NOT_HELD, Held.HELD),
        ((0.39, 0.35, 0.41), Held.HELD, Held.NOT_HELD),
    ],
)
def test_judge_of_a_ratio_with_disturbed_units_must_hold_without_them(
    undisturbed: tuple[float, float, float], below: Held, above: Held
) -> None:
    """The interval of all units, 0.38 to 0.40, fulfils both demands; that of the quiet ones must, too."""
    one = row(undisturbed=Interval(*undisturbed))
    assert held("index.cpu_us_per_request.ratio < 0.42", one) == below
    assert held("index.cpu_us_per_request.ratio > 0.35", one) == above


def test_judge_of_a_ratio_whose_verdict_was_disturbed_is_no_valid_measurement() -> None:
    """What needs the disturbed units is no finding; the values are still numbers."""
    one = row(verdict=Verdict.DISTURBED)
    why = "disturbed: without some units it says otherwise"
    assert judge(parse("index.cpu_us_per_request.ratio < 0.9"), [one]) == (Held.NOT_MEASURED, why)
    assert held("index.cpu_us_per_request.control > 639", one) == Held.HELD


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo.throughput_per_s.ratio > 1", "no ratio (server-bound, generator-bound)"),
        ("echo.throughput_per_s.candidate > 1", "no number (generator-bound)"),
        ("wait.throughput_per_s.control > 1", "no number (configuration-bound)"),
        ("memory_idle_mb.ratio < 2", "no ratio (ok, ok)"),
    ],
)
def test_judge_of_what_was_not_believed_is_no_valid_measurement(text: str, why: str) -> None:
    """Neither held nor not held: nobody knows."""
    assert judge(parse(text), ROWS) == (Held.NOT_MEASURED, why)


def test_judge_of_the_believed_side_of_an_unbelieved_pair_still_holds() -> None:
    """Its own number is a number."""
    assert held("echo.throughput_per_s.control > 1500") == Held.HELD


@pytest.mark.parametrize(
    "text", ["index.speed.ratio < 1", "nowhere.cpu_us_per_request.ratio < 1", "speed.ratio < 1"]
)
def test_judge_of_an_unknown_metric_names_those_that_there_are(text: str) -> None:
    """A typing error must not pass for a demand that held."""
    found, why = judge(parse(text), (row(), bound("echo")))
    assert found == Held.NOT_MEASURED
    assert why == "no such metric; there are echo.throughput_per_s, index.cpu_us_per_request"


def test_judge_without_any_row_is_no_valid_measurement() -> None:
    """An empty comparison holds nothing."""
    assert judge(parse("index.cpu_us_per_request.ratio < 1"), ())[0] == Held.NOT_MEASURED


def test_judge_of_a_metric_at_several_loads_takes_the_headlines() -> None:
    """The short table's row, whatever the order."""
    quarter = row(ratio=(3, 3, 3), level="at 25 % of capacity", headline=False)
    half = row(ratio=(0.5, 0.5, 0.5), level="at 50 % of capacity")
    assert held("index.cpu_us_per_request.ratio < 1", quarter, half) == Held.HELD
    assert held("index.cpu_us_per_request.ratio < 1", half, quarter) == Held.HELD


def test_judge_of_a_metric_that_is_no_headline_takes_the_load_of_the_headlines() -> None:
    """p99 stands in no short table; it is judged where p50 and p90 are, not at the lowest load."""
    p99 = {**P90, "title": "latency p99", "headline": False}
    quarter = row(metric="latency_p99_ms", ratio=(3, 3, 3), **{**p99, "level": "at 25 % of capacity"})
    half = row(metric="latency_p99_ms", ratio=(0.5, 0.5, 0.5), **p99)
    assert (
        held("index.latency_p99_ms.ratio < 1", quarter, half, row(metric="latency_p90_ms", **P90))
        == Held.HELD
    )


@pytest.mark.parametrize(
    ("demands", "status"),
    [
        ([], 0),
        (["index.cpu_us_per_request.ratio < 0.9"], 0),
        (["index.cpu_us_per_request.ratio < 0.9", "packages.ratio < 1"], 1),
        (["index.cpu_us_per_request.ratio < 0.9", "echo.throughput_per_s.ratio > 1"], 2),
        (["packages.ratio < 1", "echo.throughput_per_s.ratio > 1"], 2),
    ],
)
def test_judged_of_several_demands_is_the_gravest_status(demands: list[str], status: int) -> None:
    """0 where all held, 1 where one did not, 2 where one could not be judged."""
    chosen = cast(Plan, SimpleNamespace(thresholds=tuple(map(parse, demands))))
    assert _judged(chosen, results(rows=ROWS), Console(quiet=True)) == status
