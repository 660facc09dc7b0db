"""Who asks whom, and when, within one order; no socket is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from loadtests.compare.harness import aim
from loadtests.errors import Refusal
from loadtests.generator import load as module
from loadtests.generator.load import Load
from loadtests.generator.messages import Mode, Order
from loadtests.generator.process import Generator
from loadtests.scenarios import INDEX, Operation, wait
from loadtests.targets import Target

WAIT = wait(100)
TARGET = Target("flask", "Flask", "gunicorn", "http://127.0.0.1:1300")


class FakeConnection:
    """Answers each request as one should, after the delay of its operation."""

    def __init__(self, *_: object) -> None:
        self.is_open = False
        self.asked: list[tuple[float, Operation]] = []
        self.status, self.content_type, self.server = 200, b"application/json", b"gunicorn"
        self.body = b""

    def send(self, request: bytes) -> None:
        """Note who is asked for what, and when."""
        self.is_open = True
        self.asked.append((perf_counter(), WAIT if b"/wait" in request else INDEX))

    def receive(self) -> None:
        """Take as long as the handler does."""
        operation = self.asked[-1][1]
        gevent.sleep(operation.delay_s)
        self.body = operation.answer

    def close(self) -> None:
        """End."""
        self.is_open = False


def order(mode: Mode = "neighbour", **changes: Any) -> Order:
    """Ask for `index` on two connections, while three others wait."""
    values = {
        "mode": mode,
        "aims": (aim(TARGET, INDEX), aim(TARGET, WAIT)),
        "connections": 2,
        "waiting": 3,
        "rate_per_s": 200.0,
        "settle_s": WAIT.delay_s,
        "window_s": 0.2,
        "timeout_s": 1.0,
        "core": None,
        "samples": None,
        **changes,
    }
    return Order.model_validate(values)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[FakeConnection]:
    """Return every connection that is made, in order."""
    made: list[FakeConnection] = []

    def make(*_: object) -> FakeConnection:
        made.append(FakeConnection())
        return made[-1]

    monkeypatch.setattr(module, "Connection", make)
    return made


@contextmanager
def driven(order: Order) -> Iterator[Load]:
    """Run all users of an order, primed, and end them."""
    load = Load(order)
    users = [gevent.spawn(load.drive) for _ in range(order.users)]
    while load.primed < order.users:
        gevent.sleep(0.001)
    try:
        yield load
    finally:
        load.stop()
        gevent.joinall(users, timeout=2, raise_error=True)
        assert all(user.dead for user in users)
        load.close()


def test_neighbour_gives_each_user_one_connection_to_one_aim(connections: list[FakeConnection]) -> None:
    """The first ones are the probe, those beyond wait; nobody does both."""
    with driven(order()) as load:
        load.start()
        gevent.sleep(0.3)
    asked = [{operation.name for _, operation in one.asked} for one in connections]
    assert asked == [{"index"}] * 2 + [{"wait"}] * 3
    counts = [sum(len(one.asked) - 1 for one in part) for part in (connections[:2], connections[2:])]
    assert counts == [len(recorder.samples.dues_s) for recorder in load.recorders]
    assert [recorder.faults for recorder in load.recorders] == [[], []]


def test_neighbour_primes_all_who_wait_side_by_side(connections: list[FakeConnection]) -> None:
    """One wait's length for all of them, and nothing of it is kept."""
    begin_s = perf_counter()
    with driven(order(waiting=30)) as load:
        assert perf_counter() - begin_s < 5 * WAIT.delay_s
        assert [len(one.asked) for one in connections] == [1] * 32
        assert [len(recorder.samples.dues_s) for recorder in load.recorders] == [0, 0]


def test_neighbour_spreads_those_who_wait_over_the_settling(connections: list[FakeConnection]) -> None:
    """Else all of them would be answered in one moment, and asked again in the next."""
    with driven(order(waiting=30, rate_per_s=1.0)) as load:
        begin_s = perf_counter()
        load.start()
        gevent.sleep(WAIT.delay_s * 1.5)
    after_s = sorted(one.asked[1][0] - begin_s for one in connections[2:])
    assert after_s[-1] < WAIT.delay_s * 1.3
    assert after_s[20] - after_s[10] > WAIT.delay_s / 10


def test_neighbour_of_nobody_who_waits_is_an_open_loop(connections: list[FakeConnection]) -> None:
    """The level that all others are held against."""
    with driven(order(waiting=0)) as load:
        load.start()
        gevent.sleep(0.1)
    assert len(connections) == 2
    assert len(load.recorders[0].samples.dues_s) > 5
    assert len(load.recorders[1].samples.dues_s) == 0


def test_neighbour_that_is_stopped_lets_those_who_wait_end(connections: list[FakeConnection]) -> None:
    """Whoever waits is answered, and asks no more."""
    with driven(order()) as load:
        load.start()
        gevent.sleep(0.25)
        load.stop()
        stopped_s = perf_counter()
    assert all(asked_s <= stopped_s for one in connections[2:] for asked_s, _ in one.asked)
    waits = load.recorders[1].samples
    ends_s = [start_s + took_s for start_s, took_s in zip(waits.starts_s, waits.latencies_s, strict=True)]
    assert sum(end_s > stopped_s for end_s in ends_s) == 3


@pytest.mark.parametrize(
    ("mode", "timed"),
    [
        ("paired", (False, False)),
        ("closed", (False, False)),
        ("open", (True, True)),
        ("neighbour", (True, False)),
    ],
)
def test_is_timed_of_each_mode_is_so_for_what_has_moments_of_its_own(
    mode: Mode, timed: tuple[bool, bool]
) -> None:
    """A probe is judged by when it was due, those who wait by when they were answered."""
    assert (order(mode).is_timed(0), order(mode).is_timed(1)) == timed


def test_generator_with_workers_refuses_a_neighbour(tmp_path: Any) -> None:
    """Two processes cannot tell who is which; one sentence says what to do."""
    started: Any = SimpleNamespace(start=lambda *_, **__: None)
    generator = Generator(started, None, tmp_path / "generator.log", "--workers", "2")
    with pytest.raises(Refusal, match="leave out the workers"):
        generator.carry_out(order(), lambda: None)
