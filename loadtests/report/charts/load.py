"""Throughput and tail latency by the number of requests in flight."""

from loadtests.analysis.comparison import Comparison
from loadtests.report.charts import curves
from loadtests.report.charts.chart import Chart, Section
from loadtests.report.charts.curves import Quantity
from loadtests.report.charts.series import curve
from loadtests.report.wording import number
from loadtests.results import Results

BAND = (
    "The band spans the lowest to the highest unit, which holds the true median unless all units erred to "
    "the same side. Hollow points were not believed."
)

THROUGHPUT = Quantity(
    "throughput", "Throughput", "req/s", lambda reading: reading.throughput_per_s, names_rate=False
)
TAIL = Quantity(
    "p99",
    "p99 latency",
    "ms",
    lambda reading: reading.service.p99_s * 1e3 if reading.service else None,
    names_rate=True,
)


def throughput(results: Results, comparison: Comparison) -> Section:
    """Draw verified answers a second, each target alone in a closed loop."""
    ceiling = results.generator_per_s
    above = (
        " The dashed line is what the generator reaches against a server that does nothing: "
        f"{number(ceiling)} req/s."
        if ceiling
        else ""
    )
    return Section(
        "throughput",
        "Throughput against requests in flight",
        f"Each target alone, closed loop, both axes logarithmic. {BAND}{above}",
        "ceiling" if ceiling else "targets",
        _charts(results, comparison, THROUGHPUT, ceiling),
    )


def tail(results: Results, comparison: Comparison) -> Section:
    """Draw the 99th percentile of service time, each target alone in a closed loop."""
    return Section(
        "tail",
        "p99 latency against requests in flight",
        "Service time, from sending to the whole answer, in the same windows as the throughput; each number "
        f"stands beside its requests in flight and its answers a second. {BAND}",
        "targets",
        _charts(results, comparison, TAIL, None),
    )


def _charts(
    results: Results, comparison: Comparison, quantity: Quantity, ceiling: float | None
) -> tuple[Chart, ...]:
    charts: list[Chart] = []
    for place, scenario in enumerate(results.settings.scenarios):
        found = [
            curve(comparison, "capacity", scenario.name, target.name, quantity.value)
            for target in results.targets
        ]
        if any(found):
            charts.append(curves.draw(results, quantity, scenario.name, found, ceiling, place))
    return tuple(charts)
