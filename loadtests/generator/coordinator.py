"""All of the generator as one: an order is shared out to workers, and their outcomes are joined."""

import sys
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import gevent
from gevent.event import Event
from locust.runners import LocalRunner, MasterRunner

from loadtests.generator import histograms
from loadtests.generator.messages import BEGIN, END, Order, Outcome, Served
from loadtests.generator.users import LoadEnvironment

PATIENCE_S = 30
"""For users to start and to end, and for workers to come."""


class Coordinator:
    """The runner, and the shares that it has: its own, or those of its workers."""

    def __init__(
        self, environment: LoadEnvironment, runner: LocalRunner | MasterRunner, workers: int
    ) -> None:
        self._runner = runner
        self._workers = workers
        self._outcomes: deque[dict[str, Any]] = deque()
        self._reached = 0
        self._spawned = Event()
        runner.register_message("outcome", lambda msg, **_: self._outcomes.append(msg.data))
        runner.register_message("reached", self._count)
        self._joined: set[str] = set()
        runner.register_message("joined", lambda msg, **_: self._joined.add(msg.node_id))
        environment.events.spawning_complete.add_listener(  # type: ignore[no-untyped-call]
            lambda **_: self._spawned.set()
        )

    def carry_out(self, order: Order) -> Outcome:
        """Keep the connections busy for settling and window, and let what is in flight end.

        Raises:
            TimeoutError: users or workers did not start or end in time.
        """
        names = self._ready()
        for number, name in enumerate(names):
            part = _part(order, number, len(names))
            self._runner.send_message("take", {"data": part.model_dump_json()}, name)
        self._spawned.clear()
        self._runner.start(order.users, spawn_rate=order.users)
        if not self._spawned.wait(PATIENCE_S):
            raise TimeoutError("the users did not start in time")
        self._reach("prime", len(names))
        self._tell("start")
        gevent.sleep(order.settle_s)
        self._reach("begin", len(names))
        _say(BEGIN)
        if order.mode == "paired":
            sys.stdin.readline()  # nothing is in flight while the servers' clocks are read
        self._tell("go")
        gevent.sleep(order.window_s)
        self._reach("end", len(names))
        _say(END)
        if order.mode == "paired":
            sys.stdin.readline()
        self._tell("finish")
        self._tell("report", "histograms" if self._workers else "samples")
        _wait_until(lambda: len(self._outcomes) == len(names))
        self._stop()
        return _together([self._outcomes.popleft() for _ in names])

    def _ready(self) -> Sequence[str]:
        if not self._workers:
            return ("local",)
        assert isinstance(self._runner, MasterRunner)
        clients = self._runner.clients

        def ready() -> list[str]:
            return [client.id for client in clients.ready]

        _wait_until(lambda: len(ready()) >= self._workers and self._joined.issuperset(ready()))
        return ready()

    def _reach(self, edge: str, workers: int) -> None:
        """Come to an edge of the window with all workers: in `paired` nothing is in flight then."""
        self._reached = 0
        self._tell(edge)
        _wait_until(lambda: self._reached == workers)

    def _count(self, **_: Any) -> None:
        self._reached += 1

    def _stop(self) -> None:
        """Stop what Locust believes to run; workers are gone until they report as ready again."""
        if isinstance(self._runner, MasterRunner):
            for client in self._runner.clients.all:
                # All have ended: otherwise a second passes until the next report says so.
                client.user_classes_count = {}
        self._runner.stop()

    def _tell(self, message: str, data: str = "") -> None:
        self._runner.send_message(message, {"data": data})


def _part(order: Order, number: int, count: int) -> Order:
    """Return what one of several workers has to do; Locust itself shares out the connections."""
    rate_per_s = None if order.rate_per_s is None else order.rate_per_s / count
    return order.model_copy(update={"rate_per_s": rate_per_s, "seed": order.seed * count + number})


def _together(answers: Sequence[dict[str, Any]]) -> Outcome:
    """Join the outcomes of all shares; one that is alone stays as it is, with exact percentiles."""
    outcomes = [Outcome.model_validate_json(answer["outcome"]) for answer in answers]
    if not answers[0]["histograms"]:
        return outcomes[0]
    served = []
    for number, parts in enumerate(zip(*(outcome.served for outcome in outcomes), strict=True)):
        clocks = list(zip(*(answer["histograms"][number] for answer in answers), strict=True))
        service, response = (None if None in parts else histograms.merged(parts) for parts in clocks)
        served.append(
            Served(
                target=parts[0].target,
                requests=sum(part.requests for part in parts),
                failures=sum(part.failures for part in parts),
                first_fault=next((part.first_fault for part in parts if part.first_fault), None),
                connects=sum(part.connects for part in parts),
                second_half=sum(part.second_half for part in parts),
                unsent=sum(part.unsent for part in parts),
                late_s=max((part.late_s for part in parts if part.late_s is not None), default=None),
                service=service,
                response=response,
            )
        )
    rates = [outcome.offered_per_s for outcome in outcomes if outcome.offered_per_s is not None]
    return Outcome(
        begin_s=outcomes[0].begin_s,
        window_s=sum(outcome.window_s for outcome in outcomes) / len(outcomes),
        offered_per_s=sum(rates) if rates else None,
        served=tuple(served),
        cpu_s=sum(outcome.cpu_s for outcome in outcomes),
        busy_share=max(outcome.busy_share for outcome in outcomes),
        lag_s=max(outcome.lag_s for outcome in outcomes),
    )


def _say(what: str) -> None:
    sys.stdout.write(what + "\n")
    sys.stdout.flush()


def _wait_until(holds: Callable[[], bool]) -> None:
    end_s = monotonic() + PATIENCE_S
    while not holds():
        if monotonic() > end_s:
            raise TimeoutError("workers did not come, or did not answer, in time")
        gevent.sleep(0.002)
