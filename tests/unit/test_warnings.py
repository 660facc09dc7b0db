"""What is said beside the numbers, and when nothing is."""

from collections.abc import Callable
from typing import Any

import pytest

from loadtests.analysis.cells import cells
from loadtests.analysis.pairing import LEAST_UNITS
from loadtests.analysis.rows import rows
from loadtests.analysis.validity import STOLEN_SHARE
from loadtests.analysis.warnings import least_rounds, warnings
from loadtests.inference import Interval
from loadtests.results import Reading, Results
from tests.unit.results_factory import SCENARIOS, latencies, results

QUIET = {"scenarios": SCENARIOS[:1]}


def said(measured: Results, noise: Interval | None = None) -> list[str]:
    """Return what is worth knowing of results."""
    found = list(cells(measured))
    return list(warnings(measured, found, rows(measured, found, 0.02), noise))


def test_notes_of_a_good_comparison_say_nothing() -> None:
    """Warnings that are always there are read by nobody."""
    assert said(results(settings=QUIET)) == []
    assert said(results(settings=QUIET), Interval(1.0, 0.99, 1.01)) == []


@pytest.mark.parametrize(
    ("noise", "is_said"),
    [
        ((1.0, 1.0, 1.004), False),
        ((1.004, 1.001, 1.007), True),
        ((0.996, 0.993, 1.0), False),
        ((0.996, 0.993, 0.999), True),
    ],
)
def test_notes_of_a_control_that_differs_from_itself_doubt_small_ratios(
    noise: tuple[float, float, float], is_said: bool
) -> None:
    """An A/A interval beside 1 is a difference that is not there."""
    found = said(results(settings=QUIET), Interval(*noise))
    assert bool(found) == is_said
    if is_said:
        assert (
            f"{noise[0] - 1:+.1%} [{noise[1] - 1:+.1%}, {noise[2] - 1:+.1%}] of CPU per request" in found[0]
        )
        assert found[0].endswith(": repeat the comparison")


@pytest.mark.parametrize(("scenarios", "rounds"), [(1, 6), (2, 7), (3, 7), (4, 8), (6, 8), (7, 9), (13, 10)])
def test_least_rounds_of_so_many_scenarios_are_those_that_holm_needs(scenarios: int, rounds: int) -> None:
    """The smallest p of n rounds, times the number of scenarios, must not exceed 5 %."""
    assert least_rounds(scenarios) == rounds
    assert scenarios * 2 / 2**rounds <= 0.05 < scenarios * 2 / 2 ** (rounds - 1)


@pytest.mark.parametrize(("scenarios", "rounds"), [(1, 5), (3, 6)])
def test_notes_of_too_few_rounds_say_how_many_are_needed(scenarios: int, rounds: int) -> None:
    """Somebody who measures three scenarios needs one round more than somebody with one."""
    plan = results().settings
    assert plan.efficiency is not None
    chosen = {
        "scenarios": SCENARIOS[:scenarios],
        "efficiency": plan.efficiency.model_copy(update={"rounds": rounds}),
    }
    few, enough = f"{rounds} rounds are too few", f"measure {rounds + 1} or more (--rounds)"
    [sentence] = [one for one in said(results(settings=chosen)) if "(--rounds)" in one]
    assert sentence.startswith(few)
    assert sentence.endswith(enough)
    assert ("in 3 scenarios at once" in sentence) == (scenarios == 3)


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


def test_notes_of_a_bound_generator_speak_of_the_level_that_the_table_shows() -> None:
    """Another level is bound, too: its figures would not be those of the number that is missing."""
    few = {"requests": 2000, "generator_busy_share": 0.91, "service": latencies(0.0004)}
    most = {"requests": 9000, "generator_busy_share": 0.98, "service": latencies(0.0004)}

    def change(one: Reading) -> Reading:
        one = bad(few, setup="capacity", target="fastapi", level=1)(one)
        return bad(most, setup="capacity", target="fastapi", level=4)(one)

    [sentence] = said(results(settings=QUIET, change=change))
    assert sentence.startswith(
        "generator-bound: FastAPI, index, capacity: the load generator was busy for 98%"
    )


def test_notes_of_an_unsettled_rate_speak_of_the_share_that_the_table_shows() -> None:
    """At another share of capacity nothing is missing from the table."""
    quiet = bad({"second_half_share": 0.8}, setup="latency", target="flask", level=0.25)
    assert said(results(settings=QUIET, change=quiet)) == []
    loud = bad({"second_half_share": 0.9}, setup="latency", target="flask", level=0.5)
    [sentence] = said(results(settings=QUIET, change=lambda one: loud(quiet(one))))
    assert sentence.startswith("noisy: Flask, index, latency: 90% of the answers")


def test_notes_of_services_at_urls_are_no_warnings() -> None:
    """That CPU is not known there is in the table; nothing is wrong."""
    assert said(results(settings=QUIET, change=bad({"server_cpu_s": None, "server_throttled_s": None}))) == []


def test_notes_of_an_interrupted_comparison_do_not_stumble() -> None:
    """That nothing was measured is in the table; no process was, either."""
    [sentence] = said(results(settings=QUIET, readings=(), facts=()))
    assert sentence.startswith("too few processes of each service were measured")


def test_notes_of_a_waiting_scenario_print_its_arithmetic() -> None:
    """Connections ÷ delay, and threads ÷ delay where there are threads."""
    assert said(results()) == [
        "the arithmetic of wait: 128 in flight ÷ 20 ms = 6,400 req/s; Flask's 64 threads ÷ the "
        "same = 3,200 "
        "req/s; a throughput near such a ceiling, or a latency that is the delay but for a tenth, shows "
        "the settings, and has no ratio"
    ]


def test_notes_of_a_waiting_scenario_without_capacity_print_no_arithmetic() -> None:
    """There is no throughput that could come near it."""
    assert said(results(settings={"capacity": None, "latency": None})) == []


def test_notes_of_a_bound_waiting_scenario_say_what_bound_it_and_the_arithmetic() -> None:
    """The sentence beside the missing number is that of the level in the table, 128."""
    capped = bad(
        {"requests": 6300, "service": latencies(0.0185)}, scenario="wait", target="fastapi", level=128
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
        change=bad({"failures": 1, "stolen_share": 0.2}, setup="efficiency"),
        environment={"load_average": 9.0},
    )
    found = said(measured, Interval(1.1, 1.05, 1.15))
    assert [one.split(" ")[0] for one in found] == ["failing:", "failing:", "the", "the"]
    assert found[2].startswith("the control differs from itself by +10.0% [+5.0%, +15.0%]")
    assert found[3].startswith("the machine was busy")


def of_processes(per_process: int | None, **changes: Any) -> list[str]:
    """Return what is said of twelve rounds with so many to a process."""
    efficiency = results().settings.efficiency
    assert efficiency is not None
    changed = efficiency.model_copy(update={"rounds_per_process": per_process})
    return said(results(settings={**QUIET, "efficiency": changed, **changes}))


@pytest.mark.parametrize(("per_process", "is_said"), [(1, False), (2, False), (3, True), (None, True)])
def test_notes_of_few_processes_say_that_starts_differ(per_process: int | None, is_said: bool) -> None:
    """Twelve rounds of six processes are enough; of four, or of one, they are not."""
    sentence = (
        "too few processes of each service were measured to tell a difference of 1 or 2 % from that between "
        "two starts of the same code: measure at the default preset, to its end"
    )
    assert of_processes(per_process) == ([sentence] if is_said else [])


def test_notes_of_few_containers_advise_what_can_be_done_about_it() -> None:
    """They are not replaced within a comparison, at whatever preset."""
    [sentence] = of_processes(None, backend="compose")
    assert sentence.endswith(
        "repeat the comparison with new containers, and lay the runs side by side (report DIR DIR2)"
    )


@pytest.mark.parametrize("changes", [{"backend": "url"}, {"efficiency": None}], ids=["url", "no efficiency"])
def test_notes_of_processes_that_are_not_ours_or_not_measured_say_nothing(changes: dict[str, Any]) -> None:
    """Nobody can start a service at a URL anew, and where CPU was not asked for there is nothing to tell."""
    assert of_processes(None, **changes) == []


def test_notes_of_a_comparison_cut_short_count_the_processes_that_were_measured() -> None:
    """Twelve were planned; those that never came say nothing."""
    measured = results(settings=QUIET)
    for rounds in (LEAST_UNITS - 1, LEAST_UNITS):
        readings = tuple(one for one in measured.readings if one.round <= rounds)
        found = said(measured.model_copy(update={"readings": readings, "complete": False}))
        assert any(one.startswith("too few processes") for one in found) == (rounds < LEAST_UNITS)
