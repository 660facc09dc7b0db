"""What one window comes to, from clocks that are given; tests/integration/loadtests has real ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from loadtests.backends import Usage
from loadtests.compare import harness as module
from loadtests.compare.harness import GRACE_S, Harness, arrivals_seed, file_name
from loadtests.compare.schedule import SETTLE_S, Step
from loadtests.generator.messages import Order, Outcome
from loadtests.results import Capacity, Efficiency, Latency, Reading, Setup
from loadtests.scenarios import ECHO, INDEX, wait
from tests.unit.fakes import FakeBackend, FakeGenerator
from tests.unit.results_factory import CANDIDATE, CONTROL, SETTINGS

BOTH = ("flask", "fastapi")
CHOSEN = SETTINGS.model_copy(
    update={
        "efficiency": Efficiency(rounds=2, round_s=0.7, connections=8),
        "capacity": Capacity(window_s=0.3, settle_s=0.05, sweep=()),
        "latency": Latency(window_s=0.9, settle_s=0.06, shares=(0.5,), connections=32),
        "warmup_s": 0.4,
        "seed": 12,
        "server_core": 2,
        "generator_core": 3,
    }
)


@dataclass
class Clocks:
    """What every part would say, first at a window's begin and then at its end; CPU times by target."""

    moment_s: tuple[float, float] = (100.0, 102.0)
    idle_s: tuple[float, float] | None = (50.0, 50.0)
    awake_s: tuple[float, float] = (7.0, 7.0)
    stolen_s: dict[int, tuple[float, float]] = field(default_factory=dict)
    """By core."""
    cpu_s: dict[str, tuple[float, float] | None] = field(default_factory=dict)
    throttled_s: tuple[float, float] | None = (0.0, 0.0)
    place: int = 0
    asked: set[int | None] = field(default_factory=set)
    """Of which cores idleness and wakefulness were asked."""

    def usage(self, target: Any) -> Usage:
        """Stand in for a backend."""
        used = self.cpu_s.get(target.name, (1.0, 1.0))
        throttled = self.throttled_s
        return Usage(used and used[self.place], throttled and throttled[self.place])


Measure = Callable[..., tuple[Reading, ...]]


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    """Take the clocks of this machine into hand."""
    clocks = Clocks()

    def idle_s(core: int | None) -> float | None:
        clocks.asked.add(core)
        return clocks.idle_s and clocks.idle_s[clocks.place]

    monkeypatch.setattr(module, "perf_counter", lambda: clocks.moment_s[clocks.place])
    monkeypatch.setattr(module, "idle_s", idle_s)
    monkeypatch.setattr(module, "stolen_s", lambda core: clocks.stolen_s.get(core, (0.0, 0.0))[clocks.place])
    return clocks


@pytest.fixture
def generator() -> FakeGenerator:
    """Return a generator that makes up what it measures."""
    return FakeGenerator(FakeBackend())


@pytest.fixture
def measure(clocks: Clocks, generator: FakeGenerator, tmp_path: Path) -> Measure:
    """Measure one step with clocks that are given."""

    class Awake:
        def cpu_s(self, core: int | None) -> float:
            clocks.asked.add(core)
            return clocks.awake_s[clocks.place]

    class Passing:
        def carry_out(self, order: Order, at_edge: Callable[[], None]) -> Outcome:
            edges = iter((0, 1))

            def edge() -> None:
                clocks.place = next(edges)
                at_edge()

            return generator.carry_out(order, edge)

    def once(step: Step, rate_per_s: float | None = None) -> tuple[Reading, ...]:
        backend: Any = clocks
        passing: Any = Passing()
        awake: Any = Awake()
        targets = {"flask": CONTROL, "fastapi": CANDIDATE}
        operations = {"index": INDEX, "echo": ECHO, "wait": wait(20)}
        harness = Harness(CHOSEN, targets, operations, backend, passing, awake, tmp_path)
        return harness.measure(step, rate_per_s)

    return once


def step(setup: Setup = "efficiency", *targets: str, level: float = 8, unit: int = 3, round: int = 1) -> Step:
    """Make a step of `index`."""
    return Step(setup, "index", level, unit, round, targets or BOTH)


@pytest.mark.parametrize(
    ("idle_s", "flask_s", "fastapi_s", "awake_s", "share"),
    [
        (0.0, 1.2, 0.8, 0.0, 0.0),
        (2.0, 0.0, 0.0, 0.0, 0.0),
        (0.5, 0.4, 0.3, 0.1, 0.35),
        (0.0, 0.4, 0.3, 0.6, 0.35),
        (0.0, 0.0, 0.0, 0.0, 1.0),
        (1.2, 0.5, 0.4, 0.0, 0.0),  # the kernel counts idle time in hundredths of a second
    ],
)
def test_measure_says_how_much_of_the_servers_core_somebody_else_had(
    idle_s: float,
    flask_s: float,
    fastapi_s: float,
    awake_s: float,
    share: float,
    measure: Measure,
    clocks: Clocks,
) -> None:
    """Of two seconds, what was neither theirs nor spent on keeping awake nor on nothing; for both alike."""
    clocks.idle_s = (50.0, 50.0 + idle_s)
    clocks.awake_s = (7.0, 7.0 + awake_s)
    clocks.cpu_s = {"flask": (1.0, 1.0 + flask_s), "fastapi": (9.0, 9.0 + fastapi_s)}

    assert [one.foreign_share for one in measure(step())] == pytest.approx([share, share])
    assert clocks.asked == {2}


def test_measure_of_one_alone_says_how_much_somebody_else_had(measure: Measure, clocks: Clocks) -> None:
    """The other one is somebody else then: it has nothing to do."""
    clocks.idle_s = (50.0, 50.5)
    clocks.cpu_s = {"flask": (1.0, 2.0), "fastapi": (9.0, 9.5)}

    [reading] = measure(step("capacity", "flask"))
    assert reading.foreign_share == pytest.approx(0.25)


@pytest.mark.parametrize("unknown", ["idle", "cpu"])
def test_measure_without_all_of_it_does_not_know_what_somebody_else_had(
    unknown: str, measure: Measure, clocks: Clocks
) -> None:
    """Absent is not zero."""
    if unknown == "idle":
        clocks.idle_s = None
    else:
        clocks.cpu_s = {"fastapi": None}

    assert [one.foreign_share for one in measure(step())] == [None, None]


def test_measure_keeps_what_each_used_within_the_window(measure: Measure, clocks: Clocks) -> None:
    """By its own clock; what was stolen is that of the core that lost more."""
    clocks.cpu_s = {"flask": (1.0, 1.75), "fastapi": (9.0, 9.5)}
    clocks.throttled_s = (3.0, 3.25)
    clocks.stolen_s = {2: (1.0, 1.1), 3: (1.0, 1.5)}

    flask, fastapi = measure(step())
    assert (flask.server_cpu_s, fastapi.server_cpu_s) == (0.75, 0.5)
    assert (flask.server_throttled_s, fastapi.server_throttled_s) == (0.25, 0.25)
    assert (flask.stolen_share, fastapi.stolen_share) == pytest.approx((0.25, 0.25))


def test_measure_names_each_reading_after_its_step(measure: Measure) -> None:
    """A pair is found again by these."""
    readings = measure(step(unit=7, round=2))
    assert [(one.unit, one.round, one.setup, one.scenario, one.level, one.target) for one in readings] == [
        (7, 2, "efficiency", "index", 8, "flask"),
        (7, 2, "efficiency", "index", 8, "fastapi"),
    ]


@pytest.mark.parametrize(
    ("chosen", "mode", "connections", "settle_s", "window_s"),
    [
        (step(), "paired", 8, SETTLE_S, 0.7),
        (step(round=0), "paired", 8, 0.0, 0.4),
        (step("capacity", "flask", level=16), "closed", 16, 0.05, 0.3),
        (step("latency", "flask", level=0.5), "open", 32, 0.06, 0.9),
    ],
)
def test_measure_orders_what_the_settings_say(
    chosen: Step,
    mode: str,
    connections: int,
    settle_s: float,
    window_s: float,
    measure: Measure,
    generator: FakeGenerator,
) -> None:
    """A level is a number of connections, but in an open loop there is a fixed most; round 0 is short."""
    rate_per_s = 300.0 if mode == "open" else None
    measure(chosen, rate_per_s)

    [order] = generator.orders
    assert (order.mode, order.connections, order.settle_s, order.window_s) == (
        mode,
        connections,
        settle_s,
        window_s,
    )
    assert (order.rate_per_s, order.core, order.timeout_s) == (rate_per_s, 3, GRACE_S)
    assert (order.samples is None) == (chosen.round == 0)


def test_measure_of_a_handler_that_waits_has_so_much_more_patience(
    measure: Measure, generator: FakeGenerator
) -> None:
    """An answer cannot come before its delay is over."""
    measure(Step("capacity", "wait", 8, 1, 1, ("flask",)))
    assert generator.orders[0].timeout_s == GRACE_S + 0.02


def test_measure_of_a_handler_that_waits_settles_and_counts_for_several_waits(
    measure: Measure, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users that begin together come in waves, of which a short window would hold a broken number."""
    monkeypatch.setattr(module, "COUNTED_WAITS", 50)
    measure(Step("capacity", "wait", 8, 1, 1, ("flask",)))
    measure(Step("capacity", "index", 8, 1, 1, ("flask",)))
    waiting, other = generator.orders
    assert (waiting.settle_s, waiting.window_s) == (0.1, 1.0)
    assert (other.settle_s, other.window_s) == (0.05, 0.3)


def test_measure_in_an_open_loop_takes_moments_of_the_unit(
    measure: Measure, generator: FakeGenerator
) -> None:
    """Both targets meet the same ones; those of other units and other runs are different."""
    for unit, target in ((1, "flask"), (1, "fastapi"), (2, "flask")):
        measure(step("latency", target, level=0.5, unit=unit), 300.0)
    assert [order.seed for order in generator.orders] == [12_001, 12_001, 12_002]


def test_arrivals_seed_is_never_that_of_another_unit() -> None:
    """Of this run or of one that took the next seed; there are at most 200 units."""
    seeds = [arrivals_seed(seed, unit) for seed in range(5) for unit in range(1, 201)]
    assert len(set(seeds)) == len(seeds)


def test_file_name_of_a_plain_scenario_holds_it_as_it_is() -> None:
    """What this repository measures is found by its name."""
    name = file_name("latency", 7, 2, 0.5, "index", "flask-again")
    assert name == "latency-007-2-0.5-index-flask-again.f64"


def test_file_name_of_every_reading_is_its_own() -> None:
    """No window overwrites what another one has left."""
    names = {
        file_name(setup, unit, number, level, "index", target)
        for setup in ("efficiency", "capacity", "latency")
        for unit in (1, 2, 12)
        for number in (1, 2)
        for level in (1, 8, 0.25, 0.5)
        for target in BOTH
    }
    assert len(names) == 3 * 3 * 2 * 4 * 2


def test_file_name_of_requests_that_differ_in_signs_only_differs() -> None:
    """A file cannot be called by a slash, and two requests must not write into one file."""
    requests = ("GET /a?b", "GET /a/b", "GET /a-b", "GET /a_b", "GET--a-b")
    names = [file_name("latency", 1, 1, 0.5, request, "control") for request in requests]
    assert len(set(names)) == len(requests)
    assert all(name.startswith("latency-001-1-0.5-GET--a-b-") for name in names)


def test_file_name_of_a_long_request_is_cut_and_stays_apart() -> None:
    """A file system takes 255 bytes; what differs beyond the cut differs all the same."""
    first, second = (
        file_name("efficiency", 100, 1, 0.25, f"GET /{'x' * 2000}{end}", "candidate") for end in "ab"
    )
    assert first != second
    for name in (first, second):
        scenario = name.removeprefix("efficiency-100-1-0.25-").removesuffix("-candidate.f64")
        assert scenario.rpartition("-")[0] == f"GET--{'x' * 55}"
