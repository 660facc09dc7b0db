"""The load generator as the comparison has it: a process of its own that carries out one order at a time."""

import os
import selectors
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from loadtests.errors import Refusal
from loadtests.generator.messages import BEGIN, END, Order, Outcome
from loadtests.host.processes import Processes

PATIENCE_S = 60
"""Beyond settling and window: users start, requests in flight end, workers report."""
RECEIVED_BYTES = 65_536


class Generator:
    """Pinned to a core, where it has one; its log says why it ended."""

    def __init__(self, processes: Processes, core: int | None, log: Path, *options: str) -> None:
        self._log = log
        self._has_workers = bool(options)
        self._unread = b""
        with log.open("wb") as stderr:
            self._process = processes.start(
                [sys.executable, "-m", "loadtests.generator", *options],
                core=core,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )

    def carry_out(self, order: Order, at_edge: Callable[[], None]) -> Outcome:
        """Send an order and wait for its outcome; `at_edge` is called as the window begins and as it ends.

        Raises:
            Refusal: the generator broke down, or has workers where only one process will do.
        """
        if order.mode == "neighbour" and self._has_workers:
            raise Refusal(
                "The neighbour set-up needs a load generator of one process: leave out the workers."
            )
        self._write(order.model_dump_json())
        for edge in (BEGIN, END):
            if self._read(order) != edge:
                raise self._breakdown("broke off")
            at_edge()
            if order.mode == "paired":
                self._write("")
        try:
            return Outcome.model_validate_json(self._read(order))
        except ValidationError:
            raise self._breakdown("broke off") from None

    def _write(self, line: str) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._breakdown("has ended") from None

    def _read(self, order: Order) -> str:
        assert self._process.stdout
        patience_s = order.settle_s + order.window_s + order.timeout_s + PATIENCE_S
        stdout = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            # Not its own `readline`: a second line in its buffer is none that could be waited for.
            while b"\n" not in self._unread:
                if not selector.select(patience_s):
                    raise self._breakdown(f"has said nothing for {patience_s:.0f} s")
                received = os.read(stdout, RECEIVED_BYTES)
                if not received:
                    return ""
                self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def _breakdown(self, what: str) -> Refusal:
        return Refusal(f"The load generator {what}; {self._log} says why.")
