"""The rows of a comparison: both values of a metric, their ratio and the verdict; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from loadtests import inference
from loadtests.analysis.cells import Cell
from loadtests.analysis.metrics import CPU, FACTS, LATENCIES, THROUGHPUT, Fact, Metric
from loadtests.analysis.pairing import pairs
from loadtests.analysis.validity import CEILING_SHARE, Terms, Validity, judge
from loadtests.inference import Interval, Verdict
from loadtests.results import Results, Row, Scenario, Setup, Value

HEADLINE_SHARE = 0.5
"""Of capacity: the load whose latency stands in the short table."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A row before the verdict, which depends on the rows of the other scenarios."""

    row: Row
    less_is_better: bool
    p_value: float


def rows(results: Results, cells: Sequence[Cell], margin: float) -> list[Row]:
    """Judge all metrics: by scenario, as a reader asks; what does not depend on one comes last."""
    found = [row for drafts in _families(results, cells) for row in _decided(drafts, margin)]
    order = {one.name: number for number, one in enumerate(results.settings.scenarios)}
    return sorted(found, key=lambda row: order.get(row.scenario or "", len(order)))


def _families(results: Results, cells: Sequence[Cell]) -> Iterator[list[_Draft]]:
    """Yield the rows of one metric at one load over all scenarios, which are judged together."""
    by_key = {(one.setup, one.scenario, one.level, one.target): one for one in cells}
    names = [target.name for target in results.targets]

    def pair(setup: Setup, scenario: Scenario, levels: Sequence[float]) -> list[Cell]:
        found = zip(levels, names, strict=True)
        keys = [(setup, scenario.name, level, name) for level, name in found]
        return [by_key.get(key) or Cell(*key, (), *judge((), Terms(0, None))) for key in keys]

    scenarios, settings = results.settings.scenarios, results.settings
    if settings.efficiency:
        level = float(settings.efficiency.connections)
        per_process = settings.efficiency.rounds_per_process
        yield [
            _draft(
                CPU,
                one,
                pair("efficiency", one, [level] * 2),
                "",
                headline=True,
                rounds_per_process=per_process,
            )
            for one in scenarios
        ]
    if settings.capacity:
        best = {one.name: [best_level(cells, one.name, name) for name in names] for one in scenarios}
        yield [
            _draft(
                THROUGHPUT,
                one,
                pair("capacity", one, best[one.name]),
                _at_best(best[one.name]),
                headline=True,
            )
            for one in scenarios
        ]
        for level in settings.capacity.in_flight:
            yield [
                _draft(
                    THROUGHPUT, one, pair("capacity", one, [level] * 2), f"{level} in flight", headline=False
                )
                for one in scenarios
            ]
    if settings.latency:
        for share in settings.latency.shares:
            at = f"at {share * 100:g} % of capacity"
            for metric in LATENCIES:
                headline = share == HEADLINE_SHARE and metric.name != "latency_p99_ms"
                yield [
                    _draft(metric, one, pair("latency", one, [share] * 2), at, headline=headline)
                    for one in scenarios
                ]
    for fact in FACTS:
        draft = _fact(fact, results)
        if draft is not None:
            yield [draft]


def best_level(cells: Sequence[Cell], scenario: str, target: str) -> float:
    """Return the level with the highest median throughput, believed or not; 0 where there is none.

    That is the capacity, whatever limited it there.
    """
    found = [
        one
        for one in cells
        if (one.setup, one.scenario, one.target) == ("capacity", scenario, target) and one.readings
    ]
    best = max(found, key=lambda one: median(r.throughput_per_s for r in one.readings), default=None)
    return 0.0 if best is None else best.level


def _at_best(levels: Sequence[float]) -> str:
    if 0 in levels:
        return "at its best"
    if len(set(levels)) == 1:
        return f"at its best, {levels[0]:g} in flight"
    return f"at its best, {' / '.join(f'{level:g}' for level in levels)} in flight"


def _draft(
    metric: Metric,
    scenario: Scenario,
    cells: Sequence[Cell],
    level: str,
    *,
    headline: bool,
    rounds_per_process: int | None = None,
) -> _Draft:
    values = [_value(metric, cell, scenario) for cell in cells]
    ratio, p_value = None, 1.0
    if all(value.median is not None for value in values):
        # By round: at their best levels the two may have different rounds, where the last one was cut short.
        first, second = ({one.round: metric.value(one) for one in cell.readings} for cell in cells)
        found = pairs(first, second, rounds_per_process)
        ratio = inference.ratio([a for a, _ in found], [b for _, b in found])
        p_value = inference.p_value([a for a, _ in found], [b for _, b in found])
    row = Row(
        scenario=scenario.name,
        metric=metric.name,
        title=metric.title,
        unit=metric.unit,
        level=level,
        headline=headline,
        control=values[0],
        candidate=values[1],
        ratio=ratio,
        verdict=None,
    )
    return _Draft(row, metric.less_is_better, p_value)


def _value(metric: Metric, cell: Cell, scenario: Scenario) -> Value:
    numbers = [number for one in cell.readings if (number := metric.value(one)) is not None]
    if not cell.validity.is_believed:
        return Value(median=None, validity=cell.validity)
    if not numbers:
        return Value(median=None, validity=Validity.NOT_KNOWN)
    if median(one.requests for one in cell.readings) < metric.least_answers:
        return Value(median=None, validity=Validity.TOO_FEW_ANSWERS)
    middle = median(numbers)
    if metric.setup == "latency" and scenario.delay_s * 1000 > CEILING_SHARE * middle:
        return Value(median=None, validity=Validity.CONFIGURATION_BOUND)
    return Value(median=middle, validity=cell.validity)


def _fact(fact: Fact, results: Results) -> _Draft | None:
    by_target = {one.target: fact.values(one) for one in results.facts}
    control, candidate = (by_target.get(target.name, ()) for target in results.targets)
    if not control and not candidate:
        return None
    ratio, p_value = None, 1.0
    if fact.is_exact and control and candidate and control[0]:
        exactly = candidate[0] / control[0]
        ratio, p_value = Interval(exactly, exactly, exactly), 0.0
    elif len(control) == len(candidate) > 1:
        ratio, p_value = inference.ratio(control, candidate), inference.p_value(control, candidate)
    row = Row(
        scenario=None,
        metric=fact.name,
        title=fact.title,
        unit=fact.unit,
        level="",
        headline=True,
        control=_seen(control),
        candidate=_seen(candidate),
        ratio=ratio,
        verdict=None,
    )
    return _Draft(row, less_is_better=True, p_value=p_value)


def _seen(values: Sequence[float]) -> Value:
    if not values:
        return Value(median=None, validity=Validity.NOT_KNOWN)
    return Value(median=median(values), validity=Validity.OK)


def _decided(drafts: Sequence[_Draft], margin: float) -> Iterator[Row]:
    """Judge one family; only rows with a ratio are questions that were asked."""
    asked = [draft for draft in drafts if draft.row.ratio is not None]
    adjusted = dict(zip(map(id, asked), inference.holm([draft.p_value for draft in asked]), strict=True))
    for draft in drafts:
        verdict: Verdict | None = None
        if draft.row.ratio is not None:
            p_value = adjusted[id(draft)]
            verdict = inference.verdict(draft.row.ratio, p_value, margin, draft.less_is_better)
        yield draft.row.model_copy(update={"verdict": verdict})
