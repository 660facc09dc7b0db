"""What may be concluded from readings, and when nothing may."""

from typing import Any

import pytest

from loadtests.comparison import Row, Verdict, compare
from tests.unit.measured import reading, results

ROUNDS = range(1, 7)


def rows(flask: dict[str, Any], fastapi: dict[str, Any], **settings: Any) -> dict[str, Row]:
    """Compare six rounds of the two readings described; the control answers 6,000 requests."""
    readings = [
        reading(number, name, **{"requests": 6000, **changes})
        for number in ROUNDS
        for name, changes in (("flask", flask), ("fastapi", fastapi))
    ]
    return {row.metric.name: row for row in compare(results(*readings, **settings))}


def test_compare_with_twice_the_throughput_says_the_candidate_is_better() -> None:
    """More requests a second are better."""
    row = rows({}, {"requests": 12000})["throughput"]
    assert row.ratio is not None
    assert row.ratio.estimate == pytest.approx(2)
    assert (row.control.median, row.candidate.median) == (3000, 6000)
    assert row.verdict == Verdict.BETTER


def test_compare_with_half_the_cpu_says_the_candidate_is_better() -> None:
    """Less CPU for a request is better."""
    row = rows({}, {"server_cpu_s": 0.75})["server CPU"]
    assert row.ratio is not None
    assert row.ratio.estimate == pytest.approx(0.5)
    assert row.verdict == Verdict.BETTER


def test_compare_with_a_longer_latency_says_the_candidate_is_worse() -> None:
    """More time for an answer is worse."""
    assert rows({}, {"latency_p99_s": 0.1})["latency p99"].verdict == Verdict.WORSE


def test_compare_with_an_interval_around_one_is_inconclusive() -> None:
    """Rounds that disagree support no claim."""
    readings = []
    for number in ROUNDS:
        readings.append(reading(number, "flask", 6000))
        readings.append(reading(number, "fastapi", 6600 if number % 2 else 5500))
    row = compare(results(*readings))[0]
    assert row.ratio is not None
    assert row.ratio.low < 1 < row.ratio.high
    assert row.verdict == Verdict.INCONCLUSIVE


def test_compare_with_a_busy_generator_has_neither_number_nor_ratio() -> None:
    """A generator at its limit measured itself."""
    row = rows({}, {"generator_busy_share": 0.97})["throughput"]
    assert row.candidate.median is None
    assert row.control.median == 3000
    assert (row.ratio, row.verdict) == (None, Verdict.GENERATOR_BOUND)


def test_compare_with_a_busy_generator_still_has_cpu_per_request() -> None:
    """What a request costs the server does not depend on who was the limit."""
    row = rows({}, {"generator_busy_share": 0.97, "server_cpu_s": 0.75})["server CPU"]
    assert row.verdict == Verdict.BETTER


def test_compare_without_the_servers_cpu_says_it_is_not_known() -> None:
    """What cannot be seen is absent, not zero."""
    row = rows({}, {"server_cpu_s": None})["server CPU"]
    assert (row.candidate.median, row.ratio, row.verdict) == (None, None, Verdict.NOT_KNOWN)


def test_compare_with_five_rounds_has_values_and_no_ratio() -> None:
    """Five pairs carry no 95 % interval."""
    readings = [reading(number, name, 6000) for number in range(1, 6) for name in ("flask", "fastapi")]
    row = compare(results(*readings))[0]
    assert row.control.median == 3000
    assert (row.ratio, row.verdict) == (None, Verdict.TOO_FEW_ROUNDS)


def test_compare_with_a_round_cut_short_leaves_its_half_pair_out() -> None:
    """A reading without its twin counts for nothing."""
    readings = [reading(number, name, 6000) for number in ROUNDS for name in ("flask", "fastapi")]
    half = reading(7, "flask", 60000)
    assert compare(results(*readings, half)) == compare(results(*readings))


def test_compare_of_waiting_at_connections_over_delay_is_configuration_bound() -> None:
    """16 connections that wait 20 ms give 800 requests a second whatever answers them."""
    waiting = {"scenario": "wait", "requests": 1580, "server_cpu_s": 2.2}
    row = rows(waiting, waiting, scenarios=("wait",))["throughput"]
    assert (row.ratio, row.verdict) == (None, Verdict.CONFIGURATION_BOUND)
    assert row.control.median == 790


def test_compare_of_waiting_with_an_idle_server_is_configuration_bound() -> None:
    """A server that does nothing while its threads sleep shows the number of its threads."""
    waiting = {"scenario": "wait", "requests": 400, "server_cpu_s": 0.4}
    row = rows(waiting, waiting, scenarios=("wait",))["throughput"]
    assert (row.ratio, row.verdict) == (None, Verdict.CONFIGURATION_BOUND)


def test_compare_of_waiting_with_servers_at_their_limit_has_a_ratio() -> None:
    """Far below the ceiling and busy, waiting is compared as anything else is."""
    slow = {"scenario": "wait", "requests": 400, "server_cpu_s": 2.1}
    fast = {"scenario": "wait", "requests": 800, "server_cpu_s": 2.1}
    assert rows(slow, fast, scenarios=("wait",))["throughput"].verdict == Verdict.BETTER
