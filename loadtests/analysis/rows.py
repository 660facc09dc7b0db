"""The rows of a comparison: both values of a metric, their ratio and the verdict; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from statistics import median

from loadtests import inference
from loadtests.analysis.cells import Cell
from loadtests.analysis.drift import widening
from loadtests.analysis.metrics import CPU, CPU_AT_LIMIT, FACTS, LATENCIES, STARTS, THROUGHPUT, Fact, Metric
from loadtests.analysis.pairing import ByUnit, by_unit, pairs
from loadtests.analysis.validity import Terms, Validity, judge
from loadtests.inference import ERROR, MARGIN, Interval, Verdict
from loadtests.results import Results, Row, Scenario, Settings, Setup, Value

HEADLINE_SHARE = 0.5
"""Of capacity: the load whose latency stands in the short table."""

HEADLINE_LATENCIES = ("latency_p50_ms", "latency_p90_ms")


@dataclass(frozen=True, slots=True)
class Question:
    """What a row asks, before there is an answer."""

    metric: str
    title: str
    unit: str
    scenario: str | None
    level: str
    headline: bool
    less_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Judge:
    """What turns values into verdicts: how wrong it may be, and which units it must also do without."""

    error: float
    """Of one headline row; the rows together have `ERROR`."""
    disturbed: frozenset[int]

    def row(self, question: Question, values: Sequence[tuple[Value, ByUnit]]) -> Row:
        """Compare the values of both targets by unit."""
        (control, first), (candidate, second) = values
        found: list[tuple[int, float, float]] = []
        if control.median is not None and candidate.median is not None:
            found = pairs(first, second)
        error = self.error if question.headline else ERROR
        ratio = _ratio(found, error)
        quiet = [one for one in found if one[0] not in self.disturbed]
        undisturbed = _ratio(quiet, error) if len(quiet) < len(found) else None
        verdict = None if ratio is None else inference.verdict(ratio, question.less_is_better)
        if verdict not in {None, Verdict.INCONCLUSIVE} and len(quiet) < len(found):
            alone = undisturbed and inference.verdict(undisturbed, question.less_is_better)
            verdict = verdict if alone == verdict else Verdict.DISTURBED
        more = None
        if verdict is Verdict.INCONCLUSIVE:
            logs = [log(b / a) for _, a, b in found]
            more = inference.more_values(logs, error, MARGIN, widening(logs))
        return Row(
            scenario=question.scenario,
            metric=question.metric,
            title=question.title,
            unit=question.unit,
            level=question.level,
            headline=question.headline,
            control=control,
            candidate=candidate,
            ratio=ratio,
            verdict=verdict,
            units=len(found),
            undisturbed=undisturbed,
            more_units=more,
        )


def _ratio(found: Sequence[tuple[int, float, float]], error: float) -> Interval | None:
    first, second = [a for _, a, _ in found], [b for _, _, b in found]
    return inference.sequential_ratio(first, second, error, widening)


def rows(results: Results, cells: Sequence[Cell], disturbed: Mapping[int, str]) -> list[Row]:
    """Judge all metrics: by scenario, as a reader asks; what does not depend on one comes last."""
    judge = Judge(ERROR / max(1, questions(results.settings)), frozenset(disturbed))
    found = [
        *(
            row
            for scenario in results.settings.scenarios
            for row in _of_scenario(results, cells, scenario, judge)
        ),
        *_of_starts(results, judge),
        *(row for fact in FACTS if (row := _fact(fact, results)) is not None),
    ]
    return found


def questions(settings: Settings) -> int:
    """Return how many headline rows are asked over units: the error of a comparison is shared among them."""
    is_seen = settings.backend != "url"
    in_all = len(settings.scenarios)
    count = in_all if settings.efficiency and is_seen else 0
    if settings.capacity:
        count += in_all * (2 if is_seen else 1)
    if settings.latency:
        count += len(HEADLINE_LATENCIES) * sum(one.has_latency for one in settings.scenarios)
    return count + (len(STARTS) if settings.starts else 0)


def _of_scenario(results: Results, cells: Sequence[Cell], scenario: Scenario, judge: Judge) -> Iterator[Row]:
    settings = results.settings
    look = _Cells(results, cells, scenario)
    if settings.efficiency:
        level = float(settings.efficiency.connections)
        question = _question(CPU, scenario, "beside the slower one", headline=True)
        yield judge.row(question, look.values(CPU, "efficiency", [level]))
    if settings.capacity:
        believed = look.believed("capacity", scenario.plateau) or list(scenario.plateau)
        question = _question(CPU_AT_LIMIT, scenario, "at its own limit", headline=True)
        yield judge.row(question, look.values(CPU_AT_LIMIT, "capacity", believed))
        question = _question(THROUGHPUT, scenario, _plateau(scenario, believed), headline=True)
        yield judge.row(question, look.values(THROUGHPUT, "capacity", believed))
        yield from _of_strangers(results, scenario, judge)
        for level in settings.capacity.sweep:
            question = _question(THROUGHPUT, scenario, f"{level} in flight", headline=False)
            yield judge.row(question, look.values(THROUGHPUT, "capacity", [level]))
    if settings.latency and scenario.has_latency:
        for share in settings.latency.shares:
            at = look.rate(share)
            for metric in LATENCIES:
                headline = share == HEADLINE_SHARE and metric.name in HEADLINE_LATENCIES
                question = _question(metric, scenario, at, headline=headline)
                yield judge.row(question, look.values(metric, "latency", [share]))


def _plateau(scenario: Scenario, believed: Sequence[float]) -> str:
    """Say over which levels the mean goes: one by one where some of the plateau are left out."""
    if len(believed) < len(scenario.plateau):
        return f"{', '.join(f'{level:g}' for level in believed)} in flight"
    first, last = min(scenario.plateau), max(scenario.plateau)
    return f"{first} in flight" if first == last else f"{first} to {last} in flight"


def _question(metric: Metric, scenario: Scenario, level: str, *, headline: bool) -> Question:
    return Question(
        metric.name, metric.title, metric.unit, scenario.name, level, headline, metric.less_is_better
    )


class _Cells:
    """The cells of one scenario, by set-up, level and target."""

    def __init__(self, results: Results, cells: Sequence[Cell], scenario: Scenario) -> None:
        self._names = [target.name for target in results.targets]
        self._scenario = scenario.name
        self._by_key = {
            (one.setup, one.level, one.target): one for one in cells if one.scenario == scenario.name
        }

    def values(self, metric: Metric, setup: Setup, levels: Sequence[float]) -> list[tuple[Value, ByUnit]]:
        """Return each target's value of a metric, over all these levels at once, and the same by unit."""
        return [_value(metric, [self._get(setup, level, name) for level in levels]) for name in self._names]

    def believed(self, setup: Setup, levels: Sequence[float]) -> list[float]:
        """Return the levels at which both targets can be believed."""
        return [
            level
            for level in levels
            if all(self._get(setup, level, name).validity.is_believed for name in self._names)
        ]

    def rate(self, share: float) -> str:
        """Say what rate a share of capacity came to."""
        readings = self._get("latency", share, self._names[0]).readings
        at = f"{readings[0].offered_per_s:,.0f} req/s, " if readings and readings[0].offered_per_s else ""
        return f"at {at}{share * 100:g} % of capacity"

    def _get(self, setup: Setup, level: float, name: str) -> Cell:
        nothing = Cell(setup, self._scenario, level, name, (), *judge((), Terms(0, None)))
        return self._by_key.get((setup, level, name), nothing)


def _value(metric: Metric, cells: Sequence[Cell]) -> tuple[Value, ByUnit]:
    for cell in cells:
        if not cell.validity.is_believed:
            return Value(median=None, validity=cell.validity), {}
    found = by_unit([cell.readings for cell in cells], metric.value)
    if not found:
        return Value(median=None, validity=Validity.NOT_KNOWN), {}
    if median(one.requests for cell in cells for one in cell.readings) < metric.least_answers:
        return Value(median=None, validity=Validity.TOO_FEW_ANSWERS), {}
    return Value(median=median(found.values()), validity=cells[-1].validity), found


def _of_strangers(results: Results, scenario: Scenario, judge: Judge) -> Iterator[Row]:
    """Say what other generators make of the same question: how far it depends on ours."""
    if scenario != results.settings.scenarios[0]:
        return
    for tool, in_flight in sorted({(one.tool, one.in_flight) for one in results.strangers}):
        values: list[tuple[Value, ByUnit]] = []
        for target in results.targets:
            found = {
                one.unit: one.requests / one.duration_s
                for one in results.strangers
                if (one.tool, one.in_flight, one.target) == (tool, in_flight, target.name) and one.requests
            }
            values.append((_seen(median(found.values()) if found else None), found))
        level = f"{in_flight} in flight, by {tool}"
        yield judge.row(
            Question(
                f"throughput_by_{tool}_per_s",
                THROUGHPUT.title,
                THROUGHPUT.unit,
                scenario.name,
                level,
                headline=False,
                less_is_better=False,
            ),
            values,
        )


def _of_starts(results: Results, judge: Judge) -> Iterator[Row]:
    for metric in STARTS if results.settings.starts else ():
        values: list[tuple[Value, ByUnit]] = []
        for target in results.targets:
            found = {
                one.unit: number
                for one in results.starts
                if one.target == target.name and (number := metric.value(one))
            }
            values.append((_seen(median(found.values()) if found else None), found))
        question = Question(metric.name, metric.title, metric.unit, None, "", headline=True)
        yield judge.row(question, values)


def _fact(fact: Fact, results: Results) -> Row | None:
    by_target = {one.target: fact.value(one) for one in results.facts}
    control, candidate = (by_target.get(target.name) for target in results.targets)
    if control is None and candidate is None:
        return None
    ratio = verdict = None
    if control and candidate:
        exactly = candidate / control
        ratio = Interval(exactly, exactly, exactly)
        verdict = inference.verdict(ratio, less_is_better=True)
    return Row(
        scenario=None,
        metric=fact.name,
        title=fact.title,
        unit=fact.unit,
        level="",
        headline=True,
        control=_seen(control),
        candidate=_seen(candidate),
        ratio=ratio,
        verdict=verdict,
    )


def _seen(value: float | None) -> Value:
    return Value(median=value, validity=Validity.NOT_KNOWN if value is None else Validity.OK)
