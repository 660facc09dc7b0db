"""What the users of one order share: how they ask, when they stop, and what came of it."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from random import Random
from time import perf_counter

from gevent import joinall, sleep, spawn
from gevent.event import Event

from loadtests.generator.connection import Broken, Connection
from loadtests.generator.deadline_timer import DeadlineTimer
from loadtests.generator.messages import Order
from loadtests.generator.recorder import Recorder

Asked = list[tuple[Recorder, Connection]]
"""Whom a user asks, and where what comes of it is kept."""

PAUSE_AFTER_FAULT_S = 0.05
"""So that a target that refuses everything is not asked as fast as it can refuse."""


class Load:
    """One order while it is carried out."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.recorders = [Recorder(aim) for aim in order.aims]
        self.stopping = False
        self.primed = 0
        """Users whose every connection has been answered once, or has failed to be."""
        self._started = Event()
        self._stopped_s: float | None = None
        self._numbers = count()
        """Of the users, as they come."""
        self._random = Random(order.seed)  # noqa: S311  # no cryptography
        self._moments = moments(order.rate_per_s or 1.0, order.seed)
        self._timer = DeadlineTimer()
        self._go = Event()
        self._go.set()
        self._busy = 0

    def drive(self) -> None:
        """Do what one user does, until the load stops."""
        drive, recorders = self._role(next(self._numbers))
        asked = [(one, Connection((one.aim.host, one.aim.port), self.order.timeout_s)) for one in recorders]
        try:
            # At once, or targets that do not answer would take a timeout each, one after the other.
            joinall([spawn(self._prime, *one) for one in asked])
            self.primed += 1
            self._started.wait()
            drive(asked)
        finally:
            for _, connection in asked:
                connection.close()

    def start(self) -> None:
        """Let every user begin; all of them must have been primed."""
        self._started.set()

    def hold(self) -> None:
        """Let what is in flight end and start nothing new; for `paired` only, whose users come to `_go`."""
        self._go.clear()
        while self._busy:
            sleep(0.0005)

    def go(self) -> None:
        """Go on after `hold`."""
        self._go.set()

    def stop(self) -> None:
        """Let every user end with what it has in flight, and in an open loop with all that is due."""
        self.stopping = True
        self._stopped_s = perf_counter()
        self._started.set()
        self._go.set()
        self._timer.ring()

    def close(self) -> None:
        """Give back what the load holds of the system; every user must have ended."""
        self._timer.close()

    def _role(self, number: int) -> tuple[Callable[[Asked], None], list[Recorder]]:
        """Return how the user of that number asks, and whom."""
        if self.order.mode != "neighbour":
            roles = {"paired": self._pair, "closed": self._repeat, "open": self._keep_time}
            return roles[self.order.mode], self.recorders
        probe, waiter = self.recorders
        if number < self.order.connections:
            return self._keep_time, [probe]
        # Who begins at once and waits equally long would be answered at once, too, again and again.
        after_s = self._random.random() * self.order.settle_s
        return partial(self._repeat, after_s=after_s), [waiter]

    def _prime(self, recorder: Recorder, connection: Connection) -> None:
        """Connect and ask once before anything is timed; of the answer nothing is kept.

        A connection that was opened is not yet served: uvloop accepts one in a turn of its loop, which takes
        longer the more others are busy, and gunicorn gives a thread to each that has not asked for anything.
        One that is opened later than here was closed by the target.
        """
        try:
            connection.send(recorder.aim.request)
            connection.receive()
        except Broken as broken:
            recorder.fail(str(broken))

    def _repeat(self, asked: Asked, after_s: float = 0.0) -> None:
        [(recorder, connection)] = asked
        sleep(after_s)
        while not self.stopping:
            self._ask(recorder, connection)

    def _keep_time(self, asked: Asked) -> None:
        """Take the next moment that nobody has taken, wait for it, and send."""
        [(recorder, connection)] = asked
        while True:
            # Users stand in line: the first one waits for its moment, and the next one's comes later.
            with self._timer.turn:
                due_s = next(self._moments)
                if not self._is_over(due_s):
                    self._timer.wait_until(due_s)
            if self._is_over(due_s):
                return
            self._ask(recorder, connection, due_s)

    def _is_over(self, due_s: float) -> bool:
        """Whether a moment comes after the end; what was due before is still sent, or a stall went unseen."""
        if self._stopped_s is None:
            return False
        return due_s >= self._stopped_s or perf_counter() > self._stopped_s + self.order.timeout_s

    def _pair(self, asked: Asked) -> None:
        """Send to every aim, then read every answer; who comes first takes turns."""
        both = [*asked]
        while True:
            self._go.wait()
            if self.stopping:
                return
            self._busy += 1
            sent = [(*one, perf_counter()) for one in both if self._send(*one)]
            for recorder, connection, start_s in sent:
                self._receive(recorder, connection, start_s, start_s)
            both.reverse()
            self._busy -= 1

    def _ask(self, recorder: Recorder, connection: Connection, due_s: float | None = None) -> None:
        start_s = perf_counter()
        if self._send(recorder, connection):
            self._receive(recorder, connection, start_s if due_s is None else due_s, start_s)

    def _send(self, recorder: Recorder, connection: Connection) -> bool:
        if not connection.is_open:
            recorder.connects_s.append(perf_counter())
        try:
            connection.send(recorder.aim.request)
        except Broken as broken:
            recorder.fail(str(broken))
            sleep(PAUSE_AFTER_FAULT_S)
            return False
        return True

    def _receive(self, recorder: Recorder, connection: Connection, due_s: float, start_s: float) -> None:
        try:
            connection.receive()
        except Broken as broken:
            recorder.fail(str(broken))
        else:
            if recorder.check(connection, due_s, start_s, perf_counter() - start_s):
                return
        sleep(PAUSE_AFTER_FAULT_S)


def moments(rate_per_s: float, seed: int) -> Iterator[float]:
    """Yield moments of `perf_counter` without end, as independent clients come (a Poisson process)."""
    random = Random(seed)  # noqa: S311  # no cryptography
    moment_s = perf_counter()
    while True:
        moment_s += random.expovariate(rate_per_s)
        yield moment_s
