"""From readings to verdicts: which values count, their ratio, and why there may be none; pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from loadtests.intervals import Interval, ratio
from loadtests.results import Reading, Results
from loadtests.targets import Target

GENERATOR_BUSY_SHARE = 0.9
"""Above it the load generator had no time to spare: a faster target would look just the same."""

SERVER_BUSY_SHARE = 0.8
"""Below it a target that waits was held back by threads, connections and delay, not by its own work."""


STOLEN_SHARE = 0.05
"""Above it the machine is too noisy for its throughput and latency to mean much elsewhere."""


class Verdict(StrEnum):
    """What a reader may conclude."""

    BETTER = "better"
    """The candidate is."""
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"
    TOO_FEW_ROUNDS = "too few rounds"
    GENERATOR_BOUND = "generator-bound"
    CONFIGURATION_BOUND = "configuration-bound"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Metric:
    """Something measured in every reading; `value` in SI units, None where it could not be seen."""

    name: str
    unit: str
    per_si_unit: float
    value: Callable[[Reading], float | None]
    more_is_better: bool
    limited: bool
    """Whether it says anything about the target only while the target is the limit."""


METRICS = (
    Metric("throughput", "req/s", 1, lambda r: r.throughput_per_s, more_is_better=True, limited=True),
    Metric("latency p50", "ms", 1e3, lambda r: r.latency_p50_s, more_is_better=False, limited=True),
    Metric("latency p99", "ms", 1e3, lambda r: r.latency_p99_s, more_is_better=False, limited=True),
    Metric("server CPU", "µs/req", 1e6, lambda r: r.cpu_per_request_s, more_is_better=False, limited=False),
)


@dataclass(frozen=True, slots=True)
class Value:
    """The median over the rounds, in SI units; None where there is nothing that could be believed."""

    median: float | None
    generator_bound: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of one scenario for both targets; `ratio` is candidate ÷ control."""

    scenario: str
    metric: Metric
    control: Value
    candidate: Value
    ratio: Interval | None
    verdict: Verdict


def compare(results: Results) -> list[Row]:
    """Compare over the rounds that both targets have, each round a pair."""
    return [_row(results, scenario, metric) for scenario in results.settings.scenarios for metric in METRICS]


def readings(results: Results, scenario: str, target: Target) -> list[Reading]:
    """Return the readings of a target, by round, that have a twin in the same round."""
    found = {
        one.name: {r.round: r for r in results.readings if r.scenario == scenario and r.target == one.name}
        for one in results.targets
    }
    both = set.intersection(*(set(rounds) for rounds in found.values()))
    return [found[target.name][number] for number in sorted(both)]


def is_generator_bound(rounds: list[Reading]) -> bool:
    """Whether the generator was the limit in half of the rounds or more."""
    return bool(rounds) and median(r.generator_busy_share for r in rounds) > GENERATOR_BUSY_SHARE


def is_configuration_bound(rounds: list[Reading], results: Results) -> bool:
    """Whether a target that waits reached connections ÷ delay, or idled while its threads waited."""
    if not rounds or rounds[0].scenario != "wait" or results.settings.wait_ms == 0:
        return False
    ceiling_per_s = results.settings.in_flight / (results.settings.wait_ms / 1000)
    shares = [r.server_busy_share for r in rounds if r.server_busy_share is not None]
    idle = bool(shares) and median(shares) < SERVER_BUSY_SHARE
    return idle or median(r.throughput_per_s for r in rounds) > 0.9 * ceiling_per_s


def _row(results: Results, scenario: str, metric: Metric) -> Row:
    control, candidate = (readings(results, scenario, target) for target in results.targets)
    values = _value(metric, control), _value(metric, candidate)
    interval, verdict = _judge(results, metric, control, candidate)
    return Row(scenario, metric, *values, interval, verdict)


def _value(metric: Metric, rounds: list[Reading]) -> Value:
    bound = metric.limited and is_generator_bound(rounds)
    numbers = [number for r in rounds if (number := metric.value(r)) is not None]
    return Value(median(numbers) if numbers and not bound else None, bound)


def _judge(
    results: Results, metric: Metric, control: list[Reading], candidate: list[Reading]
) -> tuple[Interval | None, Verdict]:
    if metric.limited and any(is_generator_bound(rounds) for rounds in (control, candidate)):
        return None, Verdict.GENERATOR_BOUND
    if metric.limited and any(is_configuration_bound(rounds, results) for rounds in (control, candidate)):
        return None, Verdict.CONFIGURATION_BOUND
    values = [[metric.value(r) for r in rounds] for rounds in (control, candidate)]
    known = [[number for number in numbers if number] for numbers in values]
    if known != values:
        return None, Verdict.NOT_KNOWN
    interval = ratio(*known)
    if interval is None:
        return None, Verdict.TOO_FEW_ROUNDS
    if interval.low <= 1 <= interval.high:
        return interval, Verdict.INCONCLUSIVE
    more = interval.low > 1
    return interval, Verdict.BETTER if more == metric.more_is_better else Verdict.WORSE
