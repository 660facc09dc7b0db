"""What a comparison has measured so far, and the folder in which it is kept."""

from collections.abc import Iterable
from typing import Any

from loadtests.analysis.comparison import Comparison, compare
from loadtests.compare import environment
from loadtests.compare.harness import file_name
from loadtests.compare.plan import Plan
from loadtests.errors import Refusal
from loadtests.generator.samples import Samples
from loadtests.results import FILE_NAME, Latencies, Reading, Results, Spectrum, Start, StrangerReading

Cell = tuple[str, float, str]
"""Scenario, level and target."""


class ResultStore:
    """The results as they grow; saving replaces the file at once, so that a stop loses nothing."""

    def __init__(self, plan: Plan) -> None:
        """Make the folder.

        Raises:
            Refusal: it cannot be made.
        """
        self._plan = plan
        self.samples = plan.folder / "samples"
        self._latencies_s: dict[Cell, tuple[list[float], list[float]]] = {}
        """By both clocks, all units so far."""
        self._spectra: dict[Cell, Spectrum] = {}
        try:
            self.samples.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refusal(f"The results cannot be kept in {plan.folder}: {error.strerror}.") from None
        if plan.copy and not plan.copy.parent.is_dir():
            raise Refusal(f"The results cannot be kept in {plan.copy.parent}: there is no such folder.")
        self.results = Results(
            settings=plan.settings,
            environment=environment.collect(plan.root, plan.settings.backend == "process", {}),
            targets=plan.targets,
        )

    def update(self, **changes: Any) -> None:
        """Take over changes of the results."""
        self.results = self.results.model_copy(update=changes)

    def add(self, readings: tuple[Reading, ...]) -> None:
        """Take over the readings of one window, and the samples that it left."""
        self.update(readings=(*self.results.readings, *readings))
        for one in readings:
            if one.setup == "latency" and one.service is not None:
                self._gather(one)

    def add_starts(self, starts: Iterable[Start]) -> None:
        """Take over what is true of the processes of one unit."""
        self.update(starts=(*self.results.starts, *starts))

    def add_strangers(self, readings: Iterable[StrangerReading]) -> None:
        """Take over what other generators have found in one unit."""
        self.update(strangers=(*self.results.strangers, *readings))

    def capacity_per_s(self, scenario: str, target: str) -> float | None:
        """Return the highest throughput of the first unit that measured it, whatever its limit."""
        found = [
            one
            for one in self.results.readings
            if (one.setup, one.scenario, one.target) == ("capacity", scenario, target)
        ]
        first = min((one.unit for one in found), default=0)
        return max(
            (one.throughput_per_s for one in found if one.unit == first and one.requests), default=None
        )

    def save(self) -> None:
        """Write what there is so far; nothing is concluded from it yet.

        Raises:
            Refusal: it cannot be written; the file of the round before is still there.
        """
        self.update(spectra=tuple(self._spectra.values()))
        for path in (self._plan.folder / FILE_NAME, self._plan.copy):
            if path is None:
                continue
            try:
                self.results.save(path)
            except OSError as error:
                raise Refusal(f"The results cannot be kept in {path}: {error.strerror}.") from None

    def conclude(self) -> Comparison:
        """Compare what there is so far, and write it with everything that follows from it.

        Raises:
            Refusal: they cannot be written.
        """
        self.update(spectra=tuple(self._spectra.values()))
        comparison = compare(self.results)
        self.update(rows=comparison.rows)
        self.save()
        return comparison

    def _gather(self, reading: Reading) -> None:
        """Put a round's samples to those of its cell; there are none where workers kept theirs."""
        cell = reading.scenario, reading.level, reading.target
        path = self.samples / file_name(
            "latency", reading.unit, reading.round, reading.level, reading.scenario, reading.target
        )
        if not path.exists():
            return
        service_s, response_s = self._latencies_s.setdefault(cell, ([], []))
        both = Samples.load(path).due_within(reading.begin_s, reading.begin_s + reading.window_s)
        service_s += both[0]
        response_s += both[1]
        service, response = Latencies.of(service_s), Latencies.of(response_s)
        if service and response:
            self._spectra[cell] = Spectrum(
                scenario=reading.scenario,
                level=reading.level,
                target=reading.target,
                count=len(service_s),
                service=service,
                response=response,
            )
