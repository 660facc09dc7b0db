"""The results file: what was measured, with what, and where; its schema is versioned."""

import os
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from loadtests.errors import Refusal
from loadtests.targets import Target

FILE_NAME = "results.json"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Settings(_Record):
    """Everything about a comparison that somebody chose."""

    backend: Literal["process", "compose", "url"]
    scenarios: tuple[str, ...]
    rounds: int
    window_s: float
    settle_s: float
    """Time under load before each window; its requests are not counted."""
    warmup_s: float
    in_flight: int
    """Requests in flight: each connection sends its next one when the last is answered (closed loop)."""
    wait_ms: int
    server_core: int | None
    generator_core: int | None


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
    variables: dict[str, str]
    """Environment variables that change how the apps serve."""


class Reading(_Record):
    """One target, one scenario, one round. Only verified answers are in it: a failure ends the comparison."""

    round: int
    scenario: str
    target: str
    window_s: float
    requests: int
    """Answered within the window."""
    latency_mean_s: float
    latency_p50_s: float
    latency_p99_s: float
    latency_max_s: float
    answered: int
    """Answered from start to end; the server's CPU time belongs to these."""
    elapsed_s: float
    server_cpu_s: float | None
    server_stolen_share: float
    """How much of the time the virtual machine did not get the servers' core, 0 to 1."""
    generator_busy_share: float
    """How much of the window the generator ran or wanted to, 0 to 1."""

    @property
    def throughput_per_s(self) -> float:
        """Requests answered a second, within the window."""
        return self.requests / self.window_s

    @property
    def cpu_per_request_s(self) -> float | None:
        """CPU time that the server's processes took for one request; None where it could not be seen."""
        return None if self.server_cpu_s is None else self.server_cpu_s / self.answered

    @property
    def server_busy_share(self) -> float | None:
        """How much of one core the server's processes used or missed, from start to end."""
        if self.server_cpu_s is None:
            return None
        return self.server_cpu_s / self.elapsed_s + self.server_stolen_share


class Results(_Record):
    """All of one comparison."""

    schema_version: Literal[1] = 1
    settings: Settings
    environment: Environment
    targets: tuple[Target, Target]
    """Control, candidate."""
    readings: list[Reading] = []
    complete: bool = False

    @property
    def rounds(self) -> int:
        """How many rounds are in it, the last one perhaps in part."""
        return max((reading.round for reading in self.readings), default=0)

    def save(self, path: Path) -> None:
        """Write the file so that a stop at any moment leaves the old one or the new one."""
        draft = path.with_name(path.name + ".part")
        draft.write_text(self.model_dump_json(indent=1) + "\n")
        os.replace(draft, path)


def load(folder: Path) -> Results:
    """Read the results in a folder.

    Raises:
        Refusal: there are none, or none of this version.
    """
    path = folder / FILE_NAME
    try:
        return Results.model_validate_json(path.read_bytes())
    except OSError as error:
        raise Refusal(f"There are no results to draw: {path}: {error.strerror}.") from None
    except ValidationError as error:
        raise Refusal(
            f"{path} is not a results file of version 1 ({error.error_count()} faults, the first at "
            f"{'.'.join(map(str, error.errors()[0]['loc'])) or 'its beginning'})."
        ) from None
