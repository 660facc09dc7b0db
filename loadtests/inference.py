"""Ratios, intervals, verdicts from pairs; pure, standard library only, knows nothing of what was measured."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from itertools import combinations_with_replacement
from math import ceil, exp, inf, isfinite, log, log1p, sqrt
from statistics import fmean, median, stdev

CONFIDENCE = 0.95

ERROR = 0.05
"""The chance of any false statement that a whole comparison may have, shared among its headline rows."""

MARGIN = 0.02
"""The share below which a difference is called none, however surely it was seen. CPU time per request repeats
within about 2 % from run to run of the same code (stacksjs/stacks#2586), so a smaller ratio says something of
the run; and nobody rewrites a service for less."""

MIXTURE = (1.0, 10.0, 100.0, 1000.0)
"""Variances of the effect, in those of one value, over which the likelihood ratio is averaged: from effects
as large as the noise to thirty times it, which a rewrite shows within a few looks."""

LEAST_LOOK = 3
MOST_LOOKED = 1000
MOST_T = 1e9
LARGEST = 700.0
"""The logarithm of the largest number that is still one."""


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
    DISTURBED = "disturbed"
    """Something else was at work, and what is left without it does not say the same."""


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


def confidence_sequence(values: Sequence[float], error: float, widening: float = 1.0) -> Interval | None:
    """Return the mean and an interval around it that holds whenever one stops.

    Supposes independent normal values, however widely spread, that come one by one and are looked at after
    each from the third on; the chance that the true mean lies outside at any look is at most `error`. Lai's
    mixture for Student's t: Lindon et al., Rapid regression detection (2022, arXiv 2205.14762), with a few
    widths of the mixture at once, whose mean is as valid. Looks are not intersected, which would be as valid:
    drift that only later values show could no longer widen it. `widening` is by what factor the spread of
    these values understates how far their mean may be off. None with fewer than three values, or where so few
    can bound nothing at this error.

    Raises:
        ValueError: a value is not finite, or the error does not lie between 0 and 1.
    """
    if not 0 < error < 1:
        raise ValueError(f"an error between 0 and 1 is needed, not {error}")
    if not all(map(isfinite, values)):
        raise ValueError("a value is not finite")
    if len(values) < LEAST_LOOK:
        return None
    half = half_width(stdev(values) * widening, len(values), error)
    middle = fmean(values)
    return None if half is None else Interval(middle, middle - half, middle + half)


def sequential_ratio(
    control: Sequence[float],
    candidate: Sequence[float],
    error: float,
    widening: Callable[[Sequence[float]], float] = lambda _: 1.0,
) -> Interval | None:
    """Estimate candidate ÷ control from paired positive values: the confidence sequence of their log-ratios.

    Raises:
        ValueError: the two differ in length, a value is not positive and finite, or the error is none.
    """
    ratios = _log_ratios(control, candidate)
    interval = confidence_sequence(ratios, error, widening(ratios))
    if interval is None:
        return None
    return Interval(*(exp(max(-LARGEST, min(bound, LARGEST))) for bound in astuple(interval)))


def half_width(deviation: float, n: int, error: float) -> float | None:
    """Return how far from the mean of n values one look reaches; None where n bounds nothing."""
    critical = _critical(n, error)
    return None if critical is None else critical * deviation / sqrt(n)


def more_values(values: Sequence[float], error: float, margin: float, widening: float = 1.0) -> int | None:
    """Return how many more would settle a verdict, if they go on like these; None where no number is known.

    Settled is an interval that excludes 0, or lies within ± log(1 + margin).
    """
    if len(values) < LEAST_LOOK:
        return None
    middle, deviation = abs(fmean(values)), stdev(values) * widening

    def settles(n: int) -> bool:
        half = half_width(deviation, n, error)
        return half is not None and (half < middle or middle + half < log1p(margin))

    # More of the same only narrows an interval.
    n = bisect_left(range(MOST_LOOKED + 1), True, lo=len(values) + 1, key=settles)
    return n - len(values) if n <= MOST_LOOKED else None


@lru_cache(maxsize=1024)
def _critical(n: int, error: float) -> float | None:
    """Return the t beyond which a mean is refused after n values."""
    low, high, wanted = 0.0, MOST_T, -log(error)
    if _log_evidence(high, n) < wanted:
        return None
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _log_evidence(middle, n) < wanted else (low, middle)
    return high


def _log_evidence(t: float, n: int) -> float:
    """Return the logarithm of the mixture's likelihood ratio against a mean t standard errors away.

    The ratio itself is beyond any floating-point number from some 120 values on.
    """
    share = t * t / (n - 1)
    logs = [
        (n * log((1 + share) / (1 + share / (1 + n * width))) - log1p(n * width)) / 2 for width in MIXTURE
    ]
    most = max(logs)
    return most + log(fmean(exp(one - most) for one in logs))


def verdict(interval: Interval, less_is_better: bool) -> Verdict:
    """Say what a ratio candidate ÷ control means for the candidate.

    Equivalent goes before faster and slower: a difference within the margin does not matter even where it is
    sure. The whole interval within the margin amounts to two one-sided tests at half of its error each
    (Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987), 657-680).
    """
    if interval.low >= 1 / (1 + MARGIN) and interval.high <= 1 + MARGIN:
        return Verdict.EQUIVALENT
    if interval.low <= 1 <= interval.high:
        return Verdict.INCONCLUSIVE
    return Verdict.FASTER if (interval.high < 1) == less_is_better else Verdict.SLOWER


def _log_ratios(control: Sequence[float], candidate: Sequence[float]) -> list[float]:
    pairs = list(zip(control, candidate, strict=True))
    if not all(0 < value < inf for pair in pairs for value in pair):
        raise ValueError("a ratio needs positive, finite values")
    # Not log(b / a): this way the two sides, swapped, give exactly the negative.
    return [log(b) - log(a) for a, b in pairs]


def _cut(n: int, probability: float) -> int | None:
    """Return the largest w with P(W <= w) <= probability, W being the signed-rank statistic of n values."""
    cut, below, choices = None, 0, 1 << n
    for w, count in enumerate(_counts(n)):
        below += count
        if below / choices > probability:
            break
        cut = w
    return cut


@lru_cache(maxsize=32)
def _counts(n: int) -> tuple[int, ...]:
    """Return how many of the 2**n choices of signs make the positive ranks sum to 0, 1, 2 and so on."""
    counts = [1]
    for rank in range(1, n + 1):
        nothing = [0] * rank
        counts = [a + b for a, b in zip(counts + nothing, nothing + counts, strict=True)]
    return tuple(counts)
