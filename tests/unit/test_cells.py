"""Which readings belong together."""

from typing import Any

import pytest

from loadtests.analysis.cells import Cell, cells, terms
from loadtests.analysis.validity import Terms, Validity
from loadtests.results import Reading, Results
from tests.unit.results_factory import CANDIDATE, CONTROL, ENVIRONMENT, SCENARIOS, reading, results

WAIT = SCENARIOS[2]


def of(*readings: Reading) -> dict[tuple[str, str, float, str], Cell]:
    """Put these readings together."""
    return {
        (one.setup, one.scenario, one.level, one.target): one for one in cells(results(readings=readings))
    }


def with_servers(**servers: dict[str, str | int | bool]) -> Results:
    """Make results of servers that were told to serve like this."""
    return results(environment={"servers": servers})


def test_cells_of_a_whole_comparison_are_two_for_each_load() -> None:
    """3 scenarios at 1 + 8 + 3 loads, less the 3 latencies of the handler that waits."""
    found = list(cells(results()))
    assert len(found) == (3 * 12 - 3) * 2
    assert {one.setup for one in found} == {"efficiency", "capacity", "latency"}
    assert len({(one.setup, one.scenario, one.level, one.target) for one in found}) == len(found)


def test_cells_of_readings_in_any_order_are_by_unit_and_round() -> None:
    """Rounds of a unit stay within it."""
    order = [(3, 1), (1, 2), (2, 1), (1, 1)]
    readings = [
        reading("efficiency", "index", 8, unit, name, round=number)
        for unit, number in order
        for name in ("fastapi", "flask")
    ]
    for one in of(*readings).values():
        assert [(each.unit, each.round) for each in one.readings] == sorted(order)


def test_cells_with_a_window_cut_short_leave_its_half_pair_out() -> None:
    """A reading without its partner counts for nothing, not even against the cell."""
    pairs = [reading("capacity", "index", 4, n, name) for n in (1, 2) for name in ("flask", "fastapi")]
    other_unit = reading("capacity", "index", 4, 3, "flask", failures=9)
    other_round = reading("capacity", "index", 4, 2, "flask", round=2, failures=9)
    found = of(*pairs, other_unit, other_round)["capacity", "index", 4, "flask"]
    assert [(one.unit, one.round) for one in found.readings] == [(1, 1), (2, 1)]
    assert found.validity == Validity.OK


def test_cells_with_one_target_only_say_that_neither_was_measured() -> None:
    """There is nothing to compare with."""
    found = of(reading("capacity", "index", 4, 1, "flask"))
    assert {one.validity for one in found.values()} == {Validity.NOT_MEASURED}
    assert [one.target for one in found.values()] == ["flask", "fastapi"]


def test_cells_of_two_levels_never_mix_their_readings() -> None:
    """Another number in flight is another question."""
    readings = [
        reading("capacity", "index", level, 1, name, requests=int(level) * 100)
        for level in (1, 4)
        for name in ("flask", "fastapi")
    ]
    found = of(*readings)
    assert [one.requests for one in found["capacity", "index", 1, "flask"].readings] == [100]
    assert [one.requests for one in found["capacity", "index", 4, "flask"].readings] == [400]


def test_cells_of_the_control_do_not_judge_the_candidate() -> None:
    """Each target answers for itself."""
    readings = [reading("capacity", "index", 4, 1, "flask", generator_busy_share=0.97)]
    found = of(*readings, reading("capacity", "index", 4, 1, "fastapi"))
    assert found["capacity", "index", 4, "flask"].validity == Validity.GENERATOR_BOUND
    assert found["capacity", "index", 4, "flask"].reason.startswith("the load generator was busy for 97%")
    assert found["capacity", "index", 4, "fastapi"].validity == Validity.OK
    assert found["capacity", "index", 4, "fastapi"].reason == ""


def test_cells_of_a_waiting_handler_know_its_ceiling() -> None:
    """The delay comes from the settings, the threads from what the server was told."""
    readings = [reading("capacity", "wait", 2, 1, name, requests=98) for name in ("flask", "fastapi")]
    busy = [one.model_copy(update={"service": results().readings[0].service}) for one in readings]
    assert {one.validity for one in of(*busy).values()} == {Validity.CONFIGURATION_BOUND}


@pytest.mark.parametrize(
    ("served", "threads"),
    [
        ({"workers": 1, "threads": 64}, 64),
        ({"workers": 4, "threads": 8}, 32),
        ({"threads": "16"}, 16),
        ({"workers": 4}, None),
        ({}, None),
    ],
)
def test_terms_of_a_server_multiply_threads_by_workers(served: dict[str, Any], threads: int | None) -> None:
    """A server without threads has no such limit, or it is not known."""
    assert terms(with_servers(flask=served), WAIT, "flask") == Terms(0.02, threads)


def test_terms_of_a_target_that_nobody_knows_have_no_threads() -> None:
    """A service at a URL does not say how it serves."""
    unknown = results(environment={"servers": {}})
    assert terms(unknown, WAIT, CONTROL.name) == Terms(0.02, None)
    assert ENVIRONMENT.servers[CANDIDATE.name].get("threads") is None
