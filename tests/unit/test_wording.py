"""How numbers and verdicts are said."""

import pytest

from loadtests.inference import Interval, Verdict
from loadtests.report import wording
from tests.unit.comparison_factory import bound, row
from tests.unit.results_factory import results


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "—"),
        (0, "0"),
        (0.04567, "0.0457"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (46.0, "46"),
        (1234567.8, "1,234,568"),
    ],
)
def test_number_of_any_size_has_three_digits_or_is_whole(value: float | None, said: str) -> None:
    """Enough to compare, and no more."""
    assert wording.number(value) == said


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ((0.405, 0.371, 0.482), "0.41 [0.37, 0.48]"),
        ((1.001, 0.996, 1.006), "1.001 [0.996, 1.006]"),
        ((0.0123, 0.011, 0.02), "0.012 [0.011, 0.020]"),
        ((12.34, 11.9, 13.1), "12.3 [11.9, 13.1]"),
        ((1.2857, 1.2857, 1.2857), "1.29"),
        ((0.5, 0.06, 5.9), "0.50 [0.06, 5.90]"),
        ((0.5, 0.05, 5.1), "0.50 [?]"),
        ((0.4, 0.0, 1e300), "0.40 [?]"),
    ],
)
def test_interval_of_any_width_shows_its_bounds(bounds: tuple[float, float, float], said: str) -> None:
    """Two bounds that differ never look the same; neither what is exact has any, nor what says nothing."""
    assert wording.interval(Interval(*bounds)) == said


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ((1.073, 1.004, 1.146), "1.073 [1.004, 1.146]"),
        ((0.97, 0.94, 0.997), "0.970 [0.940, 0.997]"),
        ((1.07, 1.006, 1.15), "1.07 [1.01, 1.15]"),
    ],
)
def test_interval_with_a_bound_beside_1_shows_on_which_side_it_lies(
    bounds: tuple[float, float, float], said: str
) -> None:
    """A verdict never stands beside an interval that seems to touch 1."""
    assert wording.interval(Interval(*bounds)) == said


def test_interval_of_no_ratio_is_a_dash() -> None:
    """Nothing was found, and nothing is shown."""
    assert wording.interval(None) == "—"


@pytest.mark.parametrize(
    ("unit", "verdict", "said"),
    [
        ("ms", Verdict.FASTER, "FastAPI faster"),
        ("req/s", Verdict.SLOWER, "Flask faster"),
        ("MB", Verdict.FASTER, "FastAPI smaller"),
        ("packages", Verdict.SLOWER, "Flask leaner"),
        ("lines", Verdict.SLOWER, "Flask shorter"),
        ("ms", Verdict.EQUIVALENT, "equivalent (within ±2 %)"),
        ("ms", Verdict.INCONCLUSIVE, "inconclusive"),
    ],
)
def test_verdict_with_a_ratio_names_who_is_better_and_how(unit: str, verdict: Verdict, said: str) -> None:
    """By title, in a word that fits the unit."""
    assert wording.verdict(row(unit=unit, verdict=verdict), results()) == said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (None, "inconclusive"),
        (1, "inconclusive (1 more unit)"),
        (12, "inconclusive (12 more units)"),
    ],
)
def test_verdict_that_is_open_says_how_much_would_settle_it(more: int | None, said: str) -> None:
    """Whoever has the time knows how long to go on."""
    assert wording.verdict(row(verdict=Verdict.INCONCLUSIVE, more_units=more), results()) == said


@pytest.mark.parametrize(
    ("undisturbed", "said"),
    [
        (None, "disturbed"),
        (Interval(0.52, 0.4, 0.7), "disturbed (without: 0.52 [0.40, 0.70])"),
        (Interval(0.52, 0.01, 70), "disturbed (without: 0.52 [?])"),
    ],
)
def test_verdict_that_is_disturbed_says_what_is_left(undisturbed: Interval | None, said: str) -> None:
    """The ratio of the quiet units stands beside that of all."""
    assert wording.verdict(row(verdict=Verdict.DISTURBED, undisturbed=undisturbed), results()) == said


def test_verdict_that_is_settled_says_nothing_of_units() -> None:
    """What is left over from a unit before does not show."""
    settled = row(more_units=3, undisturbed=Interval(0.4, 0.3, 0.5))
    assert wording.verdict(settled, results()) == "FastAPI faster"


def test_verdict_of_one_cell_without_a_number_names_its_target() -> None:
    """The reader sees whose number is missing."""
    assert wording.verdict(bound(), results()) == "generator-bound (FastAPI)"


def test_verdict_of_two_cells_with_one_limit_is_that_limit() -> None:
    """What holds of both needs no names."""
    both = row(values=(None, None), ratio=None, verdict=None, validities=("noisy", "noisy"))
    assert wording.verdict(both, results()) == "noisy"


def test_verdict_of_two_cells_with_two_limits_names_both() -> None:
    """Each target keeps its own."""
    both = row(values=(None, None), ratio=None, verdict=None, validities=("noisy", "failing"))
    assert wording.verdict(both, results()) == "noisy (Flask), failing (FastAPI)"


def test_verdict_of_two_numbers_without_a_ratio_says_why() -> None:
    """Nothing was wrong; there was only too little of it."""
    assert wording.verdict(row(ratio=None, verdict=None), results()) == "too few to tell"
