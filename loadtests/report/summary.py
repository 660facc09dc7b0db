"""What came out, in one sentence; each clause stands on a settled row, and is gone where there is none."""

from collections.abc import Iterator

from loadtests.analysis.comparison import Comparison
from loadtests.analysis.metrics import CPU, CPU_AT_LIMIT, LATENCIES, STARTS, THROUGHPUT
from loadtests.analysis.rows import HEADLINE_SHARE
from loadtests.analysis.stopping import SETTLED
from loadtests.inference import Verdict
from loadtests.report.charts.series import offered_per_s
from loadtests.report.wording import number
from loadtests.results import Results, Row

NOTHING_SETTLED = "Nothing is settled: every row is inconclusive, disturbed or without a number."

MEDIAN = LATENCIES[0].name
COLD_START, _, MEMORY = (one.name for one in STARTS)


def write(results: Results, comparison: Comparison) -> str:
    """Write it: CPU time, throughput and latency of the first scenario, then start and memory."""
    candidate = results.targets[1].title
    scenario = results.settings.scenarios[0]
    rows = {
        row.metric: row
        for row in comparison.rows
        if row.headline and row.scenario in {scenario.name, None} and row.verdict in SETTLED
    }
    clauses = list(_clauses(results, rows))
    if not clauses:
        return NOTHING_SETTLED
    *first, last = clauses
    return f"{candidate} {', '.join(first)} and {last}." if first else f"{candidate} {last}."


def _clauses(results: Results, rows: dict[str, Row]) -> Iterator[str]:
    control, request = results.targets[0].title, results.settings.scenarios[0].request
    costs = [rows[name] for name in (CPU.name, CPU_AT_LIMIT.name) if name in rows]
    if costs:
        times = _times(costs)
        much = f"{times} the CPU time of {control}" if times else f"as much CPU time as {control}"
        yield f"used {much} for one {request}"
    if THROUGHPUT.name in rows:
        many = _joined(_times([rows[THROUGHPUT.name]]), "as many requests a second")
        yield f"served {many}" + ("" if results.settings.server_core is None else " on one core")
    if MEDIAN in rows:
        times = _times([rows[MEDIAN]])
        yield f"answered in {f'{times} the' if times else 'the same'} time at the median{_rate(results)}"
    if COLD_START in rows:
        yield f"took {_joined(_times([rows[COLD_START]]), 'as long')} to start"
    if MEMORY in rows:
        times = _times([rows[MEMORY]])
        yield f"held {f'{times} the' if times else 'as much'} memory after load"


def _joined(times: str, what: str) -> str:
    return f"{times} {what}" if times else f"just {what}"


def _times(rows: list[Row]) -> str:
    """Say how many times, of one row or from the least to the most of several; empty where all are equal."""
    if all(row.verdict is Verdict.EQUIVALENT for row in rows):
        return ""
    found = sorted({_digits(row.ratio.estimate) for row in rows if row.ratio}, key=float)
    return f"{' to '.join(found)} times"


def _digits(ratio: float) -> str:
    """Write as many digits as tell a ratio from 1, and from none."""
    return f"{ratio:.2g}" if ratio < 0.1 else f"{ratio:.2f}" if ratio < 2 else f"{ratio:.1f}"


def _rate(results: Results) -> str:
    rate = offered_per_s(results, results.settings.scenarios[0].name, HEADLINE_SHARE)
    return f" ({number(rate)} requests a second each)" if rate else ""
