"""What a comparison has measured so far, and the folder in which it is kept."""

from statistics import median
from typing import Any

from loadtests import environment
from loadtests.analysis.comparison import compare
from loadtests.errors import Refusal
from loadtests.generator.samples import Samples
from loadtests.plan import Plan
from loadtests.results import FILE_NAME, Latencies, Reading, Results, Spectrum
from loadtests.rig import file_name


class Keeper:
    """The results as they grow; saving replaces the file at once, so that a stop loses nothing."""

    def __init__(self, plan: Plan) -> None:
        """Make the folder.

        Raises:
            Refusal: it cannot be made.
        """
        self._plan = plan
        self.samples = plan.folder / "samples"
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
        """Take over the readings of one window."""
        self.update(readings=(*self.results.readings, *readings))

    def capacity_per_s(self, scenario: str, target: str) -> float | None:
        """Return the highest median throughput over the levels of the capacity set-up, whatever its limit."""
        found: dict[float, list[float]] = {}
        for one in self.results.readings:
            if (one.setup, one.scenario, one.target) == ("capacity", scenario, target) and one.requests:
                found.setdefault(one.level, []).append(one.throughput_per_s)
        return max((median(values) for values in found.values()), default=None)

    def save(self) -> None:
        """Write the results with everything that follows from them.

        Raises:
            Refusal: they cannot be written; the file of the round before is still there.
        """
        self.update(spectra=self._spectra())
        self.update(rows=compare(self.results).rows)
        for path in (self._plan.folder / FILE_NAME, self._plan.copy):
            if path is None:
                continue
            try:
                self.results.save(path)
            except OSError as error:
                raise Refusal(f"The results cannot be kept in {path}: {error.strerror}.") from None

    def _spectra(self) -> tuple[Spectrum, ...]:
        """Put the samples of all rounds together; none where workers kept theirs."""
        cells: dict[tuple[str, float, str], list[Reading]] = {}
        for one in self.results.readings:
            if one.setup == "latency" and one.service is not None:
                cells.setdefault((one.scenario, one.level, one.target), []).append(one)
        spectra = []
        for (scenario, level, target), readings in cells.items():
            service_s: list[float] = []
            response_s: list[float] = []
            for reading in readings:
                path = self.samples / file_name("latency", reading.round, level, scenario, target)
                if path.exists():
                    end_s = reading.begin_s + reading.window_s
                    both = Samples.load(path).due_within(reading.begin_s, end_s)
                    service_s += both[0]
                    response_s += both[1]
            service, response = Latencies.of(service_s), Latencies.of(response_s)
            if service and response:
                spectra.append(
                    Spectrum(
                        scenario=scenario,
                        level=level,
                        target=target,
                        count=len(service_s),
                        service=service,
                        response=response,
                    )
                )
        return tuple(spectra)
