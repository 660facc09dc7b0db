"""One comparison from start to end: gate, warm-up, rounds, and what is kept of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from loadtests import environment
from loadtests.backend import Backend, ComposeBackend, ProcessBackend, UrlBackend
from loadtests.errors import Refusal
from loadtests.gate import check_parity
from loadtests.interruption import Interruption
from loadtests.orders import Generator
from loadtests.processes import Processes
from loadtests.results import FILE_NAME, Results, Settings
from loadtests.rounds import Cell, measure, schedule, window_s
from loadtests.targets import Target

GATE_S = 15.0
"""What the gate takes, roughly; only the time left that is shown depends on it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare, how, and where to keep it."""

    settings: Settings
    targets: tuple[Target, Target]
    ports: Sequence[int]
    root: Path
    folder: Path
    copy: Path | None


def run(plan: Plan, console: Console, interruption: Interruption) -> Results:
    """Measure until the plan is carried out or interrupted; the results say which.

    Raises:
        Refusal: there is nothing valid to measure; what had been measured is in the folder.
    """
    settings = plan.settings
    samples = plan.folder / "samples"
    try:
        samples.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"The results cannot be kept in {plan.folder}: {error.strerror}.") from None
    if plan.copy and not plan.copy.parent.is_dir():
        raise Refusal(f"The results cannot be kept in {plan.copy.parent}: there is no such folder.")
    results = Results(
        settings=settings,
        environment=environment.collect(plan.root, settings.backend == "process"),
        targets=plan.targets,
    )
    try:
        with _progress(console) as progress, Processes(interruption) as processes:
            bar = _Bar(progress, settings, plan.targets)
            backend = _backend(plan, processes)
            try:
                bar.show("starting both services")
                targets = backend.start(plan.targets)
                results = results.model_copy(update={"targets": targets})
                bar.show("checking the contract")
                check_parity(targets, processes, plan.root)
                bar.advance(GATE_S)
                generator = Generator(processes, settings.generator_core, plan.folder / "generator.log")
                for cell in schedule(settings.scenarios, targets, settings.rounds):
                    bar.show(_describe(cell, settings))
                    reading = measure(cell, settings, backend, generator, samples)
                    bar.advance(_cost_s(cell, settings))
                    if cell.round == 0:
                        continue
                    results = results.model_copy(update={"readings": [*results.readings, reading]})
                    if _ends_round(cell, settings, results):
                        _keep(plan, results)
                results = results.model_copy(update={"complete": True})
                _keep(plan, results)
            finally:
                with interruption.held():
                    backend.stop()
    except KeyboardInterrupt:
        if results.readings:
            _keep(plan, results)
    return results


def _backend(plan: Plan, processes: Processes) -> Backend:
    if plan.settings.backend == "process":
        return ProcessBackend(processes, plan.settings.server_core, plan.ports, plan.folder)
    return ComposeBackend(plan.root) if plan.settings.backend == "compose" else UrlBackend()


def _ends_round(cell: Cell, settings: Settings, results: Results) -> bool:
    return sum(r.round == cell.round for r in results.readings) == len(settings.scenarios) * len(
        results.targets
    )


def _keep(plan: Plan, results: Results) -> None:
    results.save(plan.folder / FILE_NAME)
    if plan.copy:
        results.save(plan.copy)


def _describe(cell: Cell, settings: Settings) -> str:
    stage = f"round {cell.round} of {settings.rounds}" if cell.round else "warming up"
    return f"{stage}: {cell.target.title}, {cell.scenario}"


def _cost_s(cell: Cell, settings: Settings) -> float:
    return settings.settle_s + window_s(cell, settings)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        # Drawing costs CPU that somebody else may be measured on.
        refresh_per_second=2,
        transient=True,
        disable=not console.is_terminal,
    )


class _Bar:
    """Progress in seconds of plan, so that the time left is honest."""

    def __init__(self, progress: Progress, settings: Settings, targets: tuple[Target, Target]) -> None:
        cells = schedule(settings.scenarios, targets, settings.rounds)
        self._progress = progress
        self._task = progress.add_task("", total=GATE_S + sum(_cost_s(cell, settings) for cell in cells))

    def show(self, doing: str) -> None:
        self._progress.update(self._task, description=doing, refresh=True)

    def advance(self, seconds: float) -> None:
        self._progress.advance(self._task, seconds)
