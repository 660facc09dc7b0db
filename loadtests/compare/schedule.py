"""The order of measuring within a unit, known before it begins; measures nothing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from loadtests.results import Scenario, Settings, Setup

SETTLE_S = 0.1
"""What a paired round lasts before its window."""


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
        yield Step("efficiency", one.name, level, unit, 0, targets)
    if settings.efficiency is not None:
        for number in range(1, settings.efficiency.rounds + 1):
            for one in scenarios:
                yield Step("efficiency", one.name, level, unit, number, targets)
    if settings.capacity is not None:
        for one in scenarios:
            for in_flight in levels(settings, one):
                for target in in_turn:
                    yield Step("capacity", one.name, in_flight, unit, 1, (target,))
    if settings.latency is not None:
        for one in scenarios:
            for share in settings.latency.shares if one.has_latency else ():
                for target in in_turn:
                    yield Step("latency", one.name, share, unit, 1, (target,))


def levels(settings: Settings, scenario: Scenario) -> list[int]:
    """Return the requests in flight at which a scenario is measured: its plateau, and the sweep."""
    return sorted({*scenario.plateau, *(settings.capacity.sweep if settings.capacity else ())})
