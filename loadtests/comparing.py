"""One comparison from start to end: gate, facts, every step of the schedule, and what is kept of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console

from loadtests import environment, requested
from loadtests.backends import Backend
from loadtests.backends.compose import ComposeBackend
from loadtests.backends.process import ProcessBackend
from loadtests.backends.url import UrlBackend
from loadtests.calibration import CALIBRATION_S, calibrate
from loadtests.gate import check_parity
from loadtests.generator.process import Generator
from loadtests.interruption import Interrupted, Interruption
from loadtests.keeping import Keeper
from loadtests.plan import Plan
from loadtests.processes import Processes
from loadtests.progress import Bar, progress
from loadtests.results import Environment, Results
from loadtests.rig import Rig
from loadtests.schedule import Step, schedule
from loadtests.targets import Target

START_S = 6.0
"""What starting and the gate take, roughly; only the time left that is shown depends on it."""
COLD_START_S = 0.5


def run(plan: Plan, console: Console, interruption: Interruption) -> Results:
    """Measure until the plan is carried out or interrupted; the results say which.

    Raises:
        Refusal: there is nothing valid to measure; what had been measured is in the folder.
    """
    keeper = Keeper(plan)
    try:
        comparing = Comparing(plan, keeper, interruption)
        steps = list(schedule(plan.settings, plan.targets, plan.noise))
        total_s = START_S + CALIBRATION_S + sum(step.cost_s for step in steps)
        with progress(console, total_s + 2 * plan.settings.cold_starts * COLD_START_S) as bar:
            comparing.run(bar)
    except Interrupted:
        if keeper.results.readings:
            keeper.save()
    return keeper.results


class Comparing:
    """The comparison while it runs."""

    def __init__(self, plan: Plan, keeper: Keeper, interruption: Interruption) -> None:
        self._plan = plan
        self._keeper = keeper
        self._interruption = interruption

    def run(self, bar: Bar) -> None:
        """Do everything, in order."""
        plan = self._plan
        with (
            Processes(self._interruption) as processes,
            self._started(processes, bar) as (backend, all_targets),
        ):
            targets, noise = (all_targets[0], all_targets[1]), (*all_targets, None)[2]
            self._keeper.update(targets=targets, environment=self._environment(backend, targets))
            self._keeper.update(facts=tuple(backend.facts(target) for target in targets))
            bar.show("checking that both are the same service")
            operations = plan.operations
            if plan.brought:
                operations = {name: requested.answered(one, targets) for name, one in operations.items()}
            else:
                check_parity(targets, processes, plan.root)
            bar.advance(START_S)
            self._cold_starts(backend, targets, bar)
            log = plan.folder / "generator.log"
            generator = Generator(processes, plan.settings.generator_core, log, *plan.generator)
            bar.show("finding what the load generator can do")
            ceiling_per_s = calibrate(generator, plan.settings, self._interruption)
            self._keeper.update(generator_per_s=ceiling_per_s)
            bar.advance(CALIBRATION_S)
            rig = Rig(plan.settings, operations, backend, generator, self._keeper.samples)
            self._measure(rig, list(schedule(plan.settings, targets, noise)), bar)
            self._peaks(backend, targets)
            self._keeper.update(complete=True)
            self._keeper.save()

    @contextmanager
    def _started(self, processes: Processes, bar: Bar) -> Iterator[tuple[Backend, tuple[Target, ...]]]:
        plan = self._plan
        backend = self._backend(processes)
        try:
            bar.show("starting the services")
            yield backend, backend.start([*plan.targets, *([plan.noise] if plan.noise else [])])
        finally:
            with self._interruption.held():
                backend.stop()

    def _backend(self, processes: Processes) -> Backend:
        plan = self._plan
        if plan.settings.backend == "process":
            core = plan.settings.server_core
            seed = {"PYTHONHASHSEED": str(plan.settings.hash_seed)}
            return ProcessBackend(processes, core, plan.commands, plan.ports, plan.folder, seed)
        if plan.settings.backend == "compose":
            return ComposeBackend(plan.root, plan.settings.server_core)
        return UrlBackend()

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
        facts = (one.model_copy(update=changes[one.target]) for one in self._keeper.results.facts)
        self._keeper.update(facts=tuple(facts))

    def _measure(self, rig: Rig, steps: Sequence[Step], bar: Bar) -> None:
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            bar.show(_describe(step, rig))
            if step.renews:
                rig.backend.renew(step.targets)
            rate_per_s = self._rate_per_s(step) if step.setup == "latency" else None
            if step.setup != "latency" or rate_per_s is not None:
                readings = rig.measure(step, rate_per_s)
                if step.round:
                    self._keeper.add(readings)
            bar.advance(step.cost_s)
            if step.round and (following is None or _round(following) != _round(step)):
                self._keeper.save()

    def _rate_per_s(self, step: Step) -> float | None:
        """Return a share of the slower target's capacity; None where one of them has none."""
        capacities = [
            self._keeper.capacity_per_s(step.scenario, target.name) for target in self._keeper.results.targets
        ]
        slower = min((one for one in capacities if one is not None), default=None)
        return None if slower is None or None in capacities else step.level * slower


def _round(step: Step) -> tuple[str, int]:
    """Say which round a step belongs to: A/A is measured within those of efficiency."""
    return {"noise": "efficiency"}.get(step.setup, step.setup), step.round


def _describe(step: Step, rig: Rig) -> str:
    who = " and ".join(target.title for target in step.targets)
    if step.round == 0:
        return f"{'starting anew' if step.renews else 'warming up'}: {who}, {step.scenario}"
    part = {"efficiency": "efficiency", "noise": "efficiency"}.get(step.setup, step.setup)
    rounds = getattr(rig.settings, part).rounds
    return f"{step.setup}, round {step.round} of {rounds}: {step.scenario}, {who}"
