"""What the comparison and its load generator say to each other, a JSON line each; imports no Locust."""

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, PlainSerializer

from loadtests.results import Latencies

Mode = Literal["paired", "closed", "open", "neighbour"]

BEGIN, END = "begin", "end"
"""The generator says so at both edges of a window, in a line of its own."""


def _decoded(value: Any) -> Any:
    return b64decode(value) if isinstance(value, str) else value


Bytes = Annotated[
    bytes, BeforeValidator(_decoded), PlainSerializer(lambda b: b64encode(b).decode(), when_used="json")
]


class Aim(BaseModel):
    """One target, what to send to it, and the only right answer."""

    target: str
    host: str
    port: int
    request: Bytes
    server: str | None
    status: int
    content_type: str | None
    body: Bytes


class Order(BaseModel):
    """Load so many connections for a while.

    `paired`: every connection goes to all aims at once, and again when all of them have answered: equal
    requests. `closed`: again when it was answered. `open`: at moments of its own, whatever is answered.
    `neighbour`: the first aim as in `open`, and beside it the second as in `closed`, by clients of its own.
    """

    mode: Mode
    aims: tuple[Aim, ...]
    connections: int
    """Users, each with one connection to each aim; in an open loop the most there can be."""
    waiting: int = 0
    """`neighbour` only: users beside those, each with one connection to the second aim."""
    rate_per_s: float | None = None
    """Open loop only."""
    seed: int = 0
    """Of the open loop's moments: the same seed and rate give the same ones."""
    settle_s: float
    window_s: float
    timeout_s: float
    core: int | None
    """The core that the generator is pinned to."""
    samples: tuple[Path, ...] | None
    """Where to keep the raw samples, a file for each aim."""

    @property
    def users(self) -> int:
        """All of them."""
        return self.connections + self.waiting

    def is_timed(self, aim: int) -> bool:
        """Whether requests to the aim of that number are due at moments of their own."""
        return self.mode == "open" or (self.mode == "neighbour" and aim == 0)


class Served(BaseModel):
    """What came of one aim within the window."""

    target: str
    requests: int
    failures: int
    first_fault: str | None
    connects: int
    second_half: int
    """Answers in the second half of the window."""
    unsent: int
    """Of the requests, those that were due in the window and only sent after its end."""
    late_s: float | None = None
    """Open loop: the median of how much later than due a request was sent; the generator's own lateness."""
    service: Latencies | None
    response: Latencies | None
    """Open loop: from the moment when a request was due."""


class Outcome(BaseModel):
    """What came of an order."""

    begin_s: float
    """On the clock of the samples."""
    window_s: float
    offered_per_s: float | None
    served: tuple[Served, ...]
    busy_share: float
    """How much of the window the generator ran or wanted to, 0 to 1; of several workers the busiest one's."""
    cpu_s: float
    """CPU time of the generator's process, or of all workers, within the window."""
    error: str | None = None
    """Why the samples could not be kept."""
    lag_s: float
    """90th percentile of how late a greenlet that slept 10 ms was woken."""
