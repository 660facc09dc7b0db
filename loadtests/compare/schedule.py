"""The order of measuring, known from the start to its end; measures nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadtests.results import Capacity, Latency, Settings, Setup

ORDER_S = 0.07
"""What a window costs beside its own length: users start and end, and the generator sums up."""


SETTLE_S = 0.1
"""What a paired round lasts before its window."""

REWARM_S = 0.4
"""The warm-up of each scenario after processes were replaced."""

RENEWAL_S = 0.8
"""What replacing one process takes, roughly."""


@dataclass(frozen=True, slots=True)
class Step:
    """One window: all its targets at once."""

    setup: Setup
    scenario: str
    level: float
    round: int
    """0 is the warm-up."""
    targets: tuple[str, ...]
    """Their names: where they listen is known only once they have been started."""
    cost_s: float
    renews: bool = False
    """Whether the targets' processes are replaced by new ones before it."""


def schedule(settings: Settings, targets: tuple[str, str], noise: str | None) -> Iterator[Step]:
    """Yield every window; `noise` is a second instance of the control for the A/A rounds.

    Rounds are outermost, so that a slow drift of the machine spreads over everything. What is measured alone
    takes turns, A B, B A, …, so that within a round neither is always first.
    """
    yield from _warmup(settings, targets if noise is None else (*targets, noise))
    yield from _paired(settings, targets, noise)
    if settings.capacity is not None:
        yield from _alone("capacity", settings, settings.capacity, settings.capacity.in_flight, targets)
    if settings.latency is not None:
        yield from _alone("latency", settings, settings.latency, settings.latency.shares, targets)


def _alone(
    setup: Setup,
    settings: Settings,
    part: Capacity | Latency,
    levels: Sequence[float],
    targets: tuple[str, str],
) -> Iterator[Step]:
    cost_s = part.settle_s + part.window_s + ORDER_S
    for number in range(1, part.rounds + 1):
        for scenario in settings.scenarios:
            for level in levels:
                for target in targets if number % 2 else targets[::-1]:
                    yield Step(setup, scenario.name, level, number, (target,), cost_s + scenario.delay_s)


def _warmup(settings: Settings, targets: Sequence[str]) -> Iterator[Step]:
    for scenario in settings.scenarios:
        for target in targets:
            yield Step("capacity", scenario.name, 16, 0, (target,), settings.warmup_s + ORDER_S)


def _paired(settings: Settings, targets: tuple[str, str], noise: str | None) -> Iterator[Step]:
    if settings.efficiency is None:
        return
    level = settings.efficiency.connections
    cost_s = SETTLE_S + settings.efficiency.round_s + ORDER_S
    everybody = targets if noise is None else (*targets, noise)
    per_process = settings.efficiency.rounds_per_process
    for number in range(1, settings.efficiency.rounds + 1):
        if per_process and number > 1 and (number - 1) % per_process == 0:
            yield from _renewal(settings, level, everybody)
        # A/A first: whoever has already been loaded in a round is warmer than its second instance.
        if noise is not None:
            yield Step("noise", settings.scenarios[0].name, level, number, (targets[0], noise), cost_s)
        for scenario in settings.scenarios:
            yield Step("efficiency", scenario.name, level, number, targets, cost_s)


def _renewal(settings: Settings, level: float, targets: tuple[str, ...]) -> Iterator[Step]:
    for number, scenario in enumerate(settings.scenarios):
        is_first = number == 0
        cost_s = REWARM_S + ORDER_S + (RENEWAL_S * len(targets) if is_first else 0.0)
        yield Step("efficiency", scenario.name, level, 0, targets, cost_s, renews=is_first)
