"""One comparison from start to end: gate, facts, unit after unit, and what is kept of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from rich.console import Console

from loadtests.analysis.comparison import Comparison
from loadtests.analysis.stopping import left
from loadtests.backends import Backend
from loadtests.backends.compose import ComposeBackend
from loadtests.backends.process import ProcessBackend
from loadtests.backends.url import UrlBackend
from loadtests.compare import custom_requests, environment, neighbour
from loadtests.compare.calibration import calibrate
from loadtests.compare.gate import check_parity
from loadtests.compare.harness import Harness
from loadtests.compare.plan import Plan
from loadtests.compare.progress import Display, display
from loadtests.compare.schedule import Step, schedule
from loadtests.compare.store import ResultStore
from loadtests.compare.strangers import STRANGERS
from loadtests.compare.strangers import reading as stranger_reading
from loadtests.generator.process import Generator
from loadtests.host.awake import Awake
from loadtests.host.interruption import Interrupted, Interruption
from loadtests.host.processes import Processes
from loadtests.results import Environment, Neighbour, Results, Settings, Start
from loadtests.targets import Target


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


def keep_awake(plan: Plan, processes: Processes) -> Awake:
    """Keep both cores from sleeping, where that was asked for."""
    settings = plan.settings
    cores = {core for core in (settings.server_core, settings.generator_core) if core is not None}
    return Awake(processes, cores if settings.keeps_awake else ())


@dataclass(frozen=True, slots=True)
class Parts:
    """What starts processes; everything else of a comparison runs without one."""

    backend: Callable[[Plan, Processes], Backend] = real_backend
    generator: Callable[[Plan, Processes], Generator] = real_generator
    check: Callable[[tuple[Target, Target], Processes, Path], None] = check_parity
    ceiling_per_s: Callable[[Generator, Settings, Interruption], float] = calibrate
    awake: Callable[[Plan, Processes], Awake] = keep_awake


REAL = Parts()


def run(
    plan: Plan, console: Console, interruption: Interruption, parts: Parts = REAL
) -> tuple[Results, Comparison | None]:
    """Measure until all is settled, or there is an end for another reason, which the results say.

    None: nothing was measured. What a stop leaves is as valid as the end: the intervals hold at any moment.

    Raises:
        Refusal: there is nothing valid to measure; what had been measured is in the folder.
    """
    store = ResultStore(plan)
    try:
        with display(console) as shown:
            ComparisonRun(plan, store, interruption, parts).run(shown)
    except Interrupted:
        pass
    if not store.results.readings and not store.results.neighbour:
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

    def run(self, shown: Display) -> None:
        """Do everything, in order."""
        plan = self._plan
        settings = plan.settings
        with (
            Processes(self._interruption) as processes,
            self._started(processes, shown) as (backend, targets),
        ):
            self._store.update(targets=targets, environment=self._environment(backend, targets))
            self._store.update(facts=tuple(backend.facts(target) for target in targets))
            shown.show("checking that both are the same service")
            operations = plan.operations
            if plan.is_custom:
                operations = {
                    name: custom_requests.answered(one, targets) for name, one in operations.items()
                }
            else:
                self._parts.check(targets, processes, plan.root)
            generator = self._parts.generator(plan, processes)
            shown.show("finding what the load generator can do")
            ceiling_per_s = self._parts.ceiling_per_s(generator, settings, self._interruption)
            self._store.update(generator_per_s=ceiling_per_s)
            awake = self._parts.awake(plan, processes)
            by_name = {target.name: target for target in targets}
            harness = Harness(settings, by_name, operations, backend, generator, awake, self._store.samples)
            if settings.efficiency or settings.capacity:
                self._units(harness, processes, shown)
            if settings.neighbour:
                self._neighbour(settings.neighbour, generator, processes, shown)
            self._store.update(complete=True)

    @contextmanager
    def _started(
        self, processes: Processes, shown: Display
    ) -> Iterator[tuple[Backend, tuple[Target, Target]]]:
        plan = self._plan
        backend = self._parts.backend(plan, processes)
        try:
            shown.show("starting the services")
            control, candidate = backend.start(plan.targets)
            yield backend, (control, candidate)
        finally:
            with self._interruption.deferred():
                backend.stop()

    def _environment(self, backend: Backend, targets: Sequence[Target]) -> Environment:
        here = self._plan.settings.backend == "process"
        servers = {target.name: backend.settings(target) for target in targets}
        return environment.collect(self._plan.root, here, servers)

    def _units(self, harness: Harness, processes: Processes, shown: Display) -> None:
        """Measure unit after unit until no question is open, or there is no time for another one."""
        settings = harness.settings
        began_s = monotonic()
        names = [one.name for one in settings.scenarios]
        for unit in range(1, settings.stopping.most_units + 1):
            unit_began_s = monotonic()
            self._unit(harness, processes, unit, names, shown)
            shown.show("working out what follows")
            comparison = self._store.conclude()
            shown.look(self._store.results, comparison, unit)
            names = left(self._store.results, comparison.rows)
            now_s = monotonic()
            limit_s = settings.stopping.limit_s
            is_late = limit_s is not None and now_s - began_s + now_s - unit_began_s > limit_s
            if unit >= settings.stopping.least_units and (not names or is_late):
                return
            if unit < settings.stopping.least_units:
                names = [one.name for one in settings.scenarios]

    def _unit(
        self, harness: Harness, processes: Processes, unit: int, names: Sequence[str], shown: Display
    ) -> None:
        """Measure fresh processes in everything that is still open."""
        settings = harness.settings
        shown.show(f"unit {unit}: starting both services")
        seed = None if settings.hash_seed is None else settings.hash_seed + unit - 1
        control, candidate = (harness.targets[target.name] for target in self._plan.targets)
        in_turn = (control, candidate) if unit % 2 else (candidate, control)
        instances = harness.backend.renew(in_turn, seed)
        unit_harness = replace(harness, targets={one.target.name: one.target for one in instances})
        idle = {one.target.name: harness.backend.memory_bytes(one.target) for one in instances}
        steps = list(schedule(settings, unit, (control.name, candidate.name), names))
        for step in steps:
            shown.show(f"unit {unit}: {_describe(step, unit_harness)}")
            rate_per_s = self._rate_per_s(step) if step.setup == "latency" else None
            if step.setup != "latency" or rate_per_s is not None:
                readings = unit_harness.measure(step, rate_per_s)
                if step.round:
                    self._store.add(readings)
        for stranger in STRANGERS if settings.scenarios[0].name in names else ():
            if stranger.name in settings.strangers:
                shown.show(f"unit {unit}: {stranger.name}")
                self._store.add_strangers(
                    stranger_reading(stranger, one.target, unit, settings.generator_core, processes)
                    for one in instances
                )
        is_whole = len(names) == len(settings.scenarios)
        self._store.add_starts(
            Start(
                unit=unit,
                target=one.target.name,
                hash_seed=seed,
                cold_start_s=one.cold_start_s,
                memory_idle_bytes=idle[one.target.name],
                memory_loaded_bytes=harness.backend.memory_bytes(one.target) if is_whole else None,
            )
            for one in instances
        )

    def _neighbour(
        self, settings: Neighbour, generator: Generator, processes: Processes, shown: Display
    ) -> None:
        """Measure `index` beside clients that wait, in processes of its own."""
        chosen = self._plan.settings
        cores = chosen.server_core, chosen.generator_core
        start = neighbour.processes_of(processes, chosen.server_core, self._plan.folder)
        for reading in neighbour.measure(settings, start, generator, cores, chosen.seed, shown.show):
            self._store.update(neighbour=(*self._store.results.neighbour, reading))

    def _rate_per_s(self, step: Step) -> float | None:
        """Return a share of the slower one's capacity in the first unit, in two digits; one for all units.

        None where one of them has no capacity.
        """
        capacities = [
            self._store.capacity_per_s(step.scenario, target.name) for target in self._store.results.targets
        ]
        slower = min((one for one in capacities if one is not None), default=None)
        return None if slower is None or None in capacities else float(f"{step.level * slower:.2g}")


def _describe(step: Step, harness: Harness) -> str:
    who = " and ".join(harness.targets[name].title for name in step.targets)
    what = "warming up" if step.round == 0 else step.setup
    return f"{what}, {step.scenario}, {who}"
