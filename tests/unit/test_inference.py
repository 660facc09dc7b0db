"""The statistics against published tables, SciPy, brute force, their own laws, and simulated measurements."""

from itertools import product
from math import exp, log
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon

from loadtests.inference import (
    LEAST_MARGIN,
    SIGNIFICANCE,
    Interval,
    Verdict,
    centre,
    holm,
    margin,
    p_value,
    percentile,
    ratio,
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
probabilities = st.floats(0, 1)
questions = st.lists(probabilities, max_size=10)
intervals = st.tuples(*[st.floats(0.1, 10)] * 3).map(sorted).map(lambda v: Interval(v[1], v[0], v[2]))
margins = st.floats(0, 1)


def changes_by(log_ratios: list[float]) -> tuple[list[float], list[float]]:
    """Make control and candidate out of their log-ratios."""
    return [1.0] * len(log_ratios), [exp(value) for value in log_ratios]


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


def p_of(pairs: list[tuple[float, float]]) -> float:
    """Return the p-value of pairs (control, candidate)."""
    return p_value([a for a, _ in pairs], [b for _, b in pairs])


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


# P-values


@pytest.mark.parametrize(
    ("log_ratios", "expected"),
    [
        ([], 1),
        ([0, 0, 0], 1),
        ([0.1], 1),
        ([1, 2, 3, 4, 5, 6], 2 / 64),
        ([-1, -2, -3, -4, -5, -6], 2 / 64),
        ([-1, 2, 3, 4, 5, 6], 4 / 64),  # rank sum 1: {}, {1}
        ([1, 2, -3, 4, 5, 6], 10 / 64),  # rank sum 3: {}, {1}, {2}, {3}, {1, 2}
        ([1, -2], 1),  # rank sum 1 against 2: {}, {1} and their mirror images are all there is
        ([0, 1, 2, 3, 0, 4, 5, 6], 2 / 64),  # two dropped
        ([-1, 1, 2, 3], 6 / 16),  # ranks 1.5, 1.5, 3, 4; rank sum 1.5: {}, and either of 1.5
        ([1, 2, 2, 2, -2], 12 / 32),  # ranks 1 and four of 3.5; rank sum 3.5: {}, {1}, and any of the four
    ],
)
def test_p_value_of_few_pairs_is_the_one_counted_by_hand(log_ratios: list[float], expected: float) -> None:
    """Twice the share of sign patterns whose smaller rank sum is no larger than the one seen."""
    assert p_value(*changes_by(log_ratios)) == expected


def test_p_value_of_the_published_example_is_the_published_one() -> None:
    """The rank sum is 5; one-sided 0.0195 (R's wilcox.test on the same data: V = 40, p = 0.01953)."""
    assert p_value(*changes_by(DEPRESSION)) == 2 * 10 / 512


@pytest.mark.parametrize(("n", "cut"), CRITICAL)
def test_p_value_is_significant_up_to_the_critical_value_of_the_published_table(n: int, cut: int) -> None:
    """The critical value itself is significant at 5 %, the next rank sum is not."""

    def p(rank_sum: int) -> float:
        log_ratios = [float(rank) for rank in range(1, n + 1)]
        for rank in range(n, 0, -1):
            if rank <= rank_sum:
                rank_sum -= rank
                log_ratios[rank - 1] *= -1
        return p_value(*changes_by(log_ratios))

    assert p(cut) <= 0.05 < p(cut + 1)


def test_p_value_of_ratios_that_only_rounding_tells_apart_ties_them() -> None:
    """2 ÷ 1 and 14 ÷ 7 are one size of change: both directions of it cancel out."""
    assert log(14.2) - log(7.1) != log(2)  # or else this shows nothing
    assert p_value([1, 14.2, 1], [2, 7.1, 5]) == p_value([1, 2, 1], [2, 1, 5]) == 6 / 8


def test_p_value_of_two_hundred_pairs_is_exact() -> None:
    """No approximation by a normal distribution sets in."""
    assert p_value(*changes_by([i / 100 for i in range(1, 201)])) == 2**-199


@pytest.mark.parametrize("n", [1, 2, 5, 6, 10, 36, 50, 200])
def test_p_value_without_ties_is_the_one_of_scipy(n: int) -> None:
    """SciPy's exact method, on 10 samples of each size."""
    draw = Random(n)
    for _ in range(10):
        control = [draw.uniform(1, 2) for _ in range(n)]
        candidate = [value * exp(draw.gauss(0.1, 0.5)) for value in control]
        expected = wilcoxon(np.log(candidate) - np.log(control), method="exact").pvalue
        assert p_value(control, candidate) == pytest.approx(float(expected), rel=1e-9)


@repeatable
@given(st.lists(st.integers(-4, 4), max_size=9))
def test_p_value_with_ties_is_the_one_of_every_sign_pattern(log_ratios: list[int]) -> None:
    """By brute force: all ways to choose the signs, over the mean ranks that SciPy gives."""
    sizes = [abs(value) for value in log_ratios if value]
    ranks = rankdata(sizes).tolist()
    middle = sum(ranks) / 2
    seen = sum(rank for rank, value in zip(ranks, filter(None, log_ratios), strict=True) if value > 0)
    sums = [
        sum(rank for rank, is_positive in zip(ranks, signs, strict=True) if is_positive)
        for signs in product([False, True], repeat=len(ranks))
    ]
    expected = sum(abs(each - middle) >= abs(seen - middle) for each in sums) / len(sums)
    assert p_value(*changes_by([value / 10 for value in log_ratios])) == expected


@repeatable
@given(st.lists(st.integers(1, 1000), min_size=6, max_size=20, unique=True), st.data())
def test_p_value_is_significant_just_where_the_interval_excludes_one(
    sizes: list[int], data: st.DataObject
) -> None:
    """The two halves of a verdict are one method and cannot contradict each other, where nothing is tied."""
    signs = data.draw(st.lists(st.sampled_from([-1, 1]), min_size=len(sizes), max_size=len(sizes)))
    sides = changes_by([sign * size / 1000 for sign, size in zip(signs, sizes, strict=True)])
    interval = estimated(ratio(*sides))
    assert (p_value(*sides) <= 0.05) == (not interval.low <= 1 <= interval.high)


@repeatable
@given(paired, st.integers(-20, 20), st.data())
def test_p_value_does_not_depend_on_names_units_or_order(
    pairs: list[tuple[float, float]], power: int, data: st.DataObject
) -> None:
    """Swapped, scaled or shuffled, the pairs say the same."""
    p = p_of(pairs)
    assert 0 < p <= 1
    assert p_of([(b, a) for a, b in pairs]) == p
    assert p_of([(10.0**power * a, 10.0**power * b) for a, b in pairs]) == p
    assert p_of(data.draw(st.permutations(pairs))) == p


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_p_value_of_a_value_that_is_no_measurement_is_refused(value: float) -> None:
    """As for the ratio."""
    with pytest.raises(ValueError, match="positive, finite values"):
        p_value([1.0, 2], [1.0, value])


def test_p_value_of_unequal_numbers_of_rounds_is_refused() -> None:
    """As for the ratio."""
    with pytest.raises(ValueError, match="shorter"):
        p_value([1.0] * 7, [1.0] * 6)


def test_p_value_without_a_difference_is_significant_no_oftener_than_it_says() -> None:
    """With eight pairs the nearest to 5 % is 10/256, 3.9 %: of 2,000 comparisons that many are wrong."""
    draw = Random(13)
    wrong = sum(p_value(*measured(draw, 8, 1, 0.03)) <= 0.05 for _ in range(2000))
    assert wrong / 2000 == pytest.approx(10 / 256, abs=0.015)


# Families of p-values


@pytest.mark.parametrize(
    ("raw", "adjusted"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),  # times 3, 1 (but see 0.03), 2, 4
        ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06]),  # times 3; the others are no smaller
        ([0.6, 0.01, 0.5], [1, 0.03, 1]),
        ([0, 1], [0, 1]),
    ],
)
def test_holm_of_few_p_values_is_the_one_worked_out_by_hand(raw: list[float], adjusted: list[float]) -> None:
    """The smallest of n times n, the next times n - 1, each at least the one before and at most 1."""
    assert holm(raw) == pytest.approx(adjusted)


@pytest.mark.parametrize("p", [-0.01, 1.01, float("nan")])
def test_holm_of_what_is_no_probability_is_refused(p: float) -> None:
    """A missing p-value must be left out by whoever knows why it is missing."""
    with pytest.raises(ValueError, match="outside 0 to 1"):
        holm([0.5, p])


@repeatable
@given(questions)
def test_holm_lies_between_the_raw_values_and_bonferronis(p_values: list[float]) -> None:
    """Never less than one question alone, never more than all of them at once, never above 1."""
    for raw, adjusted in zip(p_values, holm(p_values), strict=True):
        assert raw <= adjusted <= min(1, raw * len(p_values))


@repeatable
@given(questions)
def test_holm_keeps_the_order_of_the_p_values(p_values: list[float]) -> None:
    """What is less likely stays so; equal ones stay equal."""
    both = list(zip(p_values, holm(p_values), strict=True))
    assert all(a <= b for (p, a), (q, b) in product(both, both) if p <= q)


@repeatable
@given(questions, st.data())
def test_holm_does_not_depend_on_the_order_of_the_questions(
    p_values: list[float], data: st.DataObject
) -> None:
    """Each adjusted value stands where its raw one stood."""
    order = data.draw(st.permutations(range(len(p_values))))
    adjusted = holm(p_values)
    assert holm([p_values[place] for place in order]) == [adjusted[place] for place in order]


@repeatable
@given(questions, st.floats(0, 1, exclude_max=True))
def test_holm_rejects_what_the_step_down_procedure_does(p_values: list[float], level: float) -> None:
    """Holm's own wording: the smallest up to level ÷ n, the next up to level ÷ (n - 1), until one is not."""
    rejected = 0
    for p in sorted(p_values):
        if (len(p_values) - rejected) * p > level:
            break
        rejected += 1
    assert sum(adjusted <= level for adjusted in holm(p_values)) == rejected


# Verdicts and margins


@pytest.mark.parametrize(
    ("low", "high", "adjusted_p", "is_lower", "is_higher"),
    [
        (0.7, 0.8, 0.01, Verdict.FASTER, Verdict.SLOWER),
        (1.2, 1.3, 0.01, Verdict.SLOWER, Verdict.FASTER),
        (0.7, 0.8, 0.05, Verdict.FASTER, Verdict.SLOWER),
        (0.7, 0.8, 0.051, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (0.7, 1.0, 0.01, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (1.0, 1.3, 0.01, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (0.97, 1.01, 1, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (0.99, 1.03, 1, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (0.97, 0.99, 0.01, Verdict.FASTER, Verdict.SLOWER),
        (0.99, 1.01, 1, Verdict.EQUIVALENT, Verdict.EQUIVALENT),
        (0.985, 0.99, 0.001, Verdict.EQUIVALENT, Verdict.EQUIVALENT),
        (1 / 1.02, 1.02, 1, Verdict.EQUIVALENT, Verdict.EQUIVALENT),
        (0.98, 1.02, 1, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),  # 1 / 1.02 is 0.9804
    ],
)
def test_verdict_at_two_percent_is_the_one_of_the_table(
    low: float, high: float, adjusted_p: float, is_lower: Verdict, is_higher: Verdict
) -> None:
    """What each interval means where less is better, and where more is."""
    interval = Interval((low * high) ** 0.5, low, high)
    assert verdict(interval, adjusted_p, 0.02, less_is_better=True) is is_lower
    assert verdict(interval, adjusted_p, 0.02, less_is_better=False) is is_higher


@repeatable
@given(intervals, probabilities, margins, st.booleans())
def test_verdict_is_the_only_one_whose_condition_holds(
    interval: Interval, adjusted_p: float, width: float, less_is_better: bool
) -> None:
    """Whatever was measured, one verdict is due; within the margin nothing is faster or slower."""
    is_within = 1 / (1 + width) <= interval.low and interval.high <= 1 + width
    is_sure = adjusted_p <= SIGNIFICANCE
    is_better = interval.high < 1 if less_is_better else interval.low > 1
    is_worse = interval.low > 1 if less_is_better else interval.high < 1
    holds = {
        Verdict.EQUIVALENT: is_within,
        Verdict.FASTER: not is_within and is_sure and is_better,
        Verdict.SLOWER: not is_within and is_sure and is_worse,
        Verdict.INCONCLUSIVE: not is_within and not (is_sure and (is_better or is_worse)),
    }
    assert [verdict(interval, adjusted_p, width, less_is_better)] == [each for each in holds if holds[each]]


@repeatable
@given(intervals, probabilities, margins, st.booleans())
def test_verdict_turned_round_is_the_opposite(
    interval: Interval, adjusted_p: float, width: float, less_is_better: bool
) -> None:
    """If the candidate is faster, the control is slower; so it is, too, if more was better after all."""
    opposite = {Verdict.FASTER: Verdict.SLOWER, Verdict.SLOWER: Verdict.FASTER}
    there = verdict(interval, adjusted_p, width, less_is_better)
    turned = Interval(1 / interval.estimate, 1 / interval.high, 1 / interval.low)
    assert verdict(turned, adjusted_p, width, less_is_better) is opposite.get(there, there)
    assert verdict(interval, adjusted_p, width, not less_is_better) is opposite.get(there, there)


@pytest.mark.parametrize(
    ("noise", "expected"),
    [
        (None, 0.02),
        (Interval(1, 1, 1), 0.02),
        (Interval(1, 1 / 1.005, 1.005), 0.02),
        (Interval(1, 1 / 1.05, 1.05), 0.05),
        (Interval(1.3, 1.3 / 1.05, 1.3 * 1.05), 0.05),
        (Interval(1, 0.25, 1), 1),
    ],
)
def test_margin_is_two_percent_or_half_of_the_noise(noise: Interval | None, expected: float) -> None:
    """Half of the A/A interval on the log scale, where that is more; where it lies plays no part."""
    assert margin(noise) == pytest.approx(expected)


@repeatable
@given(intervals)
def test_margin_of_noise_turned_round_is_the_same(noise: Interval) -> None:
    """In A/A neither side is the control, and the margin is never below the least."""
    turned = Interval(1 / noise.estimate, 1 / noise.high, 1 / noise.low)
    assert margin(turned) == pytest.approx(margin(noise))
    assert margin(noise) >= LEAST_MARGIN


# All of it, over simulated comparisons


def verdicts(draw: Random, true_ratios: list[float]) -> list[Verdict]:
    """Compare a family of scenarios over 36 rounds with 3 % of noise, less is better."""
    family = [measured(draw, 36, true_ratio, 0.03) for true_ratio in true_ratios]
    width = margin(ratio(*measured(draw, 36, 1, 0.03)))
    adjusted = holm([p_value(*sides) for sides in family])
    return [
        verdict(estimated(ratio(*sides)), p, width, less_is_better=True)
        for sides, p in zip(family, adjusted, strict=True)
    ]


def test_verdict_without_a_difference_is_wrong_in_few_families() -> None:
    """Of 300 A/A comparisons of four scenarios at most 5 % call any faster or slower; most are equivalent."""
    draw = Random(17)
    families = [verdicts(draw, [1.0] * 4) for _ in range(300)]
    wrong = sum(Verdict.FASTER in family or Verdict.SLOWER in family for family in families)
    assert wrong <= 300 * 0.05
    assert sum(family.count(Verdict.EQUIVALENT) for family in families) > 300 * 4 * 0.8


def test_holm_without_a_difference_is_wrong_in_no_more_than_five_percent_of_families() -> None:
    """Of 1,000 families of five comparisons about 5 % hold a significant one; unadjusted, 20 % would."""
    draw = Random(19)
    families = [[p_value(*measured(draw, 12, 1, 0.03)) for _ in range(5)] for _ in range(1000)]
    assert sum(min(holm(family)) <= 0.05 for family in families) / 1000 == pytest.approx(0.045, abs=0.025)
    assert sum(min(family) <= 0.05 for family in families) / 1000 > 0.15


def test_verdict_of_ten_percent_is_found_every_time() -> None:
    """Each of 100 comparisons finds both 10 % less and 10 % more."""
    draw = Random(23)
    families = [verdicts(draw, [0.9, 1.1]) for _ in range(100)]
    assert families == [[Verdict.FASTER, Verdict.SLOWER]] * 100
