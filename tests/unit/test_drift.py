"""Whether something else was at work, and how units hang together."""

from random import Random
from statistics import fmean, quantiles

import numpy as np
import pytest

from loadtests.analysis.drift import (
    ASSUMED_CORRELATION,
    FOREIGN_SHARE,
    LARGEST_CORRELATION,
    LEAST_FOR_LEVEL,
    LEAST_FOR_ORDER,
    LEVEL_SHARE,
    SURELY_ORDERED,
    cpu_pairs,
    disturbed_units,
    is_drifting,
    move_together,
    widening,
)
from loadtests.results import Reading, Results, Setup
from tests.unit.results_factory import SCENARIOS, reading, results

BIT = 1e-6
ASSUMED = ((1 + ASSUMED_CORRELATION) / (1 - ASSUMED_CORRELATION)) ** 0.5
MOST = ((1 + LARGEST_CORRELATION) / (1 - LARGEST_CORRELATION)) ** 0.5


def costing(*control: float, scenario: str = "index", candidate: float = 1.0) -> list[Reading]:
    """Make units whose control took so much CPU."""
    return [
        reading("efficiency", scenario, 8, unit, name, server_cpu_s=cost)
        for unit, both in enumerate(control, 1)
        for name, cost in (("flask", both), ("fastapi", candidate))
    ]


def seen(*readings: Reading) -> Results:
    """Make results of these readings."""
    return results(readings=readings, settings={"scenarios": SCENARIOS[:2]})


def foreign(share: float | None, setup: Setup = "capacity", unit: int = 1, window_s: float = 1.0) -> Reading:
    """Make a reading whose core worked for somebody else."""
    return reading(setup, "index", 8, unit, "flask", foreign_share=share, window_s=window_s)


def series(random: Random, n: int, correlation: float) -> list[float]:
    """Draw values each of which is like the one before to some degree."""
    values = [random.gauss(0, 1)]
    while len(values) < n:
        values.append(correlation * values[-1] + random.gauss(0, (1 - correlation**2) ** 0.5))
    return values


# Somebody else on the core


def test_disturbed_units_of_a_core_used_by_somebody_else_begin_above_the_border() -> None:
    """The border itself is still quiet, and the words say how much and where."""
    assert disturbed_units(seen(foreign(FOREIGN_SHARE), foreign(None))) == {}
    found = disturbed_units(seen(foreign(0.01), foreign(FOREIGN_SHARE + BIT, unit=2)))
    assert found == {2: "somebody else had 5% of the servers' core (capacity)"}


def test_disturbed_units_put_the_windows_of_one_setup_together_by_their_length() -> None:
    """A burst in a short window is little of the whole; another set-up does not water it down."""
    burst, quiet = foreign(0.2, window_s=0.5), foreign(0.0, window_s=1.5 + BIT)
    assert disturbed_units(seen(burst, quiet)) == {}
    assert list(disturbed_units(seen(burst, foreign(0.0, window_s=1.5 - BIT)))) == [1]
    assert list(disturbed_units(seen(burst, foreign(0.0, "latency", window_s=9)))) == [1]
    assert list(disturbed_units(seen(burst, foreign(0.0, unit=2, window_s=9)))) == [1]


# The control's own level


def test_disturbed_units_of_a_dear_control_begin_above_the_border() -> None:
    """Usual is the lower quartile, here 1."""
    assert disturbed_units(seen(*costing(1, 1, 1, 1 + LEVEL_SHARE - BIT))) == {}
    assert disturbed_units(seen(*costing(1, 1, 1, 1 + LEVEL_SHARE + BIT))) == {
        4: "Flask took 8% more CPU for index than it usually did"
    }


@pytest.mark.parametrize(("levels", "found"), [((8, 16, 32, 64), [3]), ((8, 16), []), ((1, 128), [])])
def test_disturbed_units_look_at_the_control_at_its_own_limit_over_the_whole_plateau(
    levels: tuple[int, ...], found: list[int]
) -> None:
    """A spell of the machine makes all levels dear; one level of four, or one of the sweep, is no spell."""
    dear = [
        reading("capacity", "index", level, unit, "flask", server_cpu_s=1.15 if spell else 1.0)
        for unit in range(1, 6)
        for level in (1, 8, 16, 32, 64, 128)
        for spell in [unit == 3 and level in levels]
    ]
    assert list(disturbed_units(seen(*dear))) == found


def test_disturbed_units_with_most_units_dear_still_take_the_cheap_ones_for_usual() -> None:
    """A median would call three cheap units of eight unusual, and none of the dear ones."""
    assert list(disturbed_units(seen(*costing(1.2, 1, 1.2, 1, 1.2, 1, 1.2, 1.2)))) == [1, 3, 5, 7, 8]


def test_disturbed_units_with_one_cheap_unit_of_four_do_not_take_it_for_usual() -> None:
    """A minimum would call the other three dear."""
    assert disturbed_units(seen(*costing(0.8, 1, 1, 1))) == {}


def test_disturbed_units_of_few_units_do_not_know_the_usual() -> None:
    """One of three may as well have been the usual one."""
    dear = [1.0] * (LEAST_FOR_LEVEL - 2) + [2.0]
    assert disturbed_units(seen(*costing(*dear))) == {}
    assert list(disturbed_units(seen(*costing(1.0, *dear)))) == [LEAST_FOR_LEVEL]


def test_disturbed_units_do_not_ask_the_candidate() -> None:
    """What it costs is the question, not a sign of disturbance."""
    dear = costing(1, 1, 1, 1)[:-1]
    assert disturbed_units(seen(*dear, costing(1, 1, 1, 1, candidate=9)[-1])) == {}


def test_disturbed_units_of_several_reasons_say_the_first_and_come_in_order() -> None:
    """One reason is enough; any scenario can give it."""
    dear = costing(1, 2, 1, 1, scenario="echo")
    found = disturbed_units(seen(*costing(1, 1, 1, 2), *dear, foreign(0.5, unit=4), foreign(0.3, unit=1)))
    assert list(found) == [1, 2, 4]
    assert found[2] == "Flask took 100% more CPU for echo than it usually did"
    assert found[4] == "somebody else had 50% of the servers' core (capacity)"


def test_cpu_pairs_of_a_scenario_are_its_units_in_microseconds() -> None:
    """A reading is 1,000 requests; another scenario and half a pair are left out."""
    readings = costing(0.5, 0.6, candidate=0.2) + costing(9, scenario="echo")
    found = cpu_pairs(seen(*readings[:-1], *costing(1, 1, 1)[4:5]), "index")
    assert [tuple(map(round, pair)) for pair in found] == [(1, 500, 200), (2, 600, 200)]


# The order of the units


def test_widening_of_a_series_by_hand_is_the_root_of_one_plus_r_over_one_minus_r() -> None:
    """Three low, three high, twice: 8 of 11 neighbours agree, each worth ¼, as are those that do not."""
    values = [0.0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]
    r = (12 * ((8 - 3) / 4) / (12 / 4) + 1) / (12 - 4)
    assert r == 0.75
    assert widening(values) == pytest.approx((1.75 / 0.25) ** 0.5)
    assert widening([5 + 3 * value for value in values]) == pytest.approx(widening(values))


@pytest.mark.parametrize("n", [3, LEAST_FOR_ORDER - 1, SURELY_ORDERED - 1])
def test_widening_of_few_values_is_what_is_assumed(n: int) -> None:
    """Until their order is known they are taken to hang together, even where they go to and fro."""
    assert widening([float(number % 2) for number in range(n)]) == pytest.approx(ASSUMED)


def test_widening_of_few_values_that_hang_together_is_more_than_assumed() -> None:
    """Seven cannot tell order from chance; eight of the same kind can."""
    rising = [float(number) for number in range(LEAST_FOR_ORDER)]
    assert widening(rising[:-1]) == pytest.approx(ASSUMED)
    assert widening(rising) == pytest.approx(MOST)


@pytest.mark.parametrize("values", [[1.0] * 20, [0.0, 1.0] * 10], ids=["all the same", "to and fro"])
def test_widening_of_values_that_do_not_hang_together_is_none(values: list[float]) -> None:
    """It never narrows an interval."""
    assert widening(values) == 1


def test_widening_of_white_noise_is_mostly_none_and_small() -> None:
    """Freed of its bias the correlation is around 0: half of the series stay as they are."""
    random = Random(1)
    found = [widening(series(random, 40, 0)) for _ in range(400)]
    assert sum(one == 1 for one in found) / len(found) == pytest.approx(0.5, abs=0.08)
    assert quantiles(found, n=10)[8] < 1.5


@pytest.mark.parametrize("correlation", [0.3, 0.6])
def test_widening_of_a_drifting_series_is_what_its_mean_needs(correlation: float) -> None:
    """The factor of a long series is that by which the mean of such series spreads more."""
    random = Random(2)
    expected = ((1 + correlation) / (1 - correlation)) ** 0.5
    assert widening(series(random, 20_000, correlation)) == pytest.approx(expected, rel=0.03)
    means = [fmean(series(random, 200, correlation)) for _ in range(400)]
    assert float(np.std(means)) * 200**0.5 == pytest.approx(expected, rel=0.1)


def test_widening_of_short_drifting_series_finds_the_drift_on_average() -> None:
    """Without the correction 20 values of correlation 0.6 would show only 0.43."""
    random = Random(3)
    squares = [widening(series(random, 20, 0.6)) ** 2 for _ in range(400)]
    assert fmean((one - 1) / (one + 1) for one in squares) == pytest.approx(0.57, abs=0.04)


def test_widening_of_a_trend_is_bounded() -> None:
    """A correlation near 1 would ask for an endless interval."""
    assert widening([float(number) for number in range(100)]) == pytest.approx(MOST)


def test_is_drifting_of_white_noise_is_hardly_ever_said_and_of_drift_mostly() -> None:
    """A warning that chance gives every other time is read by nobody."""
    random = Random(6)
    white, drift = ([is_drifting(series(random, 30, c)) for _ in range(400)] for c in (0, 0.6))
    assert sum(white) / 400 < 0.05
    assert sum(drift) / 400 > 0.7


def test_is_drifting_begins_above_two_deviations_of_chance_and_with_eight_values() -> None:
    """Of 16 values chance makes r + 1/16 up to ½: 11 alike of 15 neighbours make it that, 12 make it ⅝."""
    assert is_drifting(([0.0] * 4 + [1.0] * 4) * 2)
    assert not is_drifting([0.0] * 4 + [1.0] * 4 + [0.0] * 2 + [1.0] * 4 + [0.0] * 2)
    assert not is_drifting([float(number) for number in range(LEAST_FOR_ORDER - 1)])


# Scenarios together


def moved(*values: float) -> dict[int, float]:
    """Number ratios by unit."""
    return dict(enumerate(values, 1))


def test_move_together_of_scenarios_is_the_median_correlation_of_logarithms() -> None:
    """Of three pairs, as NumPy finds it."""
    random = Random(4)
    ratios = {name: moved(*(random.lognormvariate(0, 1) for _ in range(9))) for name in "abc"}
    logs = np.log([list(one.values()) for one in ratios.values()])
    expected = float(np.median(np.corrcoef(logs)[np.triu_indices(3, 1)]))
    assert move_together(ratios) == pytest.approx(expected)


def test_move_together_of_powers_is_one_and_of_their_reciprocals_minus_one() -> None:
    """What one does, the other does on a scale of its own."""
    first = moved(*(1 + number / 10 for number in range(LEAST_FOR_ORDER)))
    assert move_together({"a": first, "b": {unit: x**3 for unit, x in first.items()}}) == pytest.approx(1)
    assert move_together({"a": first, "b": {unit: 1 / x for unit, x in first.items()}}) == pytest.approx(-1)


def test_move_together_of_too_few_common_units_or_no_movement_is_unknown() -> None:
    """Only units that both have count, and what stands still goes with nothing."""
    first = moved(*(1 + number / 10 for number in range(LEAST_FOR_ORDER)))
    late = {unit + 1: ratio for unit, ratio in first.items()}
    assert move_together({"a": first, "b": late}) is None
    assert move_together({"a": first, "b": dict.fromkeys(first, 0.5)}) is None
    assert move_together({"a": first}) is None
