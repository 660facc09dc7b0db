"""What a reader must know beside the numbers: what was seen, why it may matter, what to do; pure."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from loadtests.analysis.cells import Cell, terms
from loadtests.analysis.drift import LEAST_FOR_ORDER, cpu_pairs, is_drifting, move_together, widening
from loadtests.analysis.metrics import CPU, CPU_AT_LIMIT, LATENCIES, THROUGHPUT
from loadtests.analysis.rows import HEADLINE_SHARE
from loadtests.analysis.validity import STOLEN_SHARE
from loadtests.inference import LEAST_LOOK, Verdict
from loadtests.results import Results, Row, Setup

TOGETHER = 0.7
"""A correlation between scenarios above which what moved them was the same."""

SETUPS: dict[str, Setup] = {
    CPU.name: "efficiency",
    CPU_AT_LIMIT.name: "capacity",
    THROUGHPUT.name: "capacity",
    **dict.fromkeys((one.name for one in LATENCIES), "latency"),
}
"""From which set-up the value of a headline comes."""

SAID_ELSEWHERE = {CPU_AT_LIMIT.name, LATENCIES[1].name, LATENCIES[2].name}
"""Metrics whose cells are those of another headline."""


def warnings(
    results: Results, cells: Sequence[Cell], rows: Sequence[Row], disturbed: Mapping[int, str]
) -> Iterator[str]:
    """Yield a sentence or two for each thing worth knowing, the gravest first."""
    yield from _disbelief(results, cells, rows)
    units = len({one.unit for one in results.readings})
    if disturbed:
        said = "; ".join(f"unit {unit}: {reason}" for unit, reason in list(disturbed.items())[:3])
        more = f"; {len(disturbed) - 3} more" if len(disturbed) > 3 else ""
        changed = sum(row.verdict is Verdict.DISTURBED for row in rows)
        yield (
            f"something else was at work in {len(disturbed)} of {units} units ({said}{more}); a verdict "
            f"counts only where it also holds without them, and {changed or 'no'} "
            f"{'row does' if changed == 1 else 'rows do'} not: end what else is running, and repeat"
        )
    yield from _order(results)
    if units < LEAST_LOOK and results.complete:
        counted = "1 unit is" if units == 1 else f"{units} units are"
        yield f"{counted} too few for any interval: measure {LEAST_LOOK} or more (--units)"
    if results.settings.backend == "url":
        yield (
            "all units saw the same processes, which were not ours to replace, so the intervals know nothing "
            "of the 1 or 2 % by which two starts of the same code differ"
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


def _order(results: Results) -> Iterator[str]:
    """Say where the order of the units matters, and where it moved all scenarios alike."""
    ratios = {
        one.name: {unit: b / a for unit, a, b in cpu_pairs(results, one.name)}
        for one in results.settings.scenarios
    }
    drifting = [name for name, found in ratios.items() if is_drifting(list(found.values()))]
    if drifting:
        most = max(widening(list(ratios[name].values())) for name in drifting)
        yield (
            f"the ratios of one unit resemble those of the unit before ({', '.join(drifting)}), so the "
            f"machine drifts, and the intervals were widened for it, up to {most:.1f} times"
        )
    together = move_together(ratios)
    if together is not None and together > TOGETHER:
        yield (
            f"the scenarios move together from unit to unit (correlation {together:.2f} over "
            f"{LEAST_FOR_ORDER} units or more): what moves them is the machine or the layout of a process, "
            "not what they do"
        )


def _disbelief(results: Results, cells: Sequence[Cell], rows: Sequence[Row]) -> Iterator[str]:
    """Say why there are numbers missing, once for each target, scenario and set-up."""
    titles = {target.name: target.title for target in results.targets}
    plateaus = {one.name: one.plateau for one in results.settings.scenarios}
    # Of the levels whose numbers are missing: at another one something else may have been the matter.
    shown = [
        one
        for one in cells
        if one.setup == "efficiency"
        or (one.setup == "capacity" and one.level in plateaus[one.scenario])
        or (one.setup == "latency" and one.level == HEADLINE_SHARE)
    ]
    for row in rows:
        if not row.headline or row.metric not in SETUPS or row.metric in SAID_ELSEWHERE:
            continue
        for target, value in zip(results.targets, (row.control, row.candidate), strict=True):
            if value.median is not None:
                continue
            key = (SETUPS[row.metric], row.scenario, target.name, value.validity)
            reasons = (
                one.reason
                for one in shown
                if (one.setup, one.scenario, one.target, one.validity) == key and one.reason
            )
            reason = next(reasons, None)
            if reason is not None:
                yield f"{value.validity}: {titles[target.name]}, {row.scenario}, {key[0]}: {reason}"


def _arithmetic(results: Results) -> Iterator[str]:
    """Print what a handler that waits can give at most, whatever the framework."""
    if results.settings.capacity is None:
        return
    for scenario in results.settings.scenarios:
        if scenario.delay_s <= 0:
            continue
        most = max(*scenario.plateau, *results.settings.capacity.sweep, 0)
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
            f"the arithmetic of {scenario.name}: {'; '.join(parts)}; a throughput near such a ceiling shows "
            "the settings, and has no ratio"
        )
