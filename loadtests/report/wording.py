"""How numbers, ratios and verdicts are said, the same in every rendering; knows no format."""

from loadtests.inference import MARGIN, Interval, Verdict
from loadtests.results import Results, Row, Value

NOTHING = "—"
"""In place of a number that could not be believed."""

NO_SCENARIO = "whatever the load"
"""In place of a scenario's name, over what is true of a target under any."""

UNKNOWN = 100.0
"""An interval whose ends differ by more than this factor says nothing yet."""

LESS = {"MB": "smaller", "MiB": "smaller", "packages": "leaner", "lines": "shorter"}
"""What a target with less of a unit is; with any other unit the better one is faster."""


def number(value: float | None) -> str:
    """Write three significant digits, or what is whole in full."""
    if value is None:
        return NOTHING
    if abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def percent(share: float) -> str:
    """Write a share as percent, with one decimal where it has one."""
    return f"{share * 100:.1f}".removesuffix(".0") + " %"


def interval(ratio: Interval | None) -> str:
    """Write an estimate and its bounds; without bounds where it is exact, as of two sizes.

    With a third decimal where the second would hide how near or how small the bounds are, or on which side of
    1 they lie.
    """
    if ratio is None:
        return NOTHING
    if ratio.low == ratio.high:
        return f"{ratio.estimate:.2f}"
    if not is_known(ratio):
        return f"{ratio.estimate:.2f} [?]"
    looks_like_1 = any(bound != 1 and f"{bound:.2f}" == "1.00" for bound in (ratio.low, ratio.high))
    is_fine = ratio.high < 0.2 or ratio.high - ratio.low < 0.02 or looks_like_1
    digits = 3 if is_fine else 1 if ratio.low >= 10 else 2
    return f"{ratio.estimate:.{digits}f} [{ratio.low:.{digits}f}, {ratio.high:.{digits}f}]"


def is_known(ratio: Interval) -> bool:
    """Whether an interval says anything yet: where it does not, its ends are no measure of a picture."""
    return ratio.high <= UNKNOWN * ratio.low


def metric(row: Row) -> str:
    """Name a metric with its unit."""
    return row.title if row.unit in {"", row.title} else f"{row.title} ({row.unit})"


def subject(row: Row) -> str:
    """Name what a row is about in one line: scenario, metric, level."""
    return ", ".join(part for part in (row.scenario, row.title, row.level) if part)


def verdict(row: Row, results: Results) -> str:
    """Say what may be concluded, by the targets' titles; where nothing may, why."""
    control, candidate = (target.title for target in results.targets)
    better = LESS.get(row.unit, "faster")
    match row.verdict:
        case Verdict.FASTER:
            return f"{candidate} {better}"
        case Verdict.SLOWER:
            return f"{control} {better}"
        case Verdict.EQUIVALENT:
            return f"equivalent (within ±{percent(MARGIN)})"
        case Verdict.INCONCLUSIVE:
            return f"inconclusive ({_more(row)})" if row.more_units else "inconclusive"
        case Verdict.DISTURBED:
            return f"disturbed (without: {interval(row.undisturbed)})" if row.undisturbed else "disturbed"
        case _:
            return _limit(row, control, candidate)


def _more(row: Row) -> str:
    return "1 more unit" if row.more_units == 1 else f"{row.more_units} more units"


def _limit(row: Row, control: str, candidate: str) -> str:
    limits = [
        (title, why)
        for title, value in ((control, row.control), (candidate, row.candidate))
        if (why := without_number(value))
    ]
    if not limits:
        return "too few to tell"
    if len({why for _, why in limits}) == 1 and len(limits) == 2:
        return limits[0][1]
    return ", ".join(f"{why} ({title})" for title, why in limits)


def without_number(value: Value) -> str:
    """Say why there is no number; empty where there is one."""
    return value.validity if value.median is None else ""
