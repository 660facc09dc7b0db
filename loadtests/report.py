"""Results as a table in a terminal; a pure function of the results file."""

from collections.abc import Iterator
from statistics import mean, median

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loadtests.comparison import STOLEN_SHARE, Row, Value, Verdict, compare, is_generator_bound, readings
from loadtests.results import Results

NOTHING = "-"


def draw(results: Results) -> RenderableType:
    """Lay out what was compared, the table, and what to make of it; fits 100 columns."""
    rows = compare(results)
    notes = [Text(f"• {note}") for note in _notes(results, rows)]
    return Group(Text(_what(results)), _table(results, rows), *notes)


def _what(results: Results) -> str:
    settings, environment = results.settings, results.environment
    control, candidate = results.targets
    versions = " · ".join(f"{name} {number}" for name, number in environment.versions.items())
    pinned = f"servers {_core(settings.server_core)}, generator {_core(settings.generator_core)}"
    revision = (environment.git_revision or "no revision")[:12] + (
        " with changes" if environment.git_changed else ""
    )
    return "\n".join(
        [
            f"{candidate.title} against {control.title}: {_count(results)} of {settings.window_s:g} s, "
            f"{settings.in_flight} requests in flight (closed loop), wait = {settings.wait_ms} ms",
            f"backend {settings.backend}, {pinned}; "
            f"{environment.cpu}, {environment.cpu_count} cores, {environment.kernel}, "
            f"Python {environment.python}; {revision}",
            versions,
        ]
    )


def _core(core: int | None) -> str:
    return "on any core" if core is None else f"on core {core}"


def _count(results: Results) -> str:
    planned = results.settings.rounds
    return f"{planned} rounds" if results.complete else f"{results.rounds} of {planned} rounds (stopped)"


def _table(results: Results, rows: list[Row]) -> Table:
    control, candidate = results.targets
    table = Table()
    table.add_column("scenario")
    table.add_column("metric")
    table.add_column(control.title, justify="right")
    table.add_column(candidate.title, justify="right")
    table.add_column(f"{candidate.title} ÷ {control.title}", justify="right")
    table.add_column("verdict")
    before = None
    for row in rows:
        if before not in (None, row.scenario):
            table.add_section()
        table.add_row(
            row.scenario if row.scenario != before else "",
            f"{row.metric.name} ({row.metric.unit})",
            _value(row.control, row.metric.per_si_unit),
            _value(row.candidate, row.metric.per_si_unit),
            NOTHING
            if row.ratio is None
            else f"{row.ratio.estimate:.2f} [{row.ratio.low:.2f}, {row.ratio.high:.2f}]",
            _verdict(row.verdict, control.title, candidate.title),
        )
        before = row.scenario
    return table


def _value(value: Value, per_si_unit: float) -> str:
    if value.generator_bound:
        return "not reached"
    if value.median is None:
        return NOTHING
    number = value.median * per_si_unit
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def _verdict(verdict: Verdict, control: str, candidate: str) -> str:
    return {Verdict.BETTER: f"{candidate} better", Verdict.WORSE: f"{control} better"}.get(
        verdict, str(verdict)
    )


def _notes(results: Results, rows: list[Row]) -> Iterator[str]:
    """Say what was seen, why it matters, and what to do."""
    verdicts = {row.verdict for row in rows}
    for scenario in results.settings.scenarios:
        for target in results.targets:
            rounds = readings(results, scenario, target)
            if is_generator_bound(rounds):
                busy = median(r.generator_busy_share for r in rounds)
                sent = median(r.throughput_per_s for r in rounds)
                yield (
                    f"generator-bound: under {scenario} the load generator was busy {busy:.0%} of the time "
                    f"at {sent:,.0f} req/s, so the limit of {target.title} was not reached: "
                    "throughput and latency have no ratio, CPU per request has."
                )
    if Verdict.CONFIGURATION_BOUND in verdicts:
        settings = results.settings
        yield (
            f"configuration-bound: wait can give at most {settings.in_flight} connections ÷ "
            f"{settings.wait_ms} ms = {settings.in_flight * 1000 / settings.wait_ms:,.0f} req/s, and where "
            f"threads wait, threads ÷ {settings.wait_ms} ms: its throughput and latency show these settings, "
            "not the framework."
        )
    stolen = mean(r.server_stolen_share for r in results.readings) if results.readings else 0
    if stolen > STOLEN_SHARE:
        yield (
            f"noisy: this virtual machine did not get its core for {stolen:.0%} of the time, so throughput "
            "and latency say little about another machine; CPU per request suffers least. "
            "Repeat where it is quiet."
        )
    if Verdict.TOO_FEW_ROUNDS in verdicts:
        yield "too few rounds: fewer than 6 pairs cannot carry a 95 % interval; measure more (--rounds)."
    if Verdict.NOT_KNOWN in verdicts:
        yield "not known: the servers' CPU time cannot be seen from here; use --backend process to see it."
    yield (
        "Each value is the median over rounds; each ratio, with its 95 % interval, comes from pairs of "
        "neighbouring windows (Hodges-Lehmann, signed-rank). Every answer was checked byte for byte."
    )
