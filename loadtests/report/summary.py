"""What came out, in one paragraph; each clause stands on a settled row, and is gone where there is none."""

from collections.abc import Iterator

from loadtests.analysis.comparison import Comparison
from loadtests.analysis.metrics import CPU, CPU_AT_LIMIT, LATENCIES, STARTS, THROUGHPUT
from loadtests.analysis.stopping import SETTLED
from loadtests.inference import Verdict
from loadtests.results import Results, Row

NOTHING_SETTLED = "Nothing is settled: every row is inconclusive, disturbed or without a number."

COLD_START, _, MEMORY = (one.name for one in STARTS)


def write(results: Results, comparison: Comparison) -> str:
    """Write it: CPU time, throughput and latency of the first scenario, then start and memory."""
    control, candidate = (target.title for target in results.targets)
    scenario = results.settings.scenarios[0]
    rows = {
        row.metric: row
        for row in comparison.rows
        if row.headline and row.scenario in {scenario.name, None} and row.verdict in SETTLED
    }
    clauses = list(_clauses(rows, control, scenario.request))
    if not clauses:
        return NOTHING_SETTLED
    *first, last = clauses
    return f"{candidate} {', '.join(first)} and {last}." if first else f"{candidate} {last}."


def _clauses(rows: dict[str, Row], control: str, request: str) -> Iterator[str]:
    costs = [rows[name] for name in (CPU.name, CPU_AT_LIMIT.name) if name in rows]
    if costs:
        yield f"used {_times(costs, 'the CPU time of ' + control)} for one {request}"
    if THROUGHPUT.name in rows:
        yield f"answered {_times([rows[THROUGHPUT.name]], 'as many requests a second')} on one core"
    if LATENCIES[0].name in rows:
        yield f"took {_times([rows[LATENCIES[0].name]], 'as long')} at the median at equal rates"
    if COLD_START in rows:
        yield f"took {_times([rows[COLD_START]], 'as long')} to start"
    if MEMORY in rows:
        yield f"held {_times([rows[MEMORY]], 'the memory')} after load"


def _times(rows: list[Row], what: str) -> str:
    """Say how many times, of one row or from the least to the most of several."""
    if all(row.verdict is Verdict.EQUIVALENT for row in rows):
        return what.replace("as long", "just as long").replace("as many", "just as many")
    found = sorted({_digits(row.ratio.estimate) for row in rows if row.ratio}, key=float)
    return f"{' to '.join(found)} times {what}"


def _digits(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 1 else f"{ratio:.1f}"
