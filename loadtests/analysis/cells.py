"""The cells of a comparison: readings that belong together, and whether they can be believed; pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from loadtests.analysis.validity import Terms, Validity, judge
from loadtests.results import Reading, Results, Scenario, Setup


@dataclass(frozen=True, slots=True)
class Cell:
    """One target under one scenario at one level in one set-up."""

    setup: Setup
    scenario: str
    level: float
    target: str
    readings: tuple[Reading, ...]
    """By unit and round; only those that the other target has, too."""
    validity: Validity
    reason: str
    """A sentence: what was seen, why it matters, what to do; empty where the cell can be believed."""


def cells(results: Results) -> Iterator[Cell]:
    """Yield every cell of both targets, judged."""
    names = {target.name for target in results.targets}
    grouped: dict[tuple[Setup, str, float], dict[str, dict[tuple[int, int], Reading]]] = {}
    for one in results.readings:
        key = (one.setup, one.scenario, one.level)
        grouped.setdefault(key, {}).setdefault(one.target, {})[one.unit, one.round] = one
    scenarios = {one.name: one for one in results.settings.scenarios}
    for (setup, scenario, level), by_target in grouped.items():
        common = set.intersection(*(set(by_target.get(name, {})) for name in names))
        for target in results.targets:
            readings = tuple(by_target.get(target.name, {})[number] for number in sorted(common))
            validity, reason = judge(readings, terms(results, scenarios[scenario], target.name))
            yield Cell(setup, scenario, level, target.name, readings, validity, reason)


def terms(results: Results, scenario: Scenario, target: str) -> Terms:
    """Return what arithmetic needs to know of a target under a scenario."""
    served = results.environment.servers.get(target, {})
    threads = served.get("threads")
    workers = served.get("workers", 1)
    return Terms(scenario.delay_s, int(threads) * int(workers) if threads is not None else None)
