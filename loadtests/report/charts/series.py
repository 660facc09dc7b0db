"""Points of curves from the cells of a comparison; knows no picture."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from loadtests.analysis.comparison import Comparison
from loadtests.analysis.drift import cpu_pairs
from loadtests.analysis.validity import Validity
from loadtests.report.charts.chart import Doubt
from loadtests.results import Reading, Results, Setup


@dataclass(frozen=True, slots=True)
class Point:
    """One cell: the median over its units, between the lowest and the highest reading."""

    level: float
    middle: float
    low: float
    high: float
    validity: Validity
    reason: str
    rate_per_s: float
    """Answers a second under that load, the median over its readings."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One unit's ratio candidate ÷ control, and the control's own CPU time per request."""

    unit: int
    ratio: float
    control_us: float


def curve(
    comparison: Comparison,
    setup: Setup,
    scenario: str,
    target: str,
    value: Callable[[Reading], float | None],
) -> list[Point]:
    """Return a point for each level at which there is a value, by level."""
    points = []
    for cell in comparison.cells:
        if (cell.setup, cell.scenario, cell.target) != (setup, scenario, target):
            continue
        values = [number for reading in cell.readings if (number := value(reading)) is not None]
        if values:
            points.append(
                Point(
                    cell.level,
                    median(values),
                    min(values),
                    max(values),
                    cell.validity,
                    cell.reason,
                    median(reading.throughput_per_s for reading in cell.readings),
                )
            )
    return sorted(points, key=lambda point: point.level)


def offered_per_s(results: Results, scenario: str, share: float) -> float | None:
    """Return the rate that was asked of both targets at a share of capacity; None where there was none."""
    return next(
        (
            reading.offered_per_s
            for reading in results.readings
            if (reading.setup, reading.scenario, reading.level) == ("latency", scenario, share)
        ),
        None,
    )


def late_s(results: Results, scenario: str, share: float, target: str) -> list[float]:
    """Return how much later than due the generator sent, the median of each window, in ascending order."""
    return sorted(
        reading.late_s
        for reading in results.readings
        if (reading.setup, reading.scenario, reading.level, reading.target)
        == ("latency", scenario, share, target)
        and reading.late_s is not None
    )


def pairs(results: Results, scenario: str) -> list[Pair]:
    """Return each unit's ratio of CPU time per request with both loaded at once."""
    return [
        Pair(unit, candidate / control, control) for unit, control, candidate in cpu_pairs(results, scenario)
    ]


def doubts(points: Iterable[tuple[str, Point]]) -> tuple[Doubt, ...]:
    """Name the points that were not believed, each target's by its limit, with the reason of the first."""
    found: dict[tuple[str, Validity], list[Point]] = {}
    for title, point in points:
        if not point.validity.is_believed:
            found.setdefault((title, point.validity), []).append(point)
    return tuple(
        Doubt(
            f"{title} at {', '.join(f'{point.level:g}' for point in several)} in flight ({validity})",
            several[0].reason,
        )
        for (title, validity), several in found.items()
    )
