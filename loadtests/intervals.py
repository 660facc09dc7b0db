"""Ratios with intervals, from pairs; pure, standard library only, knows nothing of what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import ceil, exp, log
from statistics import median

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its bounds, low <= estimate <= high."""

    estimate: float
    low: float
    high: float


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of sorted values; `share` from 0 (exclusive) to 1.

    Raises:
        ValueError: there are no values.
    """
    if not ordered:
        raise ValueError("no values")
    return ordered[ceil(share * len(ordered)) - 1]


def ratio(control: Sequence[float], candidate: Sequence[float]) -> Interval | None:
    """Estimate candidate ÷ control from paired positive values, one pair per round, with a 95 % interval.

    None where there are too few pairs for any such interval (fewer than 6).
    """
    pairs = zip(control, candidate, strict=True)
    interval = signed_rank_interval([log(b / a) for a, b in pairs])
    if interval is None:
        return None
    return Interval(exp(interval.estimate), exp(interval.low), exp(interval.high))


def signed_rank_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """Return the Hodges-Lehmann estimate of the centre and the exact signed-rank interval around it.

    Hollander, Wolfe, Chicken, Nonparametric Statistical Methods (3rd ed.), sections 3.2 and 3.3.
    None where not even the widest interval reaches `confidence`.
    """
    averages = sorted((a + b) / 2 for a, b in combinations_with_replacement(values, 2))
    cut = _tail(len(values), (1 - confidence) / 2)
    if cut is None:
        return None
    return Interval(median(averages), averages[cut], averages[-1 - cut])


def _tail(n: int, probability: float) -> int | None:
    """Return the largest w with P(W <= w) <= probability, W being the signed-rank statistic of n values."""
    counts = [1]  # counts[w]: in how many of the 2**n sign patterns the positive ranks sum to w
    for rank in range(1, n + 1):
        shifted = [0] * rank + counts
        counts = [a + b for a, b in zip(counts + [0] * rank, shifted, strict=True)]
    cut, below = None, 0
    for w, count in enumerate(counts):
        below += count
        if below > probability * 2**n:
            break
        cut = w
    return cut
