"""What is said beside the numbers, and when nothing is."""

from collections.abc import Callable
from typing import Any

import pytest

from loadtests.analysis.cells import cells
from loadtests.analysis.drift import disturbed_units, widening
from loadtests.analysis.rows import rows
from loadtests.analysis.validity import STOLEN_SHARE
from loadtests.analysis.warnings import warnings
from loadtests.results import Reading, Results
from tests.unit.results_factory import SCENARIOS, latencies, reading, results

QUIET = {"scenarios": SCENARIOS[:1]}


def said(measured: Results) -> list[str]:
    """Return what is worth knowing of results."""
    found, disturbed = list(cells(measured)), disturbed_units(measured)
    return list(warnings(measured, found, rows(measured, found, disturbed), disturbed))


def of_ratios(*scenarios: list[float]) -> list[str]:
    """Return what is said where the units of scenarios had these ratios of CPU per request."""
    chosen = {"scenarios": SCENARIOS[: len(scenarios)], "capacity": None, "latency": None}
    readings = [
        reading("efficiency", scenario.name, 8, unit, name, server_cpu_s=0.5 * cost)
        for scenario, ratios in zip(SCENARIOS, scenarios, strict=False)
        for unit, ratio in enumerate(ratios, 1)
        for name, cost in (("flask", 1), ("fastapi", ratio))
    ]
    return said(results(settings=chosen, readings=readings))


def test_notes_of_a_good_comparison_say_nothing() -> None:
    """Warnings that are always there are read by nobody."""
    assert said(results(settings=QUIET)) == []


# Something else at work


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ([3], "in 1 of 8 units (unit 3: somebody else had 20% of the servers' core (capacity)); a verdict"),
        (
            [1, 2, 5, 8],
            "in 4 of 8 units (unit 1: somebody else had 20% of the servers' core (capacity); unit 2: "
            "somebody else had 20% of the servers' core (capacity); unit 5: somebody else had 20% of the "
            "servers' core (capacity); 1 more); a verdict",
        ),
    ],
)
def test_notes_of_disturbed_units_say_what_was_seen_in_the_first_three(units: list[int], words: str) -> None:
    """And that all verdicts stand without them."""

    def change(one: Reading) -> Reading:
        hit = one.setup == "capacity" and one.unit in units
        return one.model_copy(update={"foreign_share": 0.2 if hit else 0.0})

    [sentence] = said(results(settings=QUIET, change=change))
    assert sentence.startswith(f"something else was at work {words} counts only where it also holds without")
    assert sentence.endswith("and no rows do not: end what else is running, and repeat")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"capacity": None, "latency": None, "starts": False}, "1 row does not: "),
        ({"capacity": None, "latency": None}, "4 rows do not: "),
    ],
)
def test_notes_of_disturbed_units_count_the_rows_that_need_them(changes: dict[str, Any], words: str) -> None:
    """Where none was quiet, no verdict is left."""
    [sentence] = said(results(settings={**QUIET, **changes}, change=bad({"foreign_share": 0.2})))
    assert words in sentence


# The order of units

MIXED = [0.9, 0.92, 0.89, 0.93, 0.9, 0.88, 0.93, 0.91]
OTHER = [0.92, 0.9, 0.88, 0.9, 0.93, 0.91, 0.93, 0.89]


def test_notes_of_units_that_drift_say_by_how_much_intervals_were_widened() -> None:
    """Only the scenarios that do are named."""
    [sentence] = of_ratios(sorted(MIXED), OTHER)
    assert sentence == (
        "the ratios of one unit resemble those of the unit before (index), so the machine drifts, and the "
        "intervals were widened for it, up to 3.0 times"
    )


def test_notes_of_units_alike_by_chance_say_nothing() -> None:
    """Every other series without any order is widened a little."""
    slightly = [0.9, 0.91, 0.93, 0.92, 0.88, 0.9, 0.89, 0.92]
    assert widening(slightly) > 1.2
    assert of_ratios(slightly) == []


def test_notes_of_scenarios_that_move_together_say_so() -> None:
    """What moves them is none of them."""
    assert of_ratios(MIXED, OTHER) == []
    [sentence] = of_ratios(MIXED, [one**2 for one in MIXED])
    assert sentence.startswith("the scenarios move together from unit to unit (correlation 1.00 over 8 units")


# Too few units, processes of others


@pytest.mark.parametrize(
    ("units", "sentences"),
    [
        (1, ["1 unit is too few for any interval: measure 3 or more (--units)"]),
        (2, ["2 units are too few for any interval: measure 3 or more (--units)"]),
        (3, []),
    ],
)
def test_notes_of_too_few_units_say_how_many_are_needed(units: int, sentences: list[str]) -> None:
    """A comparison that is still under way, or was stopped, does not need to be told."""
    assert said(results(settings=QUIET, units=units)) == sentences
    assert said(results(settings=QUIET, units=units, complete=False)) == []


def test_notes_of_services_at_urls_say_what_their_intervals_do_not_know() -> None:
    """Nobody can start them anew."""
    unseen = bad({"server_cpu_s": None, "server_throttled_s": None, "foreign_share": None})
    [sentence] = said(results(settings={**QUIET, "backend": "url", "starts": False}, change=unseen))
    assert sentence.startswith("all units saw the same processes, which were not ours to replace, ")


# The machine


@pytest.mark.parametrize(("share", "is_said"), [(STOLEN_SHARE - 1e-6, False), (STOLEN_SHARE + 1e-6, True)])
def test_notes_of_a_machine_that_was_robbed_say_for_how_long(share: float, is_said: bool) -> None:
    """Another machine on the same host shows in throughput and latency."""
    found = said(results(settings=QUIET, change=lambda one: one.model_copy(update={"stolen_share": share})))
    assert (
        any(one.startswith("this virtual machine did not get its cores for 5%") for one in found) == is_said
    )


@pytest.mark.parametrize(("load", "is_said"), [(1.0, False), (1.1, True), (None, False)])
def test_notes_of_a_busy_machine_say_so(load: float | None, is_said: bool) -> None:
    """More than one of two cores was busy before anything began."""
    found = said(results(settings=QUIET, environment={"load_average": load}))
    assert found == (
        [
            "the machine was busy when it began (load average 1.1), which shows in latencies: end what "
            "else is "
            "running"
        ]
        if is_said
        else []
    )


def bad(values: dict[str, Any], **which: Any) -> Callable[[Reading], Reading]:
    """Return a change of the readings whose fields are as given."""

    def change(one: Reading) -> Reading:
        hit = all(getattr(one, name) == value for name, value in which.items())
        return one.model_copy(update=values) if hit else one

    return change


def test_notes_of_a_failing_target_name_it_once_for_each_setup() -> None:
    """Eight levels of the same fault are one sentence."""
    failing = bad({"failures": 3, "first_fault": "the status is 503 instead of 200"}, target="fastapi")
    found = said(results(settings=QUIET, change=failing))
    assert [one.split(": ")[:2] for one in found] == [
        ["failing", f"FastAPI, index, {setup}"] for setup in ("efficiency", "capacity", "latency")
    ]
    assert all("the first because the status is 503 instead of 200; " in one for one in found)


def test_notes_of_a_bound_generator_speak_of_a_level_of_the_plateau() -> None:
    """A level of the curve alone is bound, too: its figures are not those of the number that is missing."""
    few = {"requests": 2000, "generator_busy_share": 0.91, "service": latencies(0.0004)}
    most = {"requests": 9000, "generator_busy_share": 0.98, "service": latencies(0.0004)}

    def change(one: Reading) -> Reading:
        for level in (1, 2, 4, 128):
            one = bad(few, setup="capacity", target="fastapi", level=level)(one)
        for level in SCENARIOS[0].plateau:
            one = bad(most, setup="capacity", target="fastapi", level=level)(one)
        return one

    [sentence] = said(results(settings=QUIET, change=change))
    assert sentence.startswith(
        "generator-bound: FastAPI, index, capacity: the load generator was busy for 98%"
    )


def test_notes_of_a_bound_level_with_others_believed_say_nothing() -> None:
    """No number is missing; the row says over which levels it goes."""
    one_bound = bad({"generator_busy_share": 0.98}, setup="capacity", target="fastapi", level=64)
    assert said(results(settings=QUIET, change=one_bound)) == []


def test_notes_of_an_unsettled_rate_speak_of_the_share_that_the_table_shows() -> None:
    """At another share of capacity nothing is missing from the table."""
    quiet = bad({"second_half_share": 0.8}, setup="latency", target="flask", level=0.25)
    assert said(results(settings=QUIET, change=quiet)) == []
    loud = bad({"second_half_share": 0.9}, setup="latency", target="flask", level=0.5)
    [sentence] = said(results(settings=QUIET, change=lambda one: loud(quiet(one))))
    assert sentence.startswith("noisy: Flask, index, latency: 90% of the answers")


def test_notes_of_an_interrupted_comparison_do_not_stumble() -> None:
    """That nothing was measured is in the table."""
    assert said(results(settings=QUIET, readings=(), starts=(), facts=(), complete=False)) == []


def test_notes_of_a_waiting_scenario_print_its_arithmetic() -> None:
    """Connections ÷ delay, and threads ÷ delay where there are threads."""
    assert said(results()) == [
        "the arithmetic of wait: 128 in flight ÷ 20 ms = 6,400 req/s; Flask's 64 threads ÷ the "
        "same = 3,200 "
        "req/s; a throughput near such a ceiling shows the settings, and has no ratio"
    ]


def test_notes_of_a_waiting_scenario_without_capacity_print_no_arithmetic() -> None:
    """There is no throughput that could come near it."""
    assert said(results(settings={"capacity": None, "latency": None})) == []


def test_notes_of_a_bound_waiting_scenario_say_what_bound_it_and_the_arithmetic() -> None:
    """The sentence beside the missing number is that of the level in the table, 128."""
    capped = bad(
        {"requests": 6300, "service": latencies(128 / 6300 / 1.1)},
        scenario="wait",
        target="fastapi",
        level=128,
    )
    found = said(results(change=capped))
    assert found[0] == (
        "configuration-bound: FastAPI, wait, capacity: 6,300 req/s is 98% of the 6,400 req/s that "
        "128 in flight "
        "and a delay of 20 ms allow, so it shows these settings and not the framework; raise what "
        "is in flight"
    )
    assert found[1].startswith("the arithmetic of wait: ")


def test_notes_with_several_things_to_say_begin_with_the_gravest() -> None:
    """What takes a number away goes before what casts doubt on all of them."""
    measured = results(
        settings=QUIET,
        change=bad({"failures": 1, "foreign_share": 0.9, "stolen_share": 0.2}),
        environment={"load_average": 9.0},
        units=2,
    )
    assert [" ".join(one.split(" ")[:2]) for one in said(measured)] == [
        *["failing: Flask,", "failing: FastAPI,"] * 3,
        "something else",
        "2 units",
        "this virtual",
        "the machine",
    ]
