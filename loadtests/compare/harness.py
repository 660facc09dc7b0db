"""Backend and generator together: one step of the schedule becomes readings; knows no screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from zlib import crc32

from loadtests.backends import Backend, Usage
from loadtests.compare.schedule import SETTLE_S, Step
from loadtests.errors import Refusal
from loadtests.generator.messages import Aim, Mode, Order, Outcome
from loadtests.generator.process import Generator
from loadtests.host.awake import Awake, idle_s
from loadtests.host.processes import stolen_s
from loadtests.results import Reading, Settings, Setup
from loadtests.scenarios import Operation
from loadtests.targets import Target, address, authority

MODES: dict[str, Mode] = {"efficiency": "paired", "capacity": "closed", "latency": "open"}
SETTLING_WAITS, COUNTED_WAITS = 5, 15
"""How many of the handler's own delays a closed loop settles and is counted for, at least."""
GRACE_S = 10.0
"""How much longer than the handler's own delay an answer may take."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the parts had used when a window began or ended."""

    moment_s: float
    usages: tuple[Usage, ...]
    stolen_s: float
    idle_s: float | None
    """Of the servers' core."""
    awake_s: float
    """What keeping the servers' core awake has taken of it."""


@dataclass(frozen=True, slots=True)
class Harness:
    """Everything that is needed to measure."""

    settings: Settings
    targets: Mapping[str, Target]
    """By name, at the URLs at which they listen."""
    operations: Mapping[str, Operation]
    backend: Backend
    generator: Generator
    awake: Awake
    samples: Path
    """A folder for the raw samples."""

    def measure(self, step: Step, rate_per_s: float | None = None) -> tuple[Reading, ...]:
        """Load the step's targets and read what came of it, a reading for each; the rate is an open loop's.

        Raises:
            Refusal: the generator broke down, its samples cannot be kept, or the clock did not go forward.
        """
        snapshots: list[Snapshot] = []
        outcome = self.generator.carry_out(
            self._order(step, rate_per_s), lambda: snapshots.append(self._snapshot(step.targets))
        )
        if outcome.window_s <= 0:
            raise Refusal(
                f"The clock of this machine went backwards: a window lasted {outcome.window_s:g} s. "
                "Measure on a machine with a monotonic clock."
            )
        if outcome.error:
            raise Refusal(f"The samples cannot be kept in {self.samples}: {outcome.error}.")
        before, after = snapshots
        return tuple(_reading(step, number, outcome, before, after) for number in range(len(step.targets)))

    def _order(self, step: Step, rate_per_s: float | None) -> Order:
        operation = self.operations[step.scenario]
        settings = self.settings
        window_s, settle_s, connections = settings.warmup_s, 0.0, int(step.level)
        if step.round == 0:
            pass
        elif step.setup == "capacity" and settings.capacity:
            # Users begin together: it takes some waits until they are out of step, and some more to count.
            settle_s = max(settings.capacity.settle_s, SETTLING_WAITS * operation.delay_s)
            window_s = max(settings.capacity.window_s, COUNTED_WAITS * operation.delay_s)
        elif step.setup == "latency" and settings.latency:
            window_s, settle_s = settings.latency.window_s, settings.latency.settle_s
            connections = settings.latency.connections
        elif settings.efficiency:
            window_s, settle_s = settings.efficiency.round_s, SETTLE_S
        return Order(
            mode=MODES[step.setup],
            aims=tuple(aim(self.targets[name], operation) for name in step.targets),
            connections=connections,
            rate_per_s=rate_per_s,
            seed=arrivals_seed(settings.seed, step.unit),
            settle_s=settle_s,
            window_s=window_s,
            timeout_s=operation.delay_s + GRACE_S,
            core=settings.generator_core,
            samples=self._files(step) if step.round else None,
        )

    def _files(self, step: Step) -> tuple[Path, ...]:
        return tuple(
            self.samples / file_name(step.setup, step.unit, step.round, step.level, step.scenario, name)
            for name in step.targets
        )

    def _snapshot(self, names: Sequence[str]) -> Snapshot:
        usages = tuple(self.backend.usage(self.targets[name]) for name in names)
        cores = (self.settings.server_core, self.settings.generator_core)
        return Snapshot(
            perf_counter(),
            usages,
            max(stolen_s(core) for core in cores),
            idle_s(self.settings.server_core),
            self.awake.cpu_s(self.settings.server_core),
        )


def aim(target: Target, operation: Operation) -> Aim:
    """Write down what the generator needs to load a target with an operation."""
    host, port = address(target.url)
    return Aim(
        target=target.name,
        host=host,
        port=port,
        request=operation.written(authority(target.url)),
        server=target.server,
        status=operation.status,
        content_type=operation.content_type,
        body=operation.answer,
    )


def _reading(step: Step, number: int, outcome: Outcome, before: Snapshot, after: Snapshot) -> Reading:
    served = outcome.served[number]
    elapsed_s = after.moment_s - before.moment_s
    first, last = before.usages[number], after.usages[number]
    return Reading(
        setup=step.setup,
        scenario=step.scenario,
        level=step.level,
        unit=step.unit,
        round=step.round,
        target=served.target,
        begin_s=outcome.begin_s,
        window_s=outcome.window_s,
        requests=served.requests,
        failures=served.failures,
        first_fault=served.first_fault,
        connects=served.connects,
        offered_per_s=outcome.offered_per_s,
        unsent=served.unsent,
        late_s=served.late_s,
        service=served.service,
        response=served.response,
        second_half_share=served.second_half / served.requests if served.requests else 0.5,
        server_cpu_s=_used(first.cpu_s, last.cpu_s),
        server_throttled_s=_used(first.throttled_s, last.throttled_s),
        stolen_share=min(1.0, (after.stolen_s - before.stolen_s) / elapsed_s),
        foreign_share=_foreign_share(before, after),
        generator_busy_share=outcome.busy_share,
        generator_lag_s=outcome.lag_s,
    )


def _used(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _foreign_share(before: Snapshot, after: Snapshot) -> float | None:
    """Return for how much of a window the servers' core did neither their work nor nothing.

    Time that another machine on the same host had counts, too.
    """
    pairs = list(zip(before.usages, after.usages, strict=True))
    used = [_used(first.cpu_s, last.cpu_s) for first, last in pairs]
    idle_s = _used(before.idle_s, after.idle_s)
    if idle_s is None or None in used:
        return None
    ours_s = sum(one or 0.0 for one in used) + after.awake_s - before.awake_s
    elapsed_s = after.moment_s - before.moment_s
    return min(1.0, max(0.0, 1 - (idle_s + ours_s) / elapsed_s))


def arrivals_seed(seed: int, unit: int) -> int:
    """Return the seed of a unit's open loops: others in every unit of every run, both targets' alike."""
    return seed * 1_000 + unit


def file_name(setup: Setup, unit: int, number: int, level: float, scenario: str, target: str) -> str:
    """Return the name of the file with a reading's raw samples."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in scenario)[:60]
    # A request as a name may be long, and differ from another only in what a file cannot be called.
    name = plain if plain == scenario else f"{plain}-{crc32(scenario.encode()):08x}"
    return f"{setup}-{unit:03}-{number}-{level:g}-{name}-{target}.f64"
