"""What is concluded from readings, end to end."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.analysis.comparison import Comparison, compare
from loadtests.inference import Verdict
from loadtests.results import Reading, Results, Row
from loadtests.targets import Target
from tests.unit.results_factory import CANDIDATE, CONTROL, SCENARIOS, reading, results

TURNED = {
    Verdict.FASTER: Verdict.SLOWER,
    Verdict.SLOWER: Verdict.FASTER,
    Verdict.EQUIVALENT: Verdict.EQUIVALENT,
    Verdict.INCONCLUSIVE: Verdict.INCONCLUSIVE,
    Verdict.DISTURBED: Verdict.DISTURBED,
    None: None,
}
ONLY_CPU = {"scenarios": SCENARIOS[:1], "capacity": None, "latency": None, "starts": False}


def paired(names: tuple[str, str], costs: list[tuple[float, float]]) -> list[Reading]:
    """Make a unit of each pair of costs, in milliseconds of CPU a request."""
    return [
        reading("efficiency", "index", 8, number, name, server_cpu_s=cost)
        for number, both in enumerate(costs, 1)
        for name, cost in zip(names, both, strict=True)
    ]


def concluded(costs: list[tuple[float, float]], **changes: Any) -> tuple[Comparison, Row]:
    """Compare CPU per request of units."""
    readings = [one.model_copy(update=changes) for one in paired(("flask", "fastapi"), costs)]
    comparison = compare(results(readings=readings, facts=(), settings=ONLY_CPU))
    [row] = comparison.rows
    return comparison, row


def test_compare_of_a_whole_run_finds_what_was_put_into_it() -> None:
    """The candidate of the builder does 2.5 times as much with its CPU."""
    comparison = compare(results())
    [cpu] = [row for row in comparison.rows if (row.scenario, row.metric) == ("index", "cpu_us_per_request")]
    assert cpu.ratio is not None
    assert cpu.ratio.low < 250 / 640 < cpu.ratio.high
    assert cpu.verdict == Verdict.FASTER
    assert len(comparison.cells) == 66
    assert comparison.disturbed == {}


def test_compare_with_an_interval_around_one_is_inconclusive() -> None:
    """Units that disagree support no claim, and it says how many more might."""
    _, row = concluded([(1.0, 1.06), (1.0, 0.96)] * 4)
    assert row.ratio is not None
    assert row.ratio.low < 1 < row.ratio.high
    assert row.verdict == Verdict.INCONCLUSIVE
    assert row.more_units is not None


def test_compare_of_a_null_run_takes_the_second_process_for_the_candidate() -> None:
    """A/A by `--null`: both are Flask, and the verdict must be that nothing differs."""
    again = Target("flask-again", "Flask (again)", "gunicorn", "http://127.0.0.1:1302")
    readings = paired(("flask", "flask-again"), [(1.0, 1.004), (1.0, 0.996)] * 5)
    [row] = compare(results(targets=(CONTROL, again), readings=readings, facts=(), settings=ONLY_CPU)).rows
    assert row.verdict == Verdict.EQUIVALENT


def test_compare_with_somebody_else_at_work_gives_no_verdict_and_says_why() -> None:
    """All units agree, but none of them was quiet."""
    costs = [(1.0, 0.9 + number / 1000) for number in range(5)]
    quiet, row = concluded(costs)
    assert (row.verdict, quiet.disturbed, quiet.warnings) == (Verdict.FASTER, {}, ())
    restless, row = concluded(costs, foreign_share=0.2)
    assert (row.verdict, list(restless.disturbed)) == (Verdict.DISTURBED, [1, 2, 3, 4, 5])
    assert [one.partition(" (")[0] for one in restless.warnings] == [
        "something else was at work in 5 of 5 units"
    ]


def test_compare_with_a_control_that_was_not_itself_needs_the_other_units() -> None:
    """The fifth unit cost the control twice as usual, and its ratio the verdict stands without."""
    comparison, row = concluded([*[(1.0, 0.9), (1.001, 0.9)] * 2, (2.0, 1.8)])
    assert list(comparison.disturbed) == [5]
    assert (row.verdict, row.units) == (Verdict.FASTER, 5)
    assert row.undisturbed is not None


def test_compare_of_a_run_stopped_anywhere_gives_no_error() -> None:
    """Ctrl-C at any moment: after every single reading there is something to conclude, or nothing."""
    measured = results(settings={"scenarios": SCENARIOS[:1]})
    order = {setup: place for place, setup in enumerate(("efficiency", "capacity", "latency"))}
    by_time = sorted(measured.readings, key=lambda one: (one.unit, order[one.setup], one.level))
    for end in range(0, len(by_time), 5):
        found = compare(measured.model_copy(update={"readings": tuple(by_time[:end]), "complete": False}))
        assert len(found.rows) == len(compare(measured).rows)


def swapped(measured: Results) -> Results:
    """Call the control candidate, and the candidate control."""
    return measured.model_copy(update={"targets": (CANDIDATE, CONTROL)})


@settings(derandomize=True, deadline=None, database=None, max_examples=10)
@given(st.integers(0, 10_000))
def test_compare_with_control_and_candidate_swapped_turns_everything_round(seed: int) -> None:
    """Ratios become their reciprocals, faster becomes slower, and values change sides."""
    measured = results(seed=seed)
    one_way, other_way = compare(measured), compare(swapped(measured))
    for one, other in zip(one_way.rows, other_way.rows, strict=True):
        assert (one.control, one.candidate) == (other.candidate, other.control)
        assert other.verdict == TURNED[one.verdict]
        assert (one.ratio is None) == (other.ratio is None)
        if one.ratio is not None and other.ratio is not None:
            assert one.ratio.estimate == pytest.approx(1 / other.ratio.estimate)
            assert (one.ratio.low, one.ratio.high) == pytest.approx(
                (1 / other.ratio.high, 1 / other.ratio.low)
            )


def test_compare_twice_says_the_same() -> None:
    """The report is a pure function of the file."""
    measured = results()
    read_back = Results.model_validate_json(measured.model_dump_json())
    assert compare(read_back) == compare(measured)


def test_compare_does_not_believe_the_rows_in_the_file() -> None:
    """They are for readers of the file; what is shown comes from the readings."""
    measured = results()
    honest = compare(measured)
    forged = tuple(row.model_copy(update={"ratio": None}) for row in honest.rows)
    assert compare(measured.model_copy(update={"rows": forged})) == honest


def test_compare_warns_of_what_it_does_not_believe() -> None:
    """The reason stands beside the table."""
    numbers = count()
    measured = results(
        change=lambda one: one.model_copy(update={"failures": 1}) if next(numbers) == 0 else one
    )
    assert any(one.startswith("failing: ") for one in compare(measured).warnings)
