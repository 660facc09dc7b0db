"""The results file: what was measured, with what, and where; its schema is versioned."""

import gzip
import os
import zlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from loadtests.errors import Refusal
from loadtests.inference import Interval, Verdict, percentile
from loadtests.targets import Target

FILE_NAME = "results.json"
PACKED_NAME = f"{FILE_NAME}.gz"
"""As runs are committed."""

Backend = Literal["process", "compose", "url"]

Setup = Literal["efficiency", "capacity", "latency"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scenario(_Record):
    """One request that is repeated."""

    name: str
    request: str
    """Its method and target, as a reader knows it."""
    delay_s: float = 0.0
    """How long the handler waits for something; the arithmetic ceiling comes from it."""
    plateau: tuple[int, ...]
    """Requests in flight over which its throughput is averaged."""

    @property
    def has_latency(self) -> bool:
        """Whether its latency tells anything: that of a handler that waits is the wait."""
        return self.delay_s == 0


class Efficiency(_Record):
    """Both targets at once on one core, equal requests: CPU time per request."""

    rounds: int
    """In each unit."""
    round_s: float
    connections: int
    """To each target; each carries one request at a time."""


class Capacity(_Record):
    """Each target alone, closed loop: throughput by requests in flight."""

    window_s: float
    settle_s: float
    """Time under load before each window; its requests are not counted."""
    sweep: tuple[int, ...]
    """Requests in flight beside the scenarios' plateaus, for the curve; may be empty."""


class Latency(_Record):
    """Each target alone, open loop: latency at the same absolute rates for both."""

    window_s: float
    settle_s: float
    shares: tuple[float, ...]
    """The rates, as shares of the slower target's capacity in the first unit."""
    connections: int
    """At most; a request that finds none idle waits, and its wait is counted."""


class Stopping(_Record):
    """When a comparison has seen enough: a unit is a fresh process of each target, measured in everything."""

    least_units: int
    """Before the first verdict."""
    most_units: int
    limit_s: float | None
    """No unit is begun that would end later; None: there is no such limit."""
    cpu_width: float | None
    """Half-width of every interval of CPU per request, as a share, until which units are added; None: a
    settled verdict is enough."""
    throughput_width: float | None


class Neighbour(_Record):
    """`index` at one rate, for as long as other clients of the same process wait in `wait`."""

    rounds: int
    """Each with a fresh process of every service."""
    window_s: float
    rate_per_s: float
    connections: int
    """At most, to ask for `index`."""
    waiting: tuple[int, ...]
    """Clients that wait, in ascending order; each asks again as soon as it is answered."""
    wait_ms: int
    """How long each of them waits, and for how long the load settles before each window."""
    threads: int
    """Of the Flask that is measured beside the one as it is shipped."""


class Settings(_Record):
    """Everything about a comparison that somebody chose."""

    preset: Literal["quick", "default", "thorough"]
    backend: Backend
    scenarios: tuple[Scenario, ...]
    efficiency: Efficiency | None
    capacity: Capacity | None
    latency: Latency | None
    stopping: Stopping
    starts: bool
    """Whether cold start and memory are measured, too."""
    neighbour: Neighbour | None = None
    strangers: tuple[str, ...] = ()
    """Load generators of others that were installed, and load the first scenario, too."""
    warmup_s: float
    """Of each scenario in each unit."""
    server_core: int | None
    generator_core: int
    keeps_awake: bool
    """Whether a process of least weight kept each of the two cores from sleeping."""
    workers: int
    """Locust workers that make the load; 0 where the generator is one process."""
    seed: int
    """Of the run: the moments of each open loop follow from it and the unit's number."""
    hash_seed: int | None = None
    """PYTHONHASHSEED of the first unit's processes, one more in each further one: it alone moves CPU time per
    request by up to 2 %; None: not ours."""
    null: bool
    """Whether the candidate is the control once more (A/A)."""
    handicaps: dict[str, float]
    """Share of CPU time per request that was burnt on purpose, by target."""


class Environment(_Record):
    """The machine and the software, collected, never typed."""

    started: datetime
    git_revision: str | None
    git_changed: bool | None
    """Whether the checkout held changes that no revision has."""
    python: str
    kernel: str
    machine: str
    cpu: str
    cpu_count: int
    load_average: float | None
    versions: dict[str, str]
    """Of the packages here: the generator's and, for local processes, the servers' too."""
    servers: dict[str, dict[str, str | int | bool]]
    """How each target was told to serve, by its name, where that is known."""


class Facts(_Record):
    """What is true of one target whatever the load; None where it cannot be seen."""

    target: str
    image_bytes: int | None = None
    packages: int | None = None
    """Installed distributions that it needs, its own code not counted."""
    packages_bytes: int | None = None
    code_lines: int | None = None
    """Of its own code, without blank lines, comments and docstrings."""


class Start(_Record):
    """What is true of one target's process in one unit; None where it cannot be seen."""

    unit: int
    target: str
    hash_seed: int | None
    cold_start_s: float | None
    """From starting it to its first 200."""
    memory_idle_bytes: int | None = None
    """Of all its processes, each shared page counted once, before the first request of the load."""
    memory_loaded_bytes: int | None = None
    """The same after the unit's last window, where the unit measured everything."""


class Latencies(_Record):
    """One window's latencies in seconds; nearest-rank percentiles."""

    mean_s: float
    p50_s: float
    p90_s: float
    p99_s: float
    p999_s: float
    max_s: float

    @classmethod
    def of(cls, latencies_s: Sequence[float]) -> "Latencies | None":
        """Sum up latencies in any order; None where there are none."""
        if not latencies_s:
            return None
        ordered = sorted(latencies_s)
        p50_s, p90_s, p99_s, p999_s = (percentile(ordered, share) for share in (0.5, 0.9, 0.99, 0.999))
        return cls(
            mean_s=sum(ordered) / len(ordered),
            p50_s=p50_s,
            p90_s=p90_s,
            p99_s=p99_s,
            p999_s=p999_s,
            max_s=ordered[-1],
        )


class Reading(_Record):
    """One target in one window."""

    setup: Setup
    scenario: str
    level: float
    """Connections (efficiency), requests in flight (capacity), share of capacity (latency)."""
    unit: int
    """From 1; readings of both targets with the same setup, scenario, level, unit and round are a pair."""
    round: int = 1
    """Within the unit."""
    target: str
    begin_s: float = 0.0
    """When the window began, on the clock of the samples."""
    window_s: float
    requests: int
    """Verified answers within the window."""
    failures: int
    """Wrong or missing answers."""
    first_fault: str | None
    connects: int
    """Connections opened within the window: none, where the server keeps them alive."""
    offered_per_s: float | None
    """Open loop: the rate that was asked for."""
    unsent: int = 0
    """Open loop: of the requests, those that waited beyond the window's end for an idle connection."""
    late_s: float | None = None
    """Open loop: the median of how much later than due the generator sent."""
    service: Latencies | None
    """From sending; None where nothing was answered."""
    response: Latencies | None
    """Open loop: from the intended moment of sending."""
    second_half_share: float
    """Of the answers; 0.5 without drift."""
    server_cpu_s: float | None
    """Over all processes of the target, within the window."""
    server_throttled_s: float | None
    """For how long its CPU limit held it back."""
    stolen_share: float
    """How much of the window this virtual machine did not get the cores it wanted, 0 to 1."""
    foreign_share: float | None = None
    """How much of the window the servers' core worked for somebody else, 0 to 1; None where unknown."""
    generator_busy_share: float
    """How much of the window the generator ran or wanted to, 0 to 1: near 1 it was the limit."""
    generator_lag_s: float
    """90th percentile of how late the generator's event loop woke a greenlet; windows are short."""

    @property
    def throughput_per_s(self) -> float:
        """Verified answers a second."""
        return self.requests / self.window_s

    @property
    def cpu_per_request_s(self) -> float | None:
        """CPU time that the server's processes took for one request; None where it could not be seen."""
        if self.server_cpu_s is None or not self.requests:
            return None
        return self.server_cpu_s / self.requests


class NeighbourReading(Reading):
    """One service in one window of the neighbour set-up: an open loop of `index`, and judged as one.

    `level` is the number of clients that wait meanwhile; failures are those of either operation.
    """

    setup: Literal["latency"] = "latency"
    scenario: str = "index"
    service_title: str
    """Of several targets that differ in their threads it is the same."""
    threads: int | None
    """Requests that it can work on at once; None where there is no such limit."""
    waits_per_s: float
    """Waits that were answered within the window, a second."""
    memory_bytes: int | None
    """At the window's end, when all of them wait."""

    @property
    def title(self) -> str:
        """The service and its threads, where it has a number of them."""
        return f"{self.service_title}, {self.threads} threads" if self.threads else self.service_title


class StrangerReading(_Record):
    """What a load generator of somebody else's reached on one target with `index` in one unit."""

    tool: str
    unit: int
    target: str
    in_flight: int
    requests: int
    duration_s: float
    """The opening of its connections included."""


class Spectrum(_Record):
    """Latencies of one target at one rate, the answers of all units together."""

    scenario: str
    level: float
    """Share of the slower target's capacity."""
    target: str
    count: int
    """Answers; a percentile needs ten of them beyond it to mean anything."""
    service: Latencies
    response: Latencies


class Value(_Record):
    """One metric of one target, in the row's unit; None where there is no number that could be believed."""

    median: float | None
    validity: str
    """What the limit was, see loadtests/analysis/validity.py."""


class Row(_Record):
    """One metric for both targets."""

    scenario: str | None
    """None for what is true whatever the load."""
    metric: str
    """Its name in thresholds; carries the unit."""
    title: str
    unit: str
    level: str
    """At which load, in words; may be empty."""
    headline: bool
    """Whether it stands in the short table."""
    control: Value
    candidate: Value
    ratio: Interval | None
    """Candidate ÷ control with its interval; None where either value cannot be believed, or there are too few
    units for any."""
    verdict: Verdict | None
    units: int = 0
    """From which the ratio comes."""
    undisturbed: Interval | None = None
    """The ratio of those units alone in which nothing else was seen, where there were others."""
    more_units: int | None = None
    """Where it is inconclusive: how many more would have settled it, if they are like those before."""


class Results(_Record):
    """All of one comparison."""

    schema_version: Literal[3] = 3
    settings: Settings
    environment: Environment
    targets: tuple[Target, Target]
    """Control, candidate."""
    facts: tuple[Facts, ...] = ()
    generator_per_s: float | None = None
    """What the generator reached against a server that does nothing."""
    readings: tuple[Reading, ...] = ()
    starts: tuple[Start, ...] = ()
    neighbour: tuple[NeighbourReading, ...] = ()
    strangers: tuple[StrangerReading, ...] = ()
    spectra: tuple[Spectrum, ...] = ()
    rows: tuple[Row, ...] = ()
    """What loadtests/analysis/comparison.py makes of the rest, for readers of this file; never read back."""
    complete: bool = False

    def save(self, path: Path) -> None:
        """Write the file so that a stop at any moment leaves the old one or the new one.

        Raises:
            OSError: it cannot be written; the old one is still there.
        """
        draft = path.with_name(path.name + ".part")
        try:
            draft.write_text(self.model_dump_json(indent=1) + "\n")
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)


def load(folder: Path) -> Results:
    """Read the results in a folder, packed or not.

    Raises:
        Refusal: there are none, or none of this version.
    """
    path = folder / FILE_NAME
    if not path.exists() and (folder / PACKED_NAME).exists():
        path = folder / PACKED_NAME
    try:
        content = path.read_bytes()
        return Results.model_validate_json(gzip.decompress(content) if path.suffix == ".gz" else content)
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise Refusal(f"There are no results to draw: {path}: {reason}.") from None
    except ValidationError as error:
        raise Refusal(
            f"{path} is not a results file of version 3 ({error.error_count()} faults, the first at "
            f"{'.'.join(map(str, error.errors()[0]['loc'])) or 'its beginning'})."
        ) from None
