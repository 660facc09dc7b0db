"""What the limit of a cell was: each verdict on both sides of its threshold."""

from math import sqrt
from typing import Any

import pytest

from loadtests.analysis.validity import (
    CEILING_SHARE,
    DEVIATIONS,
    DRIFT_SHARE,
    GENERATOR_BUSY_SHARE,
    LAG_S,
    LAG_SHARE,
    LITTLE_IN_FLIGHT,
    LITTLE_MOST_SHARE,
    LITTLE_SHARE,
    RECONNECTS_SHARE,
    SERVER_BUSY_SHARE,
    STOLEN_SHARE,
    THROTTLED_SHARE,
    UNSENT_SHARE,
    Terms,
    Validity,
    judge,
)
from loadtests.results import Reading, Setup
from tests.unit.results_factory import latencies, reading

FREE = Terms(0.0, None)
BIT = 1e-6
LEVELS: dict[str, float] = {"efficiency": 8, "capacity": 4, "latency": 0.5}


def seen(
    setup: Setup = "capacity", units: int = 3, level: float | None = None, **changes: Any
) -> list[Reading]:
    """Make the readings of a cell: 1,000 requests in one second each, nothing at its limit."""
    at = LEVELS[setup] if level is None else level
    return [reading(setup, "index", at, number, "flask", **changes) for number in range(1, units + 1)]


def verdict(setup: Setup = "capacity", terms: Terms = FREE, **changes: Any) -> Validity:
    """Judge one cell."""
    return judge(seen(setup, **changes), terms)[0]


def test_judge_without_readings_says_it_was_not_measured() -> None:
    """Nothing was seen, and that is said."""
    assert judge([], FREE) == (Validity.NOT_MEASURED, "it was not measured")


@pytest.mark.parametrize("setup", ["efficiency", "capacity", "latency"])
def test_judge_with_nothing_at_its_limit_is_ok_and_says_nothing(setup: Setup) -> None:
    """A cell that can be believed needs no sentence."""
    assert judge(seen(setup), FREE) == (Validity.OK, "")


@pytest.mark.parametrize(
    ("setup", "below", "above", "validity"),
    [
        ("efficiency", {"failures": 0}, {"failures": 1}, Validity.FAILING),
        ("efficiency", {"requests": 1}, {"requests": 0}, Validity.FAILING),
        (
            "efficiency",
            {"connects": round(RECONNECTS_SHARE * 1000)},
            {"connects": round(RECONNECTS_SHARE * 1000) + 1},
            Validity.RECONNECTING,
        ),
        (
            "efficiency",
            {"server_throttled_s": THROTTLED_SHARE - BIT},
            {"server_throttled_s": THROTTLED_SHARE + BIT},
            Validity.THROTTLED,
        ),
        (
            "capacity",
            {"stolen_share": STOLEN_SHARE - BIT},
            {"stolen_share": STOLEN_SHARE + BIT},
            Validity.NOISY,
        ),
        (
            "capacity",
            {"generator_busy_share": GENERATOR_BUSY_SHARE},
            {"generator_busy_share": GENERATOR_BUSY_SHARE + BIT},
            Validity.GENERATOR_BOUND,
        ),
        (
            "latency",
            {"generator_lag_s": LAG_S, "service": latencies(LAG_S)},
            {"generator_lag_s": LAG_S + BIT, "service": latencies(LAG_S)},
            Validity.GENERATOR_BOUND,
        ),
        (
            "latency",
            {"generator_lag_s": LAG_SHARE * 0.02, "service": latencies(0.02)},
            {"generator_lag_s": LAG_SHARE * 0.02 + BIT, "service": latencies(0.02)},
            Validity.GENERATOR_BOUND,
        ),
        (
            "capacity",
            {"second_half_share": 0.5 + DRIFT_SHARE + DEVIATIONS * 0.5 / sqrt(3000) - BIT},
            {"second_half_share": 0.5 + DRIFT_SHARE + DEVIATIONS * 0.5 / sqrt(3000) + BIT},
            Validity.NOISY,
        ),
        (
            "capacity",
            {"second_half_share": 0.5 - DRIFT_SHARE - DEVIATIONS * 0.5 / sqrt(3000) + BIT},
            {"second_half_share": 0.5 - DRIFT_SHARE - DEVIATIONS * 0.5 / sqrt(3000) - BIT},
            Validity.NOISY,
        ),
    ],
    ids=[
        "failures",
        "no answer",
        "reconnects",
        "throttled",
        "stolen",
        "busy generator",
        "late generator",
        "late generator, long latencies",
        "rising",
        "falling",
    ],
)
def test_judge_just_below_and_above_a_threshold_believes_only_below(
    setup: Setup, below: dict[str, Any], above: dict[str, Any], validity: Validity
) -> None:
    """Each threshold decides exactly where its constant says."""
    assert (verdict(setup, **below), verdict(setup, **above)) == (Validity.OK, validity)


@pytest.mark.parametrize("setup", ["capacity", "latency"])
def test_judge_with_a_busy_server_is_server_bound(setup: Setup) -> None:
    """The server had nothing left, which is what a capacity is."""
    assert verdict(setup, server_cpu_s=SERVER_BUSY_SHARE - BIT) == Validity.OK
    assert verdict(setup, server_cpu_s=SERVER_BUSY_SHARE + BIT) == Validity.SERVER_BOUND


def test_judge_with_a_server_that_was_robbed_counts_the_stolen_time_as_busy() -> None:
    """A core that another machine had was not the server's to use."""
    assert verdict(server_cpu_s=0.88, stolen_share=0.0) == Validity.OK
    assert verdict(server_cpu_s=0.88, stolen_share=0.03) == Validity.SERVER_BOUND


def test_judge_of_a_pair_with_a_busy_server_is_ok() -> None:
    """Two servers share the core on purpose; CPU per request has no limit."""
    assert verdict("efficiency", server_cpu_s=0.99) == Validity.OK


def test_judge_without_the_servers_cpu_does_not_suppose_any() -> None:
    """Nobody knows whether a server at a URL was busy."""
    assert verdict(server_cpu_s=None, server_throttled_s=None) == Validity.OK


@pytest.mark.parametrize(
    "disturbance",
    [
        {"stolen_share": 0.5},
        {"generator_busy_share": 1.0},
        {"generator_lag_s": 0.5},
        {"second_half_share": 0.9},
        {"service": latencies(0.0001)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_judge_of_efficiency_under_a_disturbance_of_both_is_ok(disturbance: dict[str, Any]) -> None:
    """What disturbs a pair disturbs both of it alike, and costs no CPU time of theirs."""
    assert verdict("efficiency", **disturbance) == Validity.OK
    assert not verdict("capacity", level=64, **disturbance).is_believed


def test_judge_with_one_disturbed_unit_of_three_takes_the_median() -> None:
    """One hiccup of the generator does not condemn a cell."""
    readings = seen()
    readings[0] = readings[0].model_copy(update={"generator_busy_share": 1.0, "generator_lag_s": 0.5})
    assert judge(readings, FREE) == (Validity.OK, "")
    readings[1] = readings[1].model_copy(update={"generator_busy_share": 1.0})
    assert judge(readings, FREE)[0] == Validity.GENERATOR_BOUND


def test_judge_with_one_failure_in_any_unit_fails_the_cell() -> None:
    """Unlike a hiccup, a wrong answer is never put down to chance."""
    readings = seen()
    readings[2] = readings[2].model_copy(update={"failures": 1, "first_fault": "the status is 503"})
    validity, reason = judge(readings, FREE)
    assert validity == Validity.FAILING
    assert reason.startswith("1 of 3,001 requests failed, the first because the status is 503; ")


def test_judge_with_one_silent_unit_has_no_speed() -> None:
    """A median over the units that were lucky would be too high."""
    readings = seen()
    readings[1] = readings[1].model_copy(update={"requests": 0, "service": None})
    validity, reason = judge(readings, FREE)
    assert validity == Validity.FAILING
    assert reason.startswith("no answer came in 1 of 3 windows, ")


@pytest.mark.parametrize("level", [LITTLE_IN_FLIGHT, 64])
@pytest.mark.parametrize(
    ("share", "beyond", "validity"),
    [(LITTLE_SHARE, -BIT, Validity.GENERATOR_BOUND), (LITTLE_MOST_SHARE, BIT, Validity.NOISY)],
)
def test_judge_by_littles_law_wants_what_was_asked_for_in_flight(
    level: float, share: float, beyond: float, validity: Validity
) -> None:
    """What is missing was inside the generator; what is too much had begun before the window."""

    def in_flight(number: float) -> Validity:
        # 1,000 a second; the mean of `latencies` is 1.1 times its median.
        return verdict(level=level, service=latencies(number / 1000 / 1.1))

    assert in_flight(share * level - beyond) == Validity.OK
    assert in_flight(share * level + beyond) == validity


@pytest.mark.parametrize("latency_s", [0.0001, 9])
def test_judge_by_littles_law_leaves_few_in_flight_alone(latency_s: float) -> None:
    """With few connections the generator's own cost of a request is a visible part of each turn."""
    assert verdict(level=LITTLE_IN_FLIGHT - 1, service=latencies(latency_s)) == Validity.OK


@pytest.mark.parametrize("latency_s", [0.0001, 9])
def test_judge_by_littles_law_leaves_an_open_loop_alone(latency_s: float) -> None:
    """There most connections are idle on purpose."""
    assert verdict("latency", level=64, service=latencies(latency_s)) == Validity.OK


@pytest.mark.parametrize(
    ("delay_s", "threads", "in_flight", "ceiling_per_s"),
    [
        (0.02, None, 16, 800),
        (0.02, 64, 16, 800),
        (0.02, 64, 64, 3200),
        (0.02, 64, 128, 3200),
        (0.02, None, 128, 6400),
        (0.0, 64, 128, None),
    ],
)
def test_ceiling_of_connections_threads_and_a_delay_is_the_smaller_quotient(
    delay_s: float, threads: int | None, in_flight: float, ceiling_per_s: float | None
) -> None:
    """Connections or threads, whichever are fewer, divided by the delay."""
    assert Terms(delay_s, threads).ceiling_per_s(in_flight) == ceiling_per_s


@pytest.mark.parametrize("threads", [None, 8, 64])
def test_judge_near_the_arithmetic_ceiling_is_configuration_bound(threads: int | None) -> None:
    """Above 90 % of what is possible, the result shows connections, threads and delay."""
    terms = Terms(0.02, threads)
    ceiling_per_s = min(32, threads or 32) / 0.02

    def at(share: float) -> dict[str, Any]:
        requests = round(share * ceiling_per_s * 10)
        return {
            "window_s": 10,
            "requests": requests,
            "level": 32,
            "service": latencies(32 * 10 / requests / 1.1),
        }

    assert verdict(terms=terms, **at(CEILING_SHARE - 0.001)) == Validity.OK
    assert verdict(terms=terms, **at(CEILING_SHARE + 0.001)) == Validity.CONFIGURATION_BOUND


def test_judge_at_the_ceiling_of_connections_says_so() -> None:
    """The arithmetic is printed with the limit that it comes from."""
    readings = seen(level=16, requests=780, service=latencies(16 / 780 / 1.1))
    assert judge(readings, Terms(0.02, 64))[1] == (
        "780 req/s is 98% of the 800 req/s that 16 in flight and a delay of 20 ms allow, so it "
        "shows these "
        "settings and not the framework; raise what is in flight"
    )


def test_judge_at_the_ceiling_of_threads_does_not_blame_the_connections() -> None:
    """More in flight would change nothing where the threads are used up."""
    readings = seen(level=128, requests=3100, service=latencies(128 / 3100 / 1.1))
    assert judge(readings, Terms(0.02, 64))[1] == (
        "3,100 req/s is 97% of the 3,200 req/s that 64 threads and a delay of 20 ms allow, so it "
        "shows these "
        "settings and not the framework; give it more threads"
    )


def test_judge_of_an_open_loop_near_the_ceiling_is_ok() -> None:
    """In an open loop the rate is chosen, whatever the delay."""
    assert verdict("latency", Terms(0.02, None), level=16, requests=790, offered_per_s=790) == Validity.OK


def test_judge_of_an_open_loop_that_falls_behind_is_overloaded() -> None:
    """Where more than 1 % wait beyond the window for a connection, requests pile up."""
    most = int(UNSENT_SHARE * 1000)
    assert verdict("latency", requests=1000, unsent=most) == Validity.OK
    assert verdict("latency", requests=1000, unsent=most + 1) == Validity.OVERLOADED


WORST: dict[str, Any] = {
    "failures": 1,
    "first_fault": "the status is 503 instead of 200",
    "connects": 500,
    "server_throttled_s": 0.5,
    "stolen_share": 0.5,
    "generator_busy_share": 0.95,
    "generator_lag_s": 0.5,
    "second_half_share": 0.9,
    "requests": 790,
    "level": 16,
    "service": latencies(0.0001),
}


def test_judge_with_all_objections_at_once_takes_the_gravest_first() -> None:
    """Wrong answers go before wrong connections, those before limits, and those before unrest."""
    changes, found = dict(WORST), []
    repairs: list[dict[str, Any]] = [
        {"failures": 0, "first_fault": None},
        {"connects": 0},
        {"server_throttled_s": 0.0},
        {"stolen_share": 0.0},
        {"generator_busy_share": 0.1},
        {"generator_lag_s": 0.0},
        {"service": latencies(16 / 790 / 0.9)},
        {"service": latencies(16 / 790 / 1.1)},
        {"requests": 600, "service": latencies(16 / 600 / 1.1)},
        {"second_half_share": 0.5},
    ]
    for repair in repairs:
        found.append(judge(seen(**changes), Terms(0.02, None)))
        changes |= repair
    assert [validity for validity, _ in found] == [
        Validity.FAILING,
        Validity.RECONNECTING,
        Validity.THROTTLED,
        Validity.NOISY,
        Validity.GENERATOR_BOUND,
        Validity.GENERATOR_BOUND,
        Validity.GENERATOR_BOUND,
        Validity.NOISY,
        Validity.CONFIGURATION_BOUND,
        Validity.NOISY,
    ]
    assert judge(seen(**changes), Terms(0.02, None)) == (Validity.OK, "")
    assert len({reason for _, reason in found}) == len(found)


def test_judge_of_an_overloaded_and_unsettled_open_loop_says_unsettled_first() -> None:
    """An open loop that drifts has no rate yet that it could fall behind."""
    assert verdict("latency", unsent=500, second_half_share=0.9) == Validity.NOISY


@pytest.mark.parametrize(
    ("setup", "changes", "seen_matters_do"),
    [
        (
            "capacity",
            {"failures": 2, "first_fault": "the status is 500 instead of 200"},
            "6 of 3,006 requests failed, the first because the status is 500 instead of 200; the speed "
            "of a "
            "service that fails means nothing, so look into its log",
        ),
        (
            "capacity",
            {"connects": 200},
            "600 connections were opened for 3,000 requests, so TCP handshakes were measured; let the "
            "server "
            "keep connections alive",
        ),
        (
            "capacity",
            {"server_throttled_s": 0.25},
            "a CPU limit held it back for 25% of the time, which shows up as latency; raise the limit, "
            "or pin it "
            "to a core instead",
        ),
        (
            "capacity",
            {"stolen_share": 0.2},
            "this virtual machine did not get its cores for 20% of the time, so this says little about "
            "another "
            "machine; repeat where it is quiet",
        ),
        (
            "capacity",
            {"generator_busy_share": 0.97},
            "the load generator was busy for 97% of the time, so the target's limit was not reached; "
            "use more "
            "workers (--workers)",
        ),
        (
            "capacity",
            {"generator_lag_s": 0.0123},
            "the load generator's event loop woke up 12.3 ms late, which is in every latency; let "
            "nothing else "
            "run on its core",
        ),
        (
            "capacity",
            {"level": 64, "service": latencies(0.02)},
            "22.0 of 64 requests were in flight at a time (Little's law), the others were inside the load "
            "generator; use more workers (--workers)",
        ),
        (
            "capacity",
            {"level": 8, "service": latencies(0.01)},
            "11.0 of 8 requests were in flight at a time (Little's law), so some had begun long before their "
            "windows; measure longer (--seconds)",
        ),
        (
            "capacity",
            {"second_half_share": 0.7},
            "70% of the answers came in the second half of the windows, so it had not settled; measure "
            "longer",
        ),
        (
            "latency",
            {"unsent": 50},
            "150 of 3,000 requests that were due within a window had to wait beyond its end for an idle "
            "connection, so they piled up; offer less",
        ),
    ],
    ids=[
        "failing",
        "reconnecting",
        "throttled",
        "stolen",
        "busy",
        "late",
        "Little",
        "too many",
        "drift",
        "overloaded",
    ],
)
def test_judge_of_a_cell_that_is_not_believed_says_what_why_and_what_to_do(
    setup: Setup, changes: dict[str, Any], seen_matters_do: str
) -> None:
    """A sentence: what was seen, why it matters, what to do."""
    assert judge(seen(setup, **changes), FREE)[1] == seen_matters_do
