"""The order of measuring within a unit, known before it begins; measures nothing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from loadtests.results import Scenario, Settings, Setup

ORDER_S = 0.07
"""What a window costs beside its own length: users start, are primed and end, and the generator sums up."""

SETTLE_S = 0.1
"""What a paired round lasts before its window."""

START_S = 0.5
"""What replacing one process takes, roughly."""


@dataclass(frozen=True, slots=True)
class Step:
    """One window: all its targets at once."""

    setup: Setup
    scenario: str
    level: float
    unit: int
    round: int
    """0 is the warm-up."""
    targets: tuple[str, ...]
    """Their names: where they listen is known only once they have been started."""
    cost_s: float


def schedule(
    settings: Settings, unit: int, targets: tuple[str, str], names: Collection[str]
) -> Iterator[Step]:
    """Yield every window of a unit, the scenarios of these names alone.

    Everything is measured in every unit, so that a slow drift of the machine spreads over everything. What is
    measured alone takes turns, A B in one unit and B A in the next, so that neither is always first.
    """
    scenarios = [one for one in settings.scenarios if one.name in names]
    in_turn = targets if unit % 2 else targets[::-1]
    level = settings.efficiency.connections if settings.efficiency else 1
    for one in scenarios:
        yield Step("efficiency", one.name, level, unit, 0, targets, settings.warmup_s + ORDER_S)
    if settings.efficiency is not None:
        cost_s = SETTLE_S + settings.efficiency.round_s + ORDER_S
        for number in range(1, settings.efficiency.rounds + 1):
            for one in scenarios:
                yield Step("efficiency", one.name, level, unit, number, targets, cost_s)
    if settings.capacity is not None:
        cost_s = settings.capacity.settle_s + settings.capacity.window_s + ORDER_S
        for one in scenarios:
            for in_flight in levels(settings, one):
                for target in in_turn:
                    yield Step("capacity", one.name, in_flight, unit, 1, (target,), cost_s + one.delay_s)
    if settings.latency is not None:
        cost_s = settings.latency.settle_s + settings.latency.window_s + ORDER_S
        for one in scenarios:
            for share in settings.latency.shares if one.has_latency else ():
                for target in in_turn:
                    yield Step("latency", one.name, share, unit, 1, (target,), cost_s)


def levels(settings: Settings, scenario: Scenario) -> list[int]:
    """Return the requests in flight at which a scenario is measured: its plateau, and the sweep."""
    return sorted({*scenario.plateau, *(settings.capacity.sweep if settings.capacity else ())})


def unit_s(settings: Settings, targets: tuple[str, str], names: Collection[str]) -> float:
    """Return what a unit of these scenarios takes, roughly."""
    return 2 * START_S + sum(step.cost_s for step in schedule(settings, 1, targets, names))
