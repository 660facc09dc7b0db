"""What the comparison and its load generator say to each other; this end of it imports no Locust."""

import selectors
import subprocess
import sys
from pathlib import Path

from pydantic import BaseModel, ValidationError

from loadtests.errors import Refusal
from loadtests.processes import Processes
from loadtests.targets import Target

# Beyond the window: users start, requests in flight end.
PATIENCE_S = 30


class Order(BaseModel):
    """Load one target with one scenario for a while."""

    target: Target
    scenario: str
    wait_ms: int
    in_flight: int
    settle_s: float
    window_s: float
    core: int | None
    """The core that the generator is pinned to."""
    samples: Path


class Outcome(BaseModel):
    """What came of it; begin and end of the window are on the samples' clock."""

    begin_s: float
    end_s: float
    answered: int
    """Verified answers, also those before and after the window."""
    failed: int
    first_fault: str | None
    busy_share: float
    """How much of the window the generator ran or wanted to, 0 to 1: near 1 it was the limit."""


class Generator:
    """The load generator's process; makes load for one order at a time."""

    def __init__(self, processes: Processes, core: int | None, log: Path) -> None:
        self._log = log
        with log.open("wb") as stderr:
            self._process = processes.start(
                [sys.executable, "-m", "loadtests.generator"],
                core=core,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )

    def carry_out(self, order: Order) -> Outcome:
        """Send an order and wait for its outcome.

        Raises:
            Refusal: the generator broke down.
        """
        process = self._process
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(order.model_dump_json().encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._breakdown("has ended") from None
        patience_s = order.settle_s + order.window_s + PATIENCE_S
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(patience_s):
                raise self._breakdown(f"has said nothing for {patience_s:.0f} s")
        try:
            return Outcome.model_validate_json(process.stdout.readline())
        except ValidationError:
            raise self._breakdown("broke off") from None

    def _breakdown(self, what: str) -> Refusal:
        return Refusal(f"The load generator {what}; {self._log} says why.")
