"""What a reader must know beside the numbers: what was seen, why it may matter, what to do; pure."""

from collections.abc import Iterator, Sequence
from math import ceil, log2
from statistics import fmean

from loadtests.analysis.cells import Cell, terms
from loadtests.analysis.metrics import CPU, LATENCIES, THROUGHPUT
from loadtests.analysis.pairing import LEAST_UNITS
from loadtests.analysis.rows import HEADLINE_SHARE, best_level
from loadtests.analysis.validity import STOLEN_SHARE
from loadtests.inference import SIGNIFICANCE, Interval
from loadtests.results import Results, Row, Setup


def least_rounds(scenarios: int) -> int:
    """Return how many rounds are needed to call a difference one in so many scenarios at once (Holm).

    The smallest p of n rounds that all agree is 2 / 2**n; with six an interval exists, three need a seventh.
    """
    return ceil(log2(2 * scenarios / SIGNIFICANCE))


def warnings(
    results: Results, cells: Sequence[Cell], rows: Sequence[Row], noise: Interval | None
) -> Iterator[str]:
    """Yield a sentence or two for each thing worth knowing, the gravest first."""
    yield from _disbelief(results, cells, rows)
    if noise is not None and not noise.low <= 1 <= noise.high:
        yield (
            f"the control differs from itself by {noise.estimate - 1:+.1%} [{noise.low - 1:+.1%}, "
            f"{noise.high - 1:+.1%}] of CPU per request (A/A), so ratios this close to 1 mean nothing here: "
            "repeat the comparison"
        )
    settings = results.settings
    rounds = [one.rounds for one in (settings.efficiency, settings.capacity, settings.latency) if one]
    scenarios = len(settings.scenarios)
    if rounds and min(rounds) < least_rounds(scenarios):
        where = "" if scenarios == 1 else f" in {scenarios} scenarios at once"
        yield (
            f"{min(rounds)} rounds are too few to call a difference one{where}: measure "
            f"{least_rounds(scenarios)} or more (--rounds)"
        )
    if settings.efficiency and settings.backend != "url" and _processes(results) < LEAST_UNITS:
        advice = (
            "measure at the default preset, to its end"
            if settings.backend == "process"
            else "repeat the comparison with new containers, and lay the runs side by side (report DIR DIR2)"
        )
        yield (
            "too few processes of each service were measured to tell a difference of 1 or 2 % from that "
            f"between two starts of the same code: {advice}"
        )
    stolen_share = fmean(one.stolen_share for one in results.readings) if results.readings else 0.0
    if stolen_share > STOLEN_SHARE:
        yield (
            f"this virtual machine did not get its cores for {stolen_share:.0%} of the time, so throughput "
            "and latency say little about another machine; CPU per request suffers least: repeat where it is "
            "quiet"
        )
    load_average = results.environment.load_average
    if load_average is not None and load_average > results.environment.cpu_count / 2:
        yield (
            f"the machine was busy when it began (load average {load_average:.1f}), which shows in latencies"
            ": end what else is running"
        )
    yield from _arithmetic(results)


def _processes(results: Results) -> int:
    """Return how many processes of each target the efficiency set-up has seen."""
    efficiency = results.settings.efficiency
    rounds = {one.round for one in results.readings if one.setup == "efficiency"}
    if efficiency is None or efficiency.rounds_per_process is None:
        return 1
    return len({(number - 1) // efficiency.rounds_per_process for number in rounds})


def _disbelief(results: Results, cells: Sequence[Cell], rows: Sequence[Row]) -> Iterator[str]:
    """Say why there are numbers missing, once for each target, scenario and set-up."""
    titles = {target.name: target.title for target in results.targets}
    for row in rows:
        if not row.headline or row.scenario is None:
            continue
        for target, value in zip(results.targets, (row.control, row.candidate), strict=True):
            load = _load(row.metric, results, cells, row.scenario, target.name)
            cell = next(
                (
                    one
                    for one in cells
                    if (one.setup, one.level) == load
                    and (one.scenario, one.target, one.validity)
                    == (row.scenario, target.name, value.validity)
                    and one.reason
                ),
                None,
            )
            if value.median is None and cell is not None:
                yield f"{value.validity}: {titles[cell.target]}, {cell.scenario}, {cell.setup}: {cell.reason}"


def _load(
    metric: str, results: Results, cells: Sequence[Cell], scenario: str, target: str
) -> tuple[Setup, float] | None:
    """Return from which set-up and level a headline's value comes; None where another headline says it."""
    if metric == CPU.name and results.settings.efficiency is not None:
        return "efficiency", results.settings.efficiency.connections
    if metric == THROUGHPUT.name:
        return "capacity", best_level(cells, scenario, target)
    if metric == LATENCIES[0].name:
        return "latency", HEADLINE_SHARE
    return None


def _arithmetic(results: Results) -> Iterator[str]:
    """Print what a handler that waits can give at most, whatever the framework."""
    if results.settings.capacity is None:
        return
    most = max(results.settings.capacity.in_flight)
    for scenario in results.settings.scenarios:
        if scenario.delay_s <= 0:
            continue
        parts = [f"{most} in flight ÷ {scenario.delay_s * 1000:g} ms = {most / scenario.delay_s:,.0f} req/s"]
        for target in results.targets:
            known = terms(results, scenario, target.name)
            ceiling_per_s = known.ceiling_per_s(most)
            if known.threads is not None and ceiling_per_s is not None:
                parts.append(
                    f"{target.title}'s {known.threads} threads ÷ the same = "
                    f"{known.threads / scenario.delay_s:,.0f} req/s"
                )
        yield (
            f"the arithmetic of {scenario.name}: {'; '.join(parts)}; a throughput near such a ceiling, or a "
            "latency that is the delay but for a tenth, shows the settings, and has no ratio"
        )
