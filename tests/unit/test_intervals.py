"""The statistics against values worked out by hand or taken from published tables."""

import random
from math import log

import pytest

from loadtests.intervals import Interval, percentile, ratio, signed_rank_interval


@pytest.mark.parametrize(("share", "expected"), [(0.01, 1), (0.2, 1), (0.21, 2), (0.5, 3), (0.99, 5), (1, 5)])
def test_percentile_of_five_values_is_the_nearest_rank(share: float, expected: float) -> None:
    """A percentile is a value that was measured, never one in between."""
    assert percentile([1, 2, 3, 4, 5], share) == expected


def test_percentile_of_nothing_is_refused() -> None:
    """There is no percentile where nothing was measured."""
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_signed_rank_interval_of_six_values_is_their_range() -> None:
    """With six values only the whole range holds the centre in 95 % of cases (1 - 2/64)."""
    assert signed_rank_interval([3, 1, 2, 6, 5, 4]) == Interval(3.5, 1, 6)


def test_signed_rank_interval_of_five_values_does_not_exist() -> None:
    """Five values cannot reach 95 %: even their range stays at 1 - 2/32."""
    assert signed_rank_interval([1, 2, 3, 4, 5]) is None


@pytest.mark.parametrize(
    ("n", "cut"), [(6, 0), (7, 2), (8, 3), (9, 5), (10, 8), (12, 13), (15, 25), (20, 52)]
)
def test_signed_rank_interval_of_n_values_cuts_where_the_published_table_does(n: int, cut: int) -> None:
    """The critical values of Wilcoxon's signed-rank test at two-sided 5 % (any textbook)."""
    # Powers of four: every pair's average is another, so that the bounds tell which one was taken.
    values = [4.0**i for i in range(n)]
    averages = sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:])
    interval = signed_rank_interval(values)
    assert interval is not None
    assert (interval.low, interval.high) == (averages[cut], averages[-1 - cut])


def test_signed_rank_interval_over_many_samples_covers_the_centre_as_often_as_it_says() -> None:
    """An interval of 95 % holds the true centre in at least 93 % of 1,000 repetitions."""
    draw = random.Random(7)
    held = 0
    for _ in range(1000):
        interval = signed_rank_interval([draw.gauss(2, 1) for _ in range(8)])
        assert interval is not None
        held += interval.low <= 2 <= interval.high
    assert held >= 930


def test_ratio_of_pairs_with_one_factor_is_that_factor_without_width() -> None:
    """A drift that hits both sides of a pair alike does not show."""
    control = [100.0, 110, 250, 90, 130, 70]
    interval = ratio(control, [2 * value for value in control])
    assert interval is not None
    assert [interval.estimate, interval.low, interval.high] == pytest.approx([2, 2, 2])


def test_ratio_turned_round_is_its_reciprocal() -> None:
    """Which of the two is called control makes no difference."""
    a, b = [1.0, 2, 3, 4, 5, 6], [2.0, 3, 5, 7, 8, 9]
    there, back = ratio(a, b), ratio(b, a)
    assert there is not None
    assert back is not None
    assert log(there.estimate) == pytest.approx(-log(back.estimate))
    assert log(there.low) == pytest.approx(-log(back.high))


def test_ratio_of_unequal_numbers_of_rounds_is_refused() -> None:
    """Rounds are compared in pairs or not at all."""
    with pytest.raises(ValueError, match="shorter"):
        ratio([1.0] * 7, [1.0] * 6)
