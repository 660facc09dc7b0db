"""When a comparison has seen enough: which of its questions are still open; pure."""

from collections.abc import Iterator, Sequence
from math import sqrt

from loadtests.analysis.metrics import CPU, CPU_AT_LIMIT, FACTS, THROUGHPUT
from loadtests.inference import Interval, Verdict
from loadtests.results import Results, Row, Settings

SETTLED = {Verdict.FASTER, Verdict.SLOWER, Verdict.EQUIVALENT}
EXACT = {fact.name for fact in FACTS}


def asked(rows: Sequence[Row]) -> list[Row]:
    """Return the headline rows that units are measured for."""
    return [row for row in rows if row.headline and row.metric not in EXACT]


def open_rows(settings: Settings, rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the headline rows that more units could still settle.

    One that has no number for a reason, as a service that fails, is not made one by more of the same.
    """
    widths = {
        CPU.name: settings.stopping.cpu_width,
        CPU_AT_LIMIT.name: settings.stopping.cpu_width,
        THROUGHPUT.name: settings.stopping.throughput_width,
    }
    for row in asked(rows):
        if row.control.median is None or row.candidate.median is None:
            continue
        width = widths.get(row.metric)
        is_settled = row.verdict in SETTLED and row.units >= settings.stopping.least_units
        if not is_settled or (width is not None and half_width(row.ratio) > width):
            yield row


def half_width(ratio: Interval | None) -> float:
    """Return how far an interval reaches to either side, as a share of its middle on the log scale."""
    return float("inf") if ratio is None else sqrt(ratio.high / ratio.low) - 1


def left(results: Results, rows: Sequence[Row]) -> list[str]:
    """Return the scenarios that are still to be measured; none where all is settled.

    Cold start and memory come of processes that do everything: while they are open, so are all scenarios.
    """
    still_open = list(open_rows(results.settings, rows))
    scenarios = {row.scenario for row in still_open}
    return [one.name for one in results.settings.scenarios if one.name in scenarios or None in scenarios]
