"""The statistics against published tables, SciPy, brute force, their own laws, and simulated measurements."""

from collections.abc import Callable
from itertools import pairwise
from math import e, exp, inf, log, log1p, nan, sqrt
from random import Random
from statistics import fmean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import wilcoxon

from loadtests.inference import (
    LARGEST,
    LEAST_LOOK,
    MARGIN,
    MIXTURE,
    MOST_LOOKED,
    Interval,
    Verdict,
    centre,
    confidence_sequence,
    half_width,
    more_values,
    percentile,
    ratio,
    sequential_ratio,
    verdict,
)

# The same examples in every run.
repeatable = settings(derandomize=True, deadline=None, database=None)

# Wilcoxon's signed-rank test at two-sided 5 %: the number of pairs, and the largest rank sum that is still
# significant (any textbook).
CRITICAL = [(6, 0), (7, 2), (8, 3), (9, 5), (10, 8), (12, 13), (15, 25), (20, 52)]

# How the depression factors of nine patients changed with a tranquilizer: Hollander, Wolfe, Chicken,
# Nonparametric Statistical Methods (3rd ed.), examples 3.1, 3.3 and 3.4.
DEPRESSION = [-0.952, 0.147, -1.022, -0.430, -0.620, -0.590, -0.490, 0.080, -0.010]

positive = st.floats(0.001, 1000)
samples = st.lists(st.floats(-100, 100), min_size=1, max_size=15)
# Numbers like 3 / 2 and 6 / 4 make ties, equal ones make pairs without a difference.
paired = st.lists(
    st.one_of(st.tuples(positive, positive), st.tuples(*[st.integers(1, 6)] * 2)), min_size=6, max_size=15
)
intervals = st.tuples(*[st.floats(0.1, 10)] * 3).map(sorted).map(lambda v: Interval(v[1], v[0], v[2]))


def estimated(interval: Interval | None) -> Interval:
    """Return an interval that is known to exist."""
    assert interval is not None
    return interval


def bounds(interval: Interval | None) -> list[float]:
    """Return low, estimate, high."""
    return [estimated(interval).low, estimated(interval).estimate, estimated(interval).high]


def ratio_of(pairs: list[tuple[float, float]]) -> Interval:
    """Return the ratio of pairs (control, candidate)."""
    return estimated(ratio([a for a, _ in pairs], [b for _, b in pairs]))


def measured(draw: Random, rounds: int, true_ratio: float, noise: float) -> tuple[list[float], list[float]]:
    """Simulate rounds that drift together by a half and differ by noise, a share."""
    drifts = [exp(draw.uniform(-0.5, 0.5)) for _ in range(rounds)]
    return (
        [drift * exp(draw.gauss(0, noise / 2**0.5)) for drift in drifts],
        [drift * true_ratio * exp(draw.gauss(0, noise / 2**0.5)) for drift in drifts],
    )


# Percentiles


@pytest.mark.parametrize(("share", "expected"), [(0.01, 1), (0.2, 1), (0.21, 2), (0.5, 3), (0.99, 5), (1, 5)])
def test_percentile_of_five_values_is_the_nearest_rank(share: float, expected: float) -> None:
    """A percentile is a value that was measured, never one in between."""
    assert percentile([1, 2, 3, 4, 5], share) == expected


def test_percentile_of_a_hundred_values_is_the_rank_of_that_number() -> None:
    """0.07 of 100 is the 7th, though floating point makes it a little more than 7."""
    hundred = list(range(1, 101))
    assert [percentile(hundred, percent / 100) for percent in hundred] == hundred


def test_percentile_of_nothing_is_refused() -> None:
    """There is no percentile where nothing was measured."""
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


@pytest.mark.parametrize("share", [0, -0.5, 1.01, 50, float("nan")])
def test_percentile_of_a_share_outside_is_refused(share: float) -> None:
    """A percentage given for a share would otherwise pick some other value."""
    with pytest.raises(ValueError, match="a share from 0"):
        percentile([1, 2, 3, 4, 5], share)


# The centre of values, and its interval


def test_centre_of_six_values_has_their_range() -> None:
    """With six values only the whole range holds the centre in 95 % of cases (1 - 2/64)."""
    assert centre([3, 1, 2, 6, 5, 4]) == Interval(3.5, 1, 6)


@pytest.mark.parametrize("values", [[], [1.0], [1, 2, 3, 4, 5]])
def test_centre_of_five_values_or_fewer_does_not_exist(values: list[float]) -> None:
    """Five values cannot reach 95 %: even their range stays at 1 - 2/32."""
    assert centre(values) is None


@pytest.mark.parametrize(("confidence", "exists"), [(0.9375, True), (0.938, False)])
def test_centre_of_five_values_exists_up_to_the_confidence_of_their_range(
    confidence: float, exists: bool
) -> None:
    """1 - 2/32 itself is reached, and nothing above."""
    assert centre([1, 2, 3, 4, 5], confidence) == (Interval(3, 1, 5) if exists else None)


def test_centre_of_the_published_example_is_the_published_one() -> None:
    """Estimate -0.46; the bounds are the 6th average from either end, 96.1 %: (-0.786, -0.010)."""
    assert bounds(centre(DEPRESSION)) == pytest.approx([-0.786, -0.46, -0.010])


@pytest.mark.parametrize(("n", "cut"), CRITICAL)
def test_centre_of_n_values_cuts_where_the_published_table_does(n: int, cut: int) -> None:
    """The bounds leave out as many averages at either end as the critical value says."""
    # Powers of four: every pair's average is another, so that the bounds tell which one was taken.
    values = [4.0**i for i in range(n)]
    averages = sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:])
    interval = estimated(centre(values))
    assert (interval.low, interval.high) == (averages[cut], averages[-1 - cut])


@pytest.mark.parametrize("confidence", [0, 1, 95, float("nan")])
def test_centre_with_a_confidence_outside_is_refused(confidence: float) -> None:
    """A percentage given for a share is a mistake, not a wide interval."""
    with pytest.raises(ValueError, match="a confidence between 0 and 1"):
        centre([1, 2, 3, 4, 5, 6], confidence)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_centre_of_a_value_that_is_not_finite_is_refused(value: float) -> None:
    """What was not measured would sort anywhere."""
    with pytest.raises(ValueError, match="not finite"):
        centre([1, 2, 3, 4, 5, value])


@pytest.mark.parametrize("n", [6, 7, 20, 36])
def test_centre_is_what_numpy_finds_by_brute_force(n: int) -> None:
    """Hodges-Lehmann: the median of the averages of all pairs, each value with itself included."""
    values = np.random.default_rng(n).normal(2, 1, n)
    averages = np.add.outer(values, values)[np.triu_indices(n)] / 2
    assert estimated(centre(values.tolist())).estimate == pytest.approx(float(np.median(averages)))


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95])
@pytest.mark.parametrize("n", [6, 9, 20, 36])
def test_centre_bounds_are_where_scipy_begins_to_reject(n: int, confidence: float) -> None:
    """The interval holds just the centres that the test of SciPy does not reject."""
    draw = Random(n)
    values = [draw.gauss(2, 1) for _ in range(n)]
    interval = estimated(centre(values, confidence))

    def p(supposed: float) -> float:
        return float(wilcoxon([value - supposed for value in values], method="exact").pvalue)

    assert min(p(interval.low + 1e-9), p(interval.high - 1e-9)) > 1 - confidence
    assert max(p(interval.low - 1e-9), p(interval.high + 1e-9)) <= 1 - confidence


@repeatable
@given(samples, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_centre_with_more_confidence_is_no_narrower(values: list[float], one: float, other: float) -> None:
    """Whoever wants to be surer gets the same interval, a wider one or none; the estimate stays."""
    narrow, wide = centre(values, min(one, other)), centre(values, max(one, other))
    if wide is not None:
        narrow = estimated(narrow)
        assert wide.low <= narrow.low <= narrow.estimate <= narrow.high <= wide.high
        assert wide.estimate == narrow.estimate


@repeatable
@given(samples, st.data())
def test_centre_does_not_depend_on_the_order(values: list[float], data: st.DataObject) -> None:
    """Rounds carry no rank in time."""
    assert centre(data.draw(st.permutations(values)), 0.5) == centre(values, 0.5)


def test_centre_over_many_samples_is_held_as_often_as_it_says() -> None:
    """With eight values the true confidence is 1 - 10/256; of 2,000 intervals that many hold the centre."""
    draw = Random(7)
    held = 0
    for _ in range(2000):
        interval = estimated(centre([draw.gauss(2, 1) for _ in range(8)]))
        held += interval.low <= 2 <= interval.high
    assert held / 2000 == pytest.approx(1 - 10 / 256, abs=0.015)


# Ratios


def test_ratio_of_pairs_with_one_factor_is_that_factor_without_width() -> None:
    """A drift that hits both sides of a pair alike does not show."""
    control = [100.0, 110, 250, 90, 130, 70]
    assert bounds(ratio(control, [2 * value for value in control])) == pytest.approx([2, 2, 2])


def test_ratio_of_equal_sides_is_exactly_one() -> None:
    """No rounding makes a difference where there is none."""
    assert ratio([0.1, 0.2, 0.3, 7, 11, 13], [0.1, 0.2, 0.3, 7, 11, 13]) == Interval(1, 1, 1)


def test_ratio_of_five_pairs_does_not_exist() -> None:
    """Five pairs cannot reach 95 %."""
    assert ratio([1.0, 2, 3, 4, 5], [2.0, 3, 4, 5, 6]) is None


def test_ratio_of_five_pairs_exists_where_less_confidence_is_asked_for() -> None:
    """At 90 % five pairs are enough, and their range is the interval."""
    assert bounds(ratio([1.0] * 5, [1.0, 2, 4, 8, 16], 0.9)) == pytest.approx([1, 4, 16])


def test_ratio_of_unequal_numbers_of_rounds_is_refused() -> None:
    """Rounds are compared in pairs or not at all."""
    with pytest.raises(ValueError, match="shorter"):
        ratio([1.0] * 7, [1.0] * 6)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_ratio_of_a_value_that_is_no_measurement_is_refused(value: float) -> None:
    """Zero CPU time was not measured; it is no infinite gain."""
    with pytest.raises(ValueError, match="positive, finite values"):
        ratio([1.0] * 6, [1.0, 2, 3, 4, 5, value])
    with pytest.raises(ValueError, match="positive, finite values"):
        ratio([1.0, 2, 3, 4, 5, value], [1.0] * 6)


@repeatable
@given(paired)
def test_ratio_has_its_estimate_within_its_bounds(pairs: list[tuple[float, float]]) -> None:
    """The bounds lie on either side of the estimate, and all of them within the pairs' own ratios."""
    interval = ratio_of(pairs)
    ratios = [b / a for a, b in pairs]
    assert interval.low <= interval.estimate <= interval.high
    assert min(ratios) * (1 - 1e-9) <= interval.low
    assert interval.high <= max(ratios) * (1 + 1e-9)


@repeatable
@given(paired)
def test_ratio_turned_round_is_its_reciprocal(pairs: list[tuple[float, float]]) -> None:
    """Which of the two is called control makes no difference."""
    there, back = ratio_of(pairs), ratio_of([(b, a) for a, b in pairs])
    assert bounds(back) == pytest.approx([1 / there.high, 1 / there.estimate, 1 / there.low], rel=1e-9)


@repeatable
@given(paired, positive, positive)
def test_ratio_in_other_units_is_the_same(
    pairs: list[tuple[float, float]], control_unit: float, candidate_unit: float
) -> None:
    """Seconds or microseconds; a factor on one side alone is a factor on the ratio."""
    scaled = ratio_of([(control_unit * a, candidate_unit * b) for a, b in pairs])
    expected = [value * candidate_unit / control_unit for value in bounds(ratio_of(pairs))]
    assert bounds(scaled) == pytest.approx(expected, rel=1e-9)


@repeatable
@given(paired, st.data())
def test_ratio_does_not_depend_on_the_order(pairs: list[tuple[float, float]], data: st.DataObject) -> None:
    """What keeps a pair together is its round, and nothing else."""
    assert ratio_of(data.draw(st.permutations(pairs))) == ratio_of(pairs)


def test_ratio_over_many_comparisons_is_held_as_often_as_it_says() -> None:
    """Of 500 intervals over 36 drifting rounds with 3 % of noise, 95 % hold the true ratio, here 0.7."""
    draw = Random(11)
    held = 0
    for _ in range(500):
        interval = estimated(ratio(*measured(draw, 36, 0.7, 0.03)))
        held += interval.low <= 0.7 <= interval.high
    assert held / 500 == pytest.approx(0.95, abs=0.03)


# Confidence sequences


def drawn(seed: int, n: int) -> list[float]:
    """Draw normal values of unit spread around 2."""
    random = Random(seed)
    return [random.gauss(2, 1) for _ in range(n)]


def evidence(values: list[float], mean: float) -> float:
    """Return the mixture's likelihood ratio against a mean, by densities of Student's t.

    With an effect of n(0, g) standard deviations the t of n values is Student's, stretched by (1 + ng) ** ½.
    """
    n = len(values)
    t = (fmean(values) - mean) / (stdev(values) / sqrt(n))
    scales = [sqrt(1 + n * variance) for variance in MIXTURE]
    return fmean(float(student.pdf(t / scale, n - 1) / scale / student.pdf(t, n - 1)) for scale in scales)


@pytest.mark.parametrize("error", [0.05, 0.05 / 16, 0.5])
@pytest.mark.parametrize("n", [3, 4, 8, 20, 100])
def test_confidence_sequence_ends_where_the_evidence_against_a_mean_is_one_over_the_error(
    n: int, error: float
) -> None:
    """The oracle knows densities only, and neither the closed form nor the search for its root."""
    values = drawn(n, n)
    interval = estimated(confidence_sequence(values, error))
    assert interval.estimate == pytest.approx(fmean(values))
    assert evidence(values, interval.low) == pytest.approx(1 / error, rel=1e-5)
    assert evidence(values, interval.high) == pytest.approx(1 / error, rel=1e-5)


def first_misses(sequences: int, half: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> float:
    """Return the share of normal sequences whose mean is outside the interval at any look of 3 to 30."""
    values = np.random.default_rng(5).normal(0, 1, (sequences, 30))
    n = np.arange(1, 31)
    means = values.cumsum(1) / n
    squares = np.maximum((values**2).cumsum(1) - n * means**2, 0)
    deviations = np.sqrt(squares[:, 2:] / (n[2:] - 1))
    return float((np.abs(means[:, 2:]) > half(deviations, n[2:])).any(1).mean())


def test_confidence_sequence_looked_at_after_each_value_misses_no_more_often_than_it_says() -> None:
    """Of 2,000 sequences at most 5 % miss at any look, three standard errors of chance allowed."""
    critical = [estimated_half(1, int(n), 0.05) for n in range(3, 31)]
    share = first_misses(2000, lambda deviations, _: deviations * critical)
    assert 0.005 < share <= 0.05 + 3 * sqrt(0.05 * 0.95 / 2000)


def test_t_interval_looked_at_after_each_value_misses_more_often_than_it_says() -> None:
    """The same check finds what is not valid at any time: some 20 % miss."""
    share = first_misses(2000, lambda deviations, n: student.ppf(0.975, n - 1) * deviations / np.sqrt(n))
    assert share > 0.15


def estimated_half(deviation: float, n: int, error: float) -> float:
    """Return a half-width that is known to exist."""
    half = half_width(deviation, n, error)
    assert half is not None
    return half


@pytest.mark.parametrize("widening", [1.0, 1.5, 3.0])
def test_confidence_sequence_of_values_moved_stretched_and_widened_follows(widening: float) -> None:
    """Units of measurement make no difference, and a widening multiplies the half-width alone."""
    values = drawn(1, 9)
    plain = estimated(confidence_sequence(values, 0.05))
    moved = estimated(confidence_sequence([7 - 3 * value for value in values], 0.05, widening))
    half = 3 * widening * (plain.high - plain.low) / 2
    middle = 7 - 3 * plain.estimate
    assert bounds(moved) == pytest.approx([middle - half, middle, middle + half])


def test_confidence_sequence_of_more_values_or_a_larger_error_is_narrower() -> None:
    """At the same spread; surer costs width."""
    halves = [estimated_half(1, n, 0.01) for n in range(3, MOST_LOOKED + 1)]
    assert all(wide > narrow for wide, narrow in pairwise(halves))
    assert estimated_half(1, 9, 0.05) < estimated_half(1, 9, 0.01)


def test_confidence_sequence_of_equal_values_has_no_width() -> None:
    """What repeats exactly is known exactly."""
    assert confidence_sequence([2.0] * 3, 0.05) == Interval(2, 2, 2)


@pytest.mark.parametrize(("n", "error"), [(0, 0.05), (2, 0.05), (3, 1 / 835), (4, 1e-5)])
def test_confidence_sequence_of_too_few_values_does_not_exist(n: int, error: float) -> None:
    """The evidence of three reaches 834.25 at most, however far off a mean is."""
    assert confidence_sequence(drawn(1, n), error) is None
    assert half_width(1, 3, 1 / 834) is not None
    assert fmean(1 + 3 * variance for variance in MIXTURE) == 834.25


@pytest.mark.parametrize("error", [0, 1, 5, nan])
def test_confidence_sequence_with_an_error_outside_is_refused(error: float) -> None:
    """A percentage given for a share is a mistake."""
    with pytest.raises(ValueError, match="an error between 0 and 1"):
        confidence_sequence([1, 2, 3], error)


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_confidence_sequence_of_a_value_that_is_not_finite_is_refused(value: float) -> None:
    """What was not measured has no mean."""
    with pytest.raises(ValueError, match="not finite"):
        confidence_sequence([1, 2, value], 0.05)


def test_sequential_ratio_of_pairs_is_the_sequence_of_their_logarithms() -> None:
    """With the widening that those logarithms ask for."""
    control, candidate = [1.0, 2, 4, 8], [3.0, 5, 13, 23]
    logs = [log(b) - log(a) for a, b in zip(control, candidate, strict=True)]
    expected = [exp(bound) for bound in bounds(confidence_sequence(logs, 0.05, 1.5))]
    found = sequential_ratio(control, candidate, 0.05, lambda asked: 1.5 if asked == logs else nan)
    assert bounds(found) == pytest.approx(expected)
    turned = sequential_ratio(candidate, control, 0.05, lambda _: 1.5)
    assert bounds(turned) == pytest.approx([1 / bound for bound in reversed(expected)])


def test_sequential_ratio_of_wildly_different_pairs_stays_a_number() -> None:
    """Three values at an error that they hardly bear reach further than floating point does."""
    found = estimated(sequential_ratio([1.0] * 3, [1.0, e, e**2], 1 / 834))
    assert (found.low, found.high) == (exp(-LARGEST), exp(LARGEST))


def test_sequential_ratio_of_what_is_no_measurement_is_refused() -> None:
    """Zero is no infinite gain, and pairs are pairs."""
    with pytest.raises(ValueError, match="positive, finite values"):
        sequential_ratio([1.0] * 3, [1.0, 2, 0], 0.05)
    with pytest.raises(ValueError, match="shorter"):
        sequential_ratio([1.0] * 4, [1.0] * 3, 0.05)


# How many more


def stretched(values: list[float], n: int) -> list[float]:
    """Return n values with the mean and the standard deviation of these."""
    more = drawn(n, n)
    factor = stdev(values) / stdev(more)
    return [fmean(values) + factor * (value - fmean(more)) for value in more]


def is_settled(values: list[float], error: float, widening: float = 1.0) -> bool:
    """Say whether these values have a verdict."""
    interval = confidence_sequence(values, error, widening)
    if interval is None:
        return False
    return interval.low > 0 or interval.high < 0 or max(-interval.low, interval.high) <= log1p(MARGIN)


@pytest.mark.parametrize("widening", [1.0, 2.0])
@pytest.mark.parametrize("middle", [-0.05, -0.03, 0.0, 0.01, 0.04])
def test_more_values_of_an_open_question_settle_it_exactly_then(middle: float, widening: float) -> None:
    """With so many more of the same spread there is a verdict, and with one fewer there is none."""
    values = [middle + (value - 2) * 0.02 for value in drawn(3, 3)]
    more = more_values(values, 0.05 / 16, MARGIN, widening)
    assert more is not None
    assert more > 1
    assert is_settled(stretched(values, 3 + more), 0.05 / 16, widening)
    assert not is_settled(stretched(values, 3 + more - 1), 0.05 / 16, widening)


def test_more_values_of_a_question_nearly_settled_is_one() -> None:
    """The least there is: one that is settled already asks for nothing."""
    values = [-0.1165, -0.0834, -0.1054, -0.1278, -0.0726]
    assert not is_settled(values, 0.05 / 16)
    assert more_values(values, 0.05 / 16, MARGIN) == 1


def test_more_values_of_hundreds_are_counted() -> None:
    """The evidence of so many is beyond any floating-point number, and still a number of values."""
    values = [value - fmean(drawn(1, 5)) + 0.2 for value in drawn(1, 5)]
    more = more_values(values, 0.05 / 16, MARGIN)
    assert more is not None
    assert more > 300
    assert is_settled(stretched(values, 5 + more), 0.05 / 16)
    assert not is_settled(stretched(values, 5 + more - 1), 0.05 / 16)


def test_more_values_at_the_margin_or_of_too_few_are_unknown() -> None:
    """A difference of the margin itself is none, or one, for ever; two values have no spread to go by."""
    assert more_values([log1p(MARGIN) + value for value in (-1.0, 0, 1)], 0.05, MARGIN) is None
    assert more_values([0.1] * (LEAST_LOOK - 1), 0.05, MARGIN) is None


# Verdicts


@pytest.mark.parametrize(
    ("low", "high", "is_lower", "is_higher"),
    [
        (0.7, 0.8, Verdict.FASTER, Verdict.SLOWER),
        (1.2, 1.3, Verdict.SLOWER, Verdict.FASTER),
        (0.7, 1 - 1e-12, Verdict.FASTER, Verdict.SLOWER),
        (0.7, 1.0, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (1.0, 1.3, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (0.97, 1.01, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (0.97, 0.99, Verdict.FASTER, Verdict.SLOWER),
        (0.985, 0.99, Verdict.EQUIVALENT, Verdict.EQUIVALENT),
        (1 / 1.02, 1.02, Verdict.EQUIVALENT, Verdict.EQUIVALENT),
        (0.98, 1.02, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),  # 1 / 1.02 is 0.9804
        (1 / 1.02, 1.02 + 1e-12, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
    ],
)
def test_verdict_of_an_interval_is_the_one_of_the_table(
    low: float, high: float, is_lower: Verdict, is_higher: Verdict
) -> None:
    """What each interval means where less is better, and where more is."""
    interval = Interval((low * high) ** 0.5, low, high)
    assert verdict(interval, less_is_better=True) is is_lower
    assert verdict(interval, less_is_better=False) is is_higher


@repeatable
@given(intervals, st.booleans())
def test_verdict_turned_round_is_the_opposite(interval: Interval, less_is_better: bool) -> None:
    """If the candidate is faster, the control is slower; so it is, too, if more was better after all."""
    opposite = {Verdict.FASTER: Verdict.SLOWER, Verdict.SLOWER: Verdict.FASTER}
    there = verdict(interval, less_is_better)
    turned = Interval(1 / interval.estimate, 1 / interval.high, 1 / interval.low)
    assert verdict(turned, less_is_better) is opposite.get(there, there)
    assert verdict(interval, not less_is_better) is opposite.get(there, there)
