"""Whether something else was at work: in which units, and how units hang together; pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from math import log, sqrt
from statistics import fmean, median

from loadtests.analysis.metrics import CPU
from loadtests.analysis.pairing import by_unit, pairs
from loadtests.results import Reading, Results, Scenario, Setup

FOREIGN_SHARE = 0.05
"""Of the windows of a unit in one set-up. Above it somebody else has had so much of the servers' core that
what was measured is a mixture."""

LEVEL_SHARE = 0.08
"""So much above its usual cost, the control was not itself in a unit. Usual is the lower quartile of all
units; quiet ones spread by half of this on a virtual machine."""

LEAST_FOR_LEVEL = 4
"""Units, before one of them can be told from the usual."""

LEAST_FOR_ORDER = 8
"""Units, before their order can be told from chance."""

SURELY_ORDERED = 20
"""Units, from which on what their order shows is believed where it is less than what is assumed."""

ASSUMED_CORRELATION = 0.38
"""Of neighbouring units: in runs while the machine drifted it was 0.34 to 0.40. So intervals of few units are
half as wide again as those of independent ones."""

LARGEST_CORRELATION = 0.8

DEVIATIONS = 2
"""Of white noise's own correlation, before it is said that a machine drifts: false in 2 % of its series."""


def disturbed_units(results: Results) -> dict[int, str]:
    """Return the units in which something else was seen, each with what that was, in a few words."""
    found: dict[int, str] = {}
    for (unit, setup), share in sorted(_foreign_shares(results.readings).items()):
        if share > FOREIGN_SHARE and unit not in found:
            found[unit] = f"somebody else had {share:.0%} of the servers' core ({setup})"
    for scenario in results.settings.scenarios:
        for unit, excess in _excesses(results, scenario):
            if excess > LEVEL_SHARE and unit not in found:
                title = results.targets[0].title
                found[unit] = f"{title} took {excess:.0%} more CPU for {scenario.name} than it usually did"
    return dict(sorted(found.items()))


def _foreign_shares(readings: Sequence[Reading]) -> dict[tuple[int, Setup], float]:
    """Return by unit and set-up for how much of its windows the servers' core worked for somebody else.

    Windows are put together because the kernel counts idle time in hundredths of a second.
    """
    sums: dict[tuple[int, Setup], list[tuple[float, float]]] = {}
    for one in readings:
        if one.foreign_share is not None:
            sums.setdefault((one.unit, one.setup), []).append((one.window_s, one.foreign_share))
    return {
        key: sum(window_s * share for window_s, share in parts) / sum(window_s for window_s, _ in parts)
        for key, parts in sums.items()
    }


def _excesses(results: Results, scenario: Scenario) -> Iterator[tuple[int, float]]:
    """Yield by unit by what share the control's CPU per request was above the lower quartile of all units.

    Beside the other, and at its own limit, where all levels of the plateau count at once.
    """
    control = results.targets[0].name
    setups: tuple[tuple[Setup, Collection[float] | None], ...] = (
        ("efficiency", None),
        ("capacity", scenario.plateau),
    )
    for setup, levels in setups:
        costs = by_unit(_cells(results, setup, scenario.name, control, levels), CPU.value)
        if len(costs) >= LEAST_FOR_LEVEL:
            usual = sorted(costs.values())[len(costs) // 4]
            yield from ((unit, cost / usual - 1) for unit, cost in costs.items())


def _cells(
    results: Results, setup: Setup, scenario: str, target: str, levels: Collection[float] | None
) -> list[list[Reading]]:
    """Return the readings of a target by level; None: of all levels."""
    by_level: dict[float, list[Reading]] = {}
    for one in results.readings:
        is_asked_for = levels is None or one.level in levels
        if is_asked_for and (one.setup, one.scenario, one.target) == (setup, scenario, target):
            by_level.setdefault(one.level, []).append(one)
    return list(by_level.values())


def cpu_pairs(results: Results, scenario: str) -> list[tuple[int, float, float]]:
    """Return (unit, control, candidate): microseconds of CPU per request with both loaded at once."""
    control, candidate = (
        by_unit(_cells(results, "efficiency", scenario, target.name, None), CPU.value)
        for target in results.targets
    )
    return pairs(control, candidate)


def widening(values: Sequence[float]) -> float:
    """Return by what factor the spread of values understates that of their mean: they hang together.

    From the correlation r of neighbours: sqrt((1 + r) / (1 - r)). While there are too few to tell it from
    nothing, they are taken to hang together as units do while the machine drifts.
    """
    assumed = ASSUMED_CORRELATION if len(values) < SURELY_ORDERED else 0.0
    r = min(max(_order(values), assumed), LARGEST_CORRELATION)
    return sqrt((1 + r) / (1 - r))


def is_drifting(values: Sequence[float]) -> bool:
    """Say whether neighbours are more alike than chance makes them; every other white series is widened."""
    n = len(values)
    return n >= LEAST_FOR_ORDER and _order(values) * (n - 4) / n > DEVIATIONS / sqrt(n)


def _order(values: Sequence[float]) -> float:
    """Return the lag-1 autocorrelation, freed of its bias (Kendall, Biometrika 41 (1954), 403-404)."""
    n = len(values)
    if n < LEAST_FOR_ORDER:
        return 0.0
    middle = fmean(values)
    spread = sum((value - middle) ** 2 for value in values)
    if not spread:
        return 0.0
    together = sum((a - middle) * (b - middle) for a, b in pairwise(values))
    return (n * together / spread + 1) / (n - 4)


def move_together(ratios: Mapping[str, Mapping[int, float]]) -> float | None:
    """Return the median correlation between the scenarios' log-ratios; None where it is unknown.

    What moves all scenarios at once is no property of one of them, but of the machine or of a process.
    """
    names = list(ratios)
    found = [
        correlation
        for place, first in enumerate(names)
        for second in names[place + 1 :]
        if (correlation := _correlation(ratios[first], ratios[second])) is not None
    ]
    return median(found) if found else None


def _correlation(first: Mapping[int, float], second: Mapping[int, float]) -> float | None:
    common = sorted(first.keys() & second.keys())
    if len(common) < LEAST_FOR_ORDER:
        return None
    a, b = [log(first[unit]) for unit in common], [log(second[unit]) for unit in common]
    a_mean, b_mean = fmean(a), fmean(b)
    spread = sqrt(sum((x - a_mean) ** 2 for x in a) * sum((y - b_mean) ** 2 for y in b))
    return sum((x - a_mean) * (y - b_mean) for x, y in zip(a, b, strict=True)) / spread if spread else None
