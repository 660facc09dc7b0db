"""Ratios, intervals, verdicts from pairs; pure, standard library only, knows nothing of what was measured."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from itertools import combinations_with_replacement
from math import ceil, exp, expm1, inf, isfinite, log
from statistics import median

CONFIDENCE = 0.95

SIGNIFICANCE = 0.05
"""The adjusted p-value up to which a difference is called one."""

LEAST_MARGIN = 0.02
"""The share below which a difference is called none, however surely it was seen. CPU time per request repeats
within about 2 % from run to run of the same code (stacksjs/stacks#2586), so a smaller ratio says something of
the run; and nobody rewrites a service for less."""

TIE_DIGITS = 12
"""Log-ratios that agree to so many decimals are tied: what is left is rounding, about 1e-15, never time."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its bounds, low <= estimate <= high."""

    estimate: float
    low: float
    high: float


class Verdict(StrEnum):
    """What a ratio candidate ÷ control says of the candidate; less memory is `faster`, too."""

    FASTER = "faster"
    SLOWER = "slower"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of sorted values; `share` from 0 (exclusive) to 1.

    Raises:
        ValueError: there are no values, or the share lies outside.
    """
    if not ordered:
        raise ValueError("no values")
    if not 0 < share <= 1:
        raise ValueError(f"a share from 0 (exclusive) to 1 is needed, not {share}")
    # As the decimal that was written: in floating point 0.07 * 100 is a little over 7, whose rank would be 8.
    return ordered[ceil(Fraction(str(share)) * len(ordered)) - 1]


def ratio(
    control: Sequence[float], candidate: Sequence[float], confidence: float = CONFIDENCE
) -> Interval | None:
    """Estimate candidate ÷ control from paired positive values, one pair per round: `centre` of log-ratios.

    None where there are too few pairs for any interval of that confidence, at 95 % fewer than 6.

    Raises:
        ValueError: the two differ in length, a value is not positive and finite, or the confidence does not
            lie between 0 and 1.
    """
    interval = centre(_log_ratios(control, candidate), confidence)
    if interval is None:
        return None
    return Interval(exp(interval.estimate), exp(interval.low), exp(interval.high))


def centre(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """Return the Hodges-Lehmann estimate of the centre and the exact signed-rank interval around it.

    Supposes that the values are independent and spread symmetrically around their centre, however widely.
    Its true confidence is the nearest that signed ranks have from `confidence` upwards, or more with ties.
    Hollander, Wolfe, Chicken, Nonparametric Statistical Methods (3rd ed.), sections 3.2 and 3.3.
    None where not even the range of the values reaches `confidence`, at 95 % fewer than 6 values.

    Raises:
        ValueError: a value is not finite, or the confidence does not lie between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence between 0 and 1 is needed, not {confidence}")
    if not all(map(isfinite, values)):
        raise ValueError("a value is not finite")
    cut = _cut(len(values), (1 - confidence) / 2)
    if cut is None:
        return None
    averages = sorted((a + b) / 2 for a, b in combinations_with_replacement(values, 2))
    return Interval(median(averages), averages[cut], averages[-1 - cut])


def p_value(control: Sequence[float], candidate: Sequence[float]) -> float:
    """Return the exact two-sided p of Wilcoxon's signed-rank test on the log-ratios of positive pairs.

    Pairs without a difference are dropped, tied ones get the mean of their ranks (Hollander, Wolfe, Chicken,
    Nonparametric Statistical Methods (3rd ed.), section 3.1), and the distribution is that of these very
    ranks: Streitberg and Röhmel, Exact distributions for permutation and rank tests (1986), the shift
    algorithm. 1 where no pair differs. With neither ties nor pairs dropped, p <= 1 - confidence just where
    the interval of `ratio` excludes 1.

    Raises:
        ValueError: the two differ in length, or a value is not positive and finite.
    """
    rounded = [round(value, TIE_DIGITS) for value in _log_ratios(control, candidate)]
    changes = [value for value in rounded if value != 0]
    ordered = sorted(abs(value) for value in changes)
    # Doubled, so that the mean of tied ranks is a whole number: first + last, counted from 1.
    ranks = [bisect_left(ordered, abs(value)) + 1 + bisect_right(ordered, abs(value)) for value in changes]
    rising = sum(rank for rank, value in zip(ranks, changes, strict=True) if value > 0)
    smaller = min(rising, sum(ranks) - rising)
    counts = _counts(tuple(sorted(ranks)))
    return min(1.0, 2 * sum(counts[: smaller + 1]) / (1 << len(ranks)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust the p-values of one family of questions, each in its place; at most 1, never less than before.

    Calling those up to 5 % differences is wrong anywhere in the family in at most 5 % of cases, however the
    questions depend on each other.
    Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979), 65-70.

    Raises:
        ValueError: one does not lie within 0 and 1.
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError("a p-value lies outside 0 to 1")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for step, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - step) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def verdict(interval: Interval, adjusted_p: float, margin: float, less_is_better: bool) -> Verdict:
    """Say what a ratio candidate ÷ control means for the candidate; `margin` is a share, 0.02 for 2 %.

    Equivalent goes before faster and slower: a difference within the margin does not matter even where it is
    sure. The whole interval within the margin amounts to two one-sided tests at half of its error each
    (Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987), 657-680).
    """
    if 1 / (1 + margin) <= interval.low and interval.high <= 1 + margin:
        return Verdict.EQUIVALENT
    if interval.low <= 1 <= interval.high or adjusted_p > SIGNIFICANCE:
        return Verdict.INCONCLUSIVE
    return Verdict.FASTER if (interval.high < 1) == less_is_better else Verdict.SLOWER


def margin(noise: Interval | None) -> float:
    """Return the share within which a ratio counts as no difference: 2 %, or the A/A half-width if larger.

    `noise` is the ratio of the control to itself, None where it was not measured. The half-width is half of
    its interval on the log scale, as a share; where that interval lies plays no part.
    """
    if noise is None:
        return LEAST_MARGIN
    return max(LEAST_MARGIN, expm1(log(noise.high / noise.low) / 2))


def _log_ratios(control: Sequence[float], candidate: Sequence[float]) -> list[float]:
    pairs = list(zip(control, candidate, strict=True))
    if not all(0 < value < inf for pair in pairs for value in pair):
        raise ValueError("a ratio needs positive, finite values")
    # Not log(b / a): this way the two sides, swapped, give exactly the negative.
    return [log(b) - log(a) for a, b in pairs]


def _cut(n: int, probability: float) -> int | None:
    """Return the largest w with P(W <= w) <= probability, W being the signed-rank statistic of n values."""
    cut, below, choices = None, 0, 1 << n
    for w, count in enumerate(_counts(tuple(range(1, n + 1)))):
        below += count
        if below / choices > probability:
            break
        cut = w
    return cut


@lru_cache(maxsize=32)
def _counts(ranks: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many of the 2**n choices of signs make the positive ranks sum to 0, 1, 2 and so on."""
    counts = [1]
    for rank in ranks:
        nothing = [0] * rank
        counts = [a + b for a, b in zip(counts + nothing, nothing + counts, strict=True)]
    return tuple(counts)
