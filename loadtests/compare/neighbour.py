"""What clients that wait do to everybody else: `index` at one rate beside more and more of them."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

from loadtests.backends import Usage
from loadtests.backends.process import ProcessBackend
from loadtests.compare.harness import GRACE_S, aim
from loadtests.generator.messages import Order
from loadtests.generator.process import Generator
from loadtests.host.processes import Processes, stolen_s
from loadtests.results import Neighbour, NeighbourReading
from loadtests.scenarios import INDEX, wait
from loadtests.targets import Target, targets

WARMUP_S = 0.6
"""Closed loop on `index`, before anything is measured."""


@dataclass(frozen=True, slots=True)
class Service:
    """What is measured, and what is added to its environment."""

    target: Target
    environ: dict[str, str] = field(default_factory=dict)


Start = Callable[[Service, int], ProcessBackend]
"""Return the backend of a service in the round of that number; nothing is started yet."""


def services(settings: Neighbour) -> tuple[Service, ...]:
    """Return Flask as it is shipped, Flask with as many threads as are asked for, and FastAPI."""
    flask, fastapi = targets({})
    many = replace(flask, name=f"{flask.name}-{settings.threads}-threads")
    return Service(flask), Service(many, {"THREADS": str(settings.threads)}), Service(fastapi)


def processes_of(processes: Processes, core: int | None, logs: Path) -> Start:
    """Start them as processes on this core; what they say goes into a folder."""

    def start(service: Service, number: int) -> ProcessBackend:
        name, package = service.target.name, f"{service.target.service}_app"
        # Another layout of the hash tables in each round, the same one for all services.
        environ = {"PYTHONHASHSEED": str(number), **service.environ}
        return ProcessBackend(processes, core, {name: [sys.executable, "-m", package]}, {}, logs, environ)

    return start


def measure(
    settings: Neighbour,
    start: Start,
    generator: Generator,
    cores: tuple[int | None, int | None],
    seed: int,
    on_step: Callable[[str], None],
) -> Iterator[NeighbourReading]:
    """Yield a reading of every service at every level, in every round with a fresh process.

    `cores` are those of the services and of the generator; `on_step` is told what comes next, in words.
    Whoever stops taking readings, by an interruption or otherwise, leaves no process of a service behind.

    Raises:
        Refusal: a service does not come up, or the generator broke down.
    """
    for number in range(1, settings.rounds + 1):
        # Those that take turns are never always first: A B C, C B A.
        for service in services(settings)[:: 1 if number % 2 else -1]:
            backend = start(service, number)
            try:
                [target] = backend.start([service.target])
                running = _Running(backend, target, _threads(backend, target), generator, cores)
                running.warm_up(settings)
                for waiting in settings.waiting:
                    on_step(f"{target.name} beside {waiting} waiting clients, round {number}")
                    yield running.read(settings, waiting, number, seed + number)
            finally:
                backend.stop()


def _threads(backend: ProcessBackend, target: Target) -> int | None:
    served = backend.settings(target)
    return int(served["threads"]) * int(served.get("workers", 1)) if "threads" in served else None


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What the parts had used when a window began or ended."""

    moment_s: float
    stolen_s: float
    usage: Usage


@dataclass(frozen=True, slots=True)
class _Running:
    """A service that runs, and what loads it."""

    backend: ProcessBackend
    target: Target
    threads: int | None
    generator: Generator
    cores: tuple[int | None, int | None]

    def warm_up(self, settings: Neighbour) -> None:
        """Ask often enough for the first long collection of garbage to be over: it would be a p99."""
        order = self._order(settings, 0, 0)
        changes = {"mode": "closed", "aims": order.aims[:1], "settle_s": 0.0, "window_s": WARMUP_S}
        self.generator.carry_out(order.model_copy(update=changes), lambda: None)

    def read(self, settings: Neighbour, waiting: int, number: int, seed: int) -> NeighbourReading:
        """Load it for one window, and look at its memory when that has ended: meanwhile it stands still."""
        snapshots: list[_Snapshot] = []
        memory_bytes: list[int | None] = []

        def at_edge() -> None:
            snapshots.append(self._snapshot())
            if len(snapshots) == 2:
                memory_bytes.append(self.backend.memory_bytes(self.target))

        outcome = self.generator.carry_out(self._order(settings, waiting, seed), at_edge)
        before, after = snapshots
        probe, waits = outcome.served
        return NeighbourReading(
            level=waiting,
            unit=number,
            target=self.target.name,
            begin_s=outcome.begin_s,
            window_s=outcome.window_s,
            requests=probe.requests,
            failures=probe.failures + waits.failures,
            first_fault=probe.first_fault or waits.first_fault,
            connects=probe.connects + waits.connects,
            offered_per_s=outcome.offered_per_s,
            unsent=probe.unsent,
            service=probe.service,
            response=probe.response,
            second_half_share=probe.second_half / probe.requests if probe.requests else 0.5,
            server_cpu_s=_used(before.usage.cpu_s, after.usage.cpu_s),
            server_throttled_s=_used(before.usage.throttled_s, after.usage.throttled_s),
            stolen_share=min(1.0, (after.stolen_s - before.stolen_s) / (after.moment_s - before.moment_s)),
            generator_busy_share=outcome.busy_share,
            generator_lag_s=outcome.lag_s,
            late_s=probe.late_s,
            service_title=self.target.title,
            threads=self.threads,
            waits_per_s=waits.requests / outcome.window_s,
            memory_bytes=memory_bytes[0],
        )

    def _snapshot(self) -> _Snapshot:
        stolen = max(stolen_s(core) for core in self.cores)
        return _Snapshot(perf_counter(), stolen, self.backend.usage(self.target))

    def _order(self, settings: Neighbour, waiting: int, seed: int) -> Order:
        waiter = wait(settings.wait_ms)
        return Order(
            mode="neighbour",
            aims=(aim(self.target, INDEX), aim(self.target, waiter)),
            connections=settings.connections,
            waiting=waiting,
            rate_per_s=settings.rate_per_s,
            seed=seed,
            settle_s=waiter.delay_s,
            window_s=settings.window_s,
            timeout_s=waiter.delay_s + GRACE_S,
            core=self.cores[1],
            samples=None,
        )


def _used(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before
