"""One comparison from start to end: gate, facts, every step of the schedule, and what is kept of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from loadtests.analysis.comparison import Comparison
from loadtests.backends import Backend
from loadtests.backends.compose import ComposeBackend
from loadtests.backends.process import ProcessBackend
from loadtests.backends.url import UrlBackend
from loadtests.compare import custom_requests, environment
from loadtests.compare.calibration import CALIBRATION_S, calibrate
from loadtests.compare.gate import check_parity
from loadtests.compare.harness import Harness
from loadtests.compare.plan import Plan
from loadtests.compare.progress import Bar, progress
from loadtests.compare.schedule import Step
from loadtests.compare.store import ResultStore
from loadtests.generator.process import Generator
from loadtests.host.interruption import Interrupted, Interruption
from loadtests.host.processes import Processes
from loadtests.results import Environment, Results, Settings
from loadtests.targets import Target

START_S = 6.0
"""What starting and the gate take, roughly; only the time left that is shown depends on it."""
COLD_START_S = 0.5


def real_backend(plan: Plan, processes: Processes) -> Backend:
    """Run the targets where the plan says."""
    if plan.settings.backend == "process":
        seed = {"PYTHONHASHSEED": str(plan.settings.hash_seed)}
        core = plan.settings.server_core
        return ProcessBackend(processes, core, plan.commands, plan.ports, plan.folder, seed)
    if plan.settings.backend == "compose":
        return ComposeBackend(plan.root, plan.settings.server_core)
    return UrlBackend()


def real_generator(plan: Plan, processes: Processes) -> Generator:
    """Start the load generator's process."""
    log = plan.folder / "generator.log"
    return Generator(processes, plan.settings.generator_core, log, *plan.generator)


@dataclass(frozen=True, slots=True)
class Parts:
    """What starts processes; everything else of a comparison runs without one."""

    backend: Callable[[Plan, Processes], Backend] = real_backend
    generator: Callable[[Plan, Processes], Generator] = real_generator
    check: Callable[[tuple[Target, Target], Processes, Path], None] = check_parity
    ceiling_per_s: Callable[[Generator, Settings, Interruption], float] = calibrate


REAL = Parts()


def run(
    plan: Plan, console: Console, interruption: Interruption, parts: Parts = REAL
) -> tuple[Results, Comparison | None]:
    """Measure until the plan is carried out or interrupted, which the results say; None: nothing measured.

    Raises:
        Refusal: there is nothing valid to measure; what had been measured is in the folder.
    """
    store = ResultStore(plan)
    total_s = START_S + CALIBRATION_S + sum(step.cost_s for step in plan.steps)
    try:
        with progress(console, total_s + 2 * plan.settings.cold_starts * COLD_START_S) as bar:
            ComparisonRun(plan, store, interruption, parts).run(bar)
    except Interrupted:
        pass
    if not store.results.readings:
        return store.results, None
    # What was measured is kept, whenever the interruption comes.
    with suppress(Interrupted), interruption.deferred():
        comparison = store.conclude()
    return store.results, comparison


class ComparisonRun:
    """The comparison while it runs."""

    def __init__(
        self, plan: Plan, store: ResultStore, interruption: Interruption, parts: Parts = REAL
    ) -> None:
        self._plan = plan
        self._store = store
        self._interruption = interruption
        self._parts = parts

    def run(self, bar: Bar) -> None:
        """Do everything, in order."""
        plan = self._plan
        with (
            Processes(self._interruption) as processes,
            self._started(processes, bar) as (backend, all_targets),
        ):
            targets = all_targets[0], all_targets[1]
            self._store.update(targets=targets, environment=self._environment(backend, targets))
            self._store.update(facts=tuple(backend.facts(target) for target in targets))
            bar.show("checking that both are the same service")
            operations = plan.operations
            if plan.is_custom:
                operations = {
                    name: custom_requests.answered(one, targets) for name, one in operations.items()
                }
            else:
                self._parts.check(targets, processes, plan.root)
            bar.advance(START_S)
            self._cold_starts(backend, targets, bar)
            generator = self._parts.generator(plan, processes)
            bar.show("finding what the load generator can do")
            ceiling_per_s = self._parts.ceiling_per_s(generator, plan.settings, self._interruption)
            self._store.update(generator_per_s=ceiling_per_s)
            bar.advance(CALIBRATION_S)
            by_name = {target.name: target for target in all_targets}
            samples = self._store.samples
            harness = Harness(plan.settings, by_name, operations, backend, generator, samples)
            self._measure(harness, bar)
            self._peaks(backend, targets)
            self._store.update(complete=True)

    @contextmanager
    def _started(self, processes: Processes, bar: Bar) -> Iterator[tuple[Backend, tuple[Target, ...]]]:
        plan = self._plan
        backend = self._parts.backend(plan, processes)
        try:
            bar.show("starting the services")
            yield backend, backend.start([*plan.targets, *([plan.noise] if plan.noise else [])])
        finally:
            with self._interruption.deferred():
                backend.stop()

    def _environment(self, backend: Backend, targets: Sequence[Target]) -> Environment:
        here = self._plan.settings.backend == "process"
        servers = {target.name: backend.settings(target) for target in targets}
        return environment.collect(self._plan.root, here, servers)

    def _cold_starts(self, backend: Backend, targets: tuple[Target, Target], bar: Bar) -> None:
        found: dict[str, list[float]] = {target.name: [] for target in targets}
        for number in range(self._plan.settings.cold_starts):
            for target in targets if number % 2 == 0 else targets[::-1]:
                bar.show(f"cold start {number + 1} of {self._plan.settings.cold_starts}: {target.title}")
                seconds = backend.cold_start_s(target)
                if seconds is not None:
                    found[target.name].append(seconds)
                bar.advance(COLD_START_S)
        self._add_facts({name: {"cold_starts_s": tuple(values)} for name, values in found.items()})

    def _peaks(self, backend: Backend, targets: Sequence[Target]) -> None:
        self._add_facts(
            {target.name: {"memory_peak_bytes": backend.peak_bytes(target)} for target in targets}
        )

    def _add_facts(self, changes: dict[str, dict[str, object]]) -> None:
        facts = (one.model_copy(update=changes[one.target]) for one in self._store.results.facts)
        self._store.update(facts=tuple(facts))

    def _measure(self, harness: Harness, bar: Bar) -> None:
        steps = self._plan.steps
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            bar.show(_describe(step, harness))
            if step.renews:
                harness.backend.renew([harness.targets[name] for name in step.targets])
            rate_per_s = self._rate_per_s(step) if step.setup == "latency" else None
            if step.setup != "latency" or rate_per_s is not None:
                readings = harness.measure(step, rate_per_s)
                if step.round:
                    self._store.add(readings)
            bar.advance(step.cost_s)
            if step.round and (following is None or _round(following) != _round(step)):
                self._store.save()

    def _rate_per_s(self, step: Step) -> float | None:
        """Return a share of the slower target's capacity; None where one of them has none."""
        capacities = [
            self._store.capacity_per_s(step.scenario, target.name) for target in self._store.results.targets
        ]
        slower = min((one for one in capacities if one is not None), default=None)
        return None if slower is None or None in capacities else step.level * slower


def _round(step: Step) -> tuple[str, int]:
    """Say which round a step belongs to: A/A is measured within those of efficiency."""
    return {"noise": "efficiency"}.get(step.setup, step.setup), step.round


def _describe(step: Step, harness: Harness) -> str:
    who = " and ".join(harness.targets[name].title for name in step.targets)
    if step.round == 0:
        return f"{'starting anew' if step.renews else 'warming up'}: {who}, {step.scenario}"
    part = {"efficiency": "efficiency", "noise": "efficiency"}.get(step.setup, step.setup)
    rounds = getattr(harness.settings, part).rounds
    return f"{step.setup}, round {step.round} of {rounds}: {step.scenario}, {who}"
