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
    ],
)
def test_interval_of_any_width_shows_its_bounds(bounds: tuple[float, float, float], said: str) -> None:
    """Two bounds that differ never look the same; what is exact has none."""
    assert wording.interval(Interval(*bounds)) == said


@pytest.mark.parametrize(
    ("unit", "verdict", "said"),
    [
        ("ms", Verdict.FASTER, "FastAPI faster"),
        ("req/s", Verdict.SLOWER, "Flask faster"),
        ("MB", Verdict.FASTER, "FastAPI smaller"),
        ("packages", Verdict.SLOWER, "Flask leaner"),
        ("lines", Verdict.SLOWER, "Flask shorter"),
        ("ms", Verdict.EQUIVALENT, "equivalent (within ±2.5 %)"),
        ("ms", Verdict.INCONCLUSIVE, "inconclusive"),
    ],
)
def test_verdict_with_a_ratio_names_who_is_better_and_how(unit: str, verdict: Verdict, said: str) -> None:
    """By title, in a word that fits the unit."""
    assert wording.verdict(row(unit=unit, verdict=verdict), results(), 0.025) == said


def test_verdict_of_one_cell_without_a_number_names_its_target() -> None:
    """The reader sees whose number is missing."""
    assert wording.verdict(bound(), results(), 0.02) == "generator-bound (FastAPI)"


def test_verdict_of_two_cells_with_one_limit_is_that_limit() -> None:
    """What holds of both needs no names."""
    both = row(values=(None, None), ratio=None, verdict=None, validities=("noisy", "noisy"))
    assert wording.verdict(both, results(), 0.02) == "noisy"


def test_verdict_of_two_cells_with_two_limits_names_both() -> None:
    """Each target keeps its own."""
    both = row(values=(None, None), ratio=None, verdict=None, validities=("noisy", "failing"))
    assert wording.verdict(both, results(), 0.02) == "noisy (Flask), failing (FastAPI)"


def test_verdict_of_two_numbers_without_a_ratio_says_why() -> None:
    """Nothing was wrong; there was only too little of it."""
    assert wording.verdict(row(ratio=None, verdict=None), results(), 0.02) == "too few to tell"
