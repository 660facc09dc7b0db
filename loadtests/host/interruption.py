"""Ctrl-C, a termination or a hang-up, turned into one orderly stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """Not KeyboardInterrupt itself: Python remembers one that passed through `exec` of a text, caught or not.

    A process that was started with `-m` then ends itself by SIGINT, whatever status it had chosen. A module
    with a dataclass, imported at that moment, is enough.
    """


class Interruption:
    """Raises Interrupted for the first signal and ignores the rest, so that cleaning up always ends."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._deferred = False

    @contextmanager
    def handle_signals(self) -> Iterator[None]:
        """Take over the signals; a context manager for the main thread."""
        before = {number: signal.signal(number, self._receive) for number in SIGNALS}
        try:
            yield
        finally:
            # After an interruption the process is about to end: another signal must not end it otherwise.
            if self.signal is None:
                for number, handler in before.items():
                    signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Put the interruption off until the end of the block: what is started in it is not lost sight of."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        if self.signal is not None:
            raise Interrupted

    def _receive(self, number: int, _: FrameType | None) -> None:
        first = self.signal is None
        if first:
            self.signal = number
            if not self._deferred:
                raise Interrupted
