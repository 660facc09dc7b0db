"""What is concluded from readings, end to end."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.analysis.comparison import Comparison, compare
from loadtests.inference import LEAST_MARGIN, Verdict
from loadtests.results import Reading, Results, Row
from loadtests.targets import Target
from tests.unit.results_factory import CANDIDATE, CONTROL, SCENARIOS, reading, results

TURNED = {
    Verdict.FASTER: Verdict.SLOWER,
    Verdict.SLOWER: Verdict.FASTER,
    Verdict.EQUIVALENT: Verdict.EQUIVALENT,
    Verdict.INCONCLUSIVE: Verdict.INCONCLUSIVE,
    None: None,
}
ONLY_CPU = {"scenarios": SCENARIOS[:1], "capacity": None, "latency": None}


def paired(setup: str, names: tuple[str, str], costs: list[tuple[float, float]]) -> list[Reading]:
    """Make pairs of readings at so many milliseconds of CPU a request."""
    return [
        reading(setup, "index", 8, number, name, server_cpu_s=cost)  # type: ignore[arg-type]
        for number, both in enumerate(costs, 1)
        for name, cost in zip(names, both, strict=True)
    ]


def concluded(
    costs: list[tuple[float, float]], noise: list[tuple[float, float]] | None = None
) -> tuple[Comparison, Row]:
    """Compare CPU per request of pairs, and of A/A pairs."""
    readings = paired("efficiency", ("flask", "fastapi"), costs)
    readings += paired("noise", ("flask", "flask-again"), noise or [])
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
    assert len(comparison.cells) == 72
    assert comparison.noise is not None
    assert comparison.noise.low <= 1 <= comparison.noise.high


def test_compare_with_an_interval_around_one_is_inconclusive() -> None:
    """Rounds that disagree support no claim."""
    _, row = concluded([(1.0, 1.1), (1.0, 0.9)] * 4)
    assert row.ratio is not None
    assert row.ratio.low < 1 < row.ratio.high
    assert row.verdict == Verdict.INCONCLUSIVE


def test_compare_without_a_second_control_takes_the_least_margin() -> None:
    """At URLs there is no A/A run."""
    comparison, _ = concluded([(1.0, 0.9)] * 8)
    assert (comparison.noise, comparison.margin) == (None, LEAST_MARGIN)


def test_compare_with_a_quiet_second_control_takes_the_least_margin() -> None:
    """However well it repeats, less than 2 % is called no difference."""
    comparison, _ = concluded([(1.0, 0.9)] * 8, [(1.0, 1.001), (1.0, 0.999)] * 4)
    assert comparison.noise is not None
    assert comparison.margin == LEAST_MARGIN


def test_compare_with_a_restless_second_control_takes_its_half_width() -> None:
    """What differs from itself by 5 % cannot show a difference of 3 %."""
    quiet, row = concluded([(1.0, 0.97)] * 8)
    assert row.verdict == Verdict.FASTER
    restless, row = concluded([(1.0, 0.97)] * 8, [(1.0, 1.05), (1.0, 1 / 1.05)] * 4)
    assert restless.margin == pytest.approx(0.05)
    assert row.verdict == Verdict.EQUIVALENT
    assert quiet.margin < restless.margin


def test_compare_of_the_second_control_pairs_only_common_rounds() -> None:
    """The half of a pair counts for nothing here either."""
    even = paired("noise", ("flask", "flask-again"), [(1.0, 1.0)] * 8)
    half = reading("noise", "index", 8, 9, "flask", server_cpu_s=50.0)
    whole = compare(results(readings=even, settings=ONLY_CPU))
    assert compare(results(readings=[*even, half], settings=ONLY_CPU)).noise == whole.noise


def test_compare_with_a_second_control_whose_cpu_is_not_known_has_no_noise() -> None:
    """Nothing known is nothing concluded."""
    readings = [
        one.model_copy(update={"server_cpu_s": None})
        for one in paired("noise", ("flask", "flask-again"), [(1.0, 1.0)] * 8)
    ]
    assert compare(results(readings=readings, settings=ONLY_CPU)).noise is None


def test_compare_of_five_a_a_rounds_has_no_noise() -> None:
    """Five pairs carry no interval."""
    comparison, _ = concluded([(1.0, 0.9)] * 8, [(1.0, 1.0)] * 5)
    assert comparison.noise is None


def test_compare_of_a_null_run_takes_the_second_process_for_the_candidate() -> None:
    """A/A by `--null`: both are Flask, and the verdict must be that nothing differs."""
    again = Target("flask-again", "Flask (again)", "gunicorn", "http://127.0.0.1:1302")
    readings = paired("efficiency", ("flask", "flask-again"), [(1.0, 1.004), (1.0, 0.996)] * 5)
    [row] = compare(results(targets=(CONTROL, again), readings=readings, facts=(), settings=ONLY_CPU)).rows
    assert row.verdict == Verdict.EQUIVALENT


def test_compare_of_a_run_stopped_anywhere_gives_no_error() -> None:
    """Ctrl-C at any moment: after every single reading there is something to conclude, or nothing."""
    measured = results(settings={"scenarios": SCENARIOS[:1]})
    order = {setup: place for place, setup in enumerate(("noise", "efficiency", "capacity", "latency"))}
    by_time = sorted(measured.readings, key=lambda one: (order[one.setup], one.round, one.level))
    for end in range(0, len(by_time), 3):
        found = compare(measured.model_copy(update={"readings": tuple(by_time[:end]), "complete": False}))
        assert len(found.rows) == len(compare(measured).rows)


def swapped(measured: Results) -> Results:
    """Call the control candidate, and the candidate control."""
    return measured.model_copy(update={"targets": (CANDIDATE, CONTROL)})


@settings(derandomize=True, deadline=None, database=None, max_examples=10)
@given(st.integers(0, 10_000))
def test_compare_with_control_and_candidate_swapped_turns_everything_round(seed: int) -> None:
    """Ratios become their reciprocals, faster becomes slower, and values change sides."""
    # The A/A rounds are the control's own: without them the margin is the same both ways.
    measured = results(seed=seed)
    measured = measured.model_copy(
        update={"readings": tuple(one for one in measured.readings if one.setup != "noise")}
    )
    one_way, other_way = compare(measured), compare(swapped(measured))
    assert one_way.margin == other_way.margin
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
        change=lambda one: one.model_copy(update={"failures": 1}) if next(numbers) == 30 else one
    )
    assert any(one.startswith("failing: ") for one in compare(measured).warnings)
