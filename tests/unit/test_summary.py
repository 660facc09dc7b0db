"""The sentence that a report begins with."""

import pytest

from loadtests.analysis.comparison import compare
from loadtests.inference import Verdict
from loadtests.report.summary import NOTHING_SETTLED, write
from loadtests.results import Results, Row, Scenario
from loadtests.targets import Target
from tests.unit.comparison_factory import comparison, row
from tests.unit.results_factory import results

CPU = row(ratio=(0.39, 0.38, 0.4))
AT_LIMIT = row(metric="cpu_at_limit_us_per_request", ratio=(0.36, 0.35, 0.37))
THROUGHPUT = row(metric="throughput_per_s", ratio=(2.57, 2.52, 2.61))
LATENCY = row(metric="latency_p50_ms", ratio=(0.26, 0.25, 0.27))
START = row(None, "cold_start_ms", ratio=(1.724, 1.68, 1.75), verdict=Verdict.SLOWER)
MEMORY = row(None, "memory_loaded_mb", ratio=(1.07, 1.05, 1.1), verdict=Verdict.SLOWER)
ROWS = (CPU, AT_LIMIT, THROUGHPUT, LATENCY, START, MEMORY)

UNSETTLED = [Verdict.INCONCLUSIVE, Verdict.DISTURBED, None]


def written(*rows: Row, measured: Results | None = None) -> str:
    """Write what these rows say; without any, of a row that belongs to no clause."""
    found = measured or results()
    return write(found, comparison(found, *(rows or (row(metric="other"),))))


def changed(one: Row, verdict: Verdict | None) -> Row:
    """Return a row with another verdict, and its ratio where there is a verdict."""
    return one.model_copy(update={"verdict": verdict, "ratio": one.ratio if verdict else None})


def test_write_every_row_settled_is_this_sentence() -> None:
    """CPU time from its least to its most, throughput, latency with its rate, start, memory."""
    assert written(*ROWS) == (
        "FastAPI used 0.36 to 0.39 times the CPU time of Flask for one GET /, served 2.6 times as many "
        "requests a second on one core, answered in 0.26 times the time at the median (781 requests a second "
        "each), took 1.72 times as long to start and held 1.07 times the memory after load."
    )


CLAUSES = [
    (CPU, "used 0.39 times the CPU time of Flask for one GET /"),
    (AT_LIMIT, "used 0.36 times the CPU time of Flask for one GET /"),
    (THROUGHPUT, "served 2.6 times as many requests a second on one core"),
    (LATENCY, "answered in 0.26 times the time at the median (781 requests a second each)"),
    (START, "took 1.72 times as long to start"),
    (MEMORY, "held 1.07 times the memory after load"),
]


@pytest.mark.parametrize(("one", "clause"), CLAUSES)
def test_write_one_row_settled_is_its_clause_alone(one: Row, clause: str) -> None:
    """Nothing is said of what stands on no row."""
    assert written(one) == f"FastAPI {clause}."


@pytest.mark.parametrize("verdict", UNSETTLED)
@pytest.mark.parametrize(("one", "clause"), CLAUSES)
def test_write_one_row_unsettled_leaves_its_clause_out(
    one: Row, clause: str, verdict: Verdict | None
) -> None:
    """Inconclusive, disturbed or without a number, it is gone, and the others stay."""
    others = [other for other in ROWS if other != one]
    sentence = written(*others, changed(one, verdict))
    assert sentence == written(*others)
    assert clause not in sentence


@pytest.mark.parametrize("verdict", UNSETTLED)
def test_write_nothing_settled_says_so(verdict: Verdict | None) -> None:
    """No sentence is made of rows that say nothing."""
    assert written(*(changed(one, verdict) for one in ROWS)) == NOTHING_SETTLED


def test_write_two_costs_that_look_alike_names_one_number() -> None:
    """A range from a number to itself is none."""
    assert "used 0.39 times the CPU" in written(CPU, AT_LIMIT.model_copy(update={"ratio": CPU.ratio}))


def test_write_every_row_equivalent_names_no_number() -> None:
    """What counts as no difference is not made one by its digits."""
    equal = [changed(one, Verdict.EQUIVALENT) for one in ROWS]
    assert written(*equal) == (
        "FastAPI used as much CPU time as Flask for one GET /, served just as many requests a second on one "
        "core, answered in the same time at the median (781 requests a second each), took just as long to "
        "start and held as much memory after load."
    )


def test_write_one_cost_equivalent_and_one_not_gives_the_range() -> None:
    """The reader sees that the two loads differ."""
    equal = row(ratio=(1.001, 0.99, 1.01), verdict=Verdict.EQUIVALENT)
    assert "used 0.36 to 1.00 times the CPU time of Flask" in written(equal, AT_LIMIT)


@pytest.mark.parametrize(
    ("ratio", "said"), [(0.0123, "0.012"), (0.5, "0.50"), (1.04, "1.04"), (2.04, "2.0"), (12.34, "12.3")]
)
def test_write_a_ratio_of_any_size_tells_it_from_1_and_from_none(ratio: float, said: str) -> None:
    """Two digits below 2; what is very small is no zero."""
    one = row(None, "cold_start_ms", ratio=(ratio, ratio * 0.99, ratio * 1.01))
    assert written(one) == f"FastAPI took {said} times as long to start."


def test_write_rows_of_other_scenarios_and_loads_stay_out() -> None:
    """The sentence is of the first scenario, and of what stands in the short table."""
    assert written(row("echo"), row(headline=False)) == NOTHING_SETTLED


def test_write_servers_on_any_core_does_not_speak_of_one() -> None:
    """Where the servers were not pinned, nobody knows how many cores they used."""
    measured = results(settings={"server_core": None})
    assert written(THROUGHPUT, measured=measured) == "FastAPI served 2.6 times as many requests a second."


def test_write_custom_services_uses_their_words() -> None:
    """Titles and the request are those that were given."""
    targets = Target("a", "Old", None, "http://a"), Target("b", "New", None, "http://b")
    scenario = Scenario(name="/a", request="GET /a", plateau=(8,))
    measured = results(targets, settings={"scenarios": (scenario,)})
    assert written(row("/a"), measured=measured) == "New used 0.39 times the CPU time of Old for one GET /a."


def test_write_a_whole_comparison_has_every_clause() -> None:
    """The names of the rows here are those that a comparison makes."""
    measured = results()
    sentence = write(measured, compare(measured))
    clauses = ("the CPU time of Flask", "requests a second on one", "at the median", "to start", "memory")
    assert [clause in sentence for clause in clauses] == [True] * len(clauses)


def test_write_before_anything_was_measured_says_that_nothing_is_settled() -> None:
    """A stop at once is no reason for a traceback."""
    measured = results(readings=(), starts=(), spectra=(), facts=())
    assert write(measured, compare(measured)) == NOTHING_SETTLED
