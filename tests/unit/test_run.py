"""A whole comparison against fakes: what is asked of backend and generator, and what is kept."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from loadtests.analysis.comparison import Comparison, compare
from loadtests.analysis.stopping import left
from loadtests.cli import parser
from loadtests.compare import harness
from loadtests.compare import plan as planning
from loadtests.compare import run as running
from loadtests.compare.plan import Plan
from loadtests.compare.run import run
from loadtests.compare.schedule import schedule
from loadtests.compare.store import ResultStore
from loadtests.errors import Refusal
from loadtests.generator.messages import Order
from loadtests.generator.samples import Samples
from loadtests.host.interruption import Interrupted, Interruption
from loadtests.inference import Verdict
from loadtests.report.table import draw
from loadtests.results import Results, Row, load
from tests.unit.fakes import FakeBackend, FakeGenerator, parts, scenario, targets

SILENT = Console(quiet=True)
NAMES = ("index", "echo", "wait")

Run = Callable[..., tuple[Results, Comparison]]


def planned(folder: Path, *options: str, **stopping: Any) -> Plan:
    """Plan a comparison by its options; the rest changes when it stops."""
    plan = planning.plan(parser().parse_args(["compare", "--out", str(folder), *options]))
    changed = plan.settings.stopping.model_copy(update=stopping)
    return replace(plan, settings=plan.settings.model_copy(update={"stopping": changed}))


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan needs two; the fakes need none, and what this machine does meanwhile is no part of them."""
    monkeypatch.setattr(planning, "cores", lambda: (0, 1))
    monkeypatch.setattr(harness, "idle_s", lambda _: None)
    monkeypatch.setattr(harness, "stolen_s", lambda _: 0.0)


@pytest.fixture
def backend() -> FakeBackend:
    """Return a backend that makes up what it knows."""
    return FakeBackend()


@pytest.fixture
def generator(backend: FakeBackend) -> FakeGenerator:
    """Return a generator that makes up what it measures."""
    return FakeGenerator(backend)


@pytest.fixture
def compared(tmp_path: Path, backend: FakeBackend, generator: FakeGenerator) -> Run:
    """Run a comparison of these options that measures something."""

    def once(*options: str, **stopping: Any) -> tuple[Results, Comparison]:
        plan = planned(tmp_path, *options, **stopping)
        results, comparison = run(plan, SILENT, Interruption(), parts(backend, generator))
        assert comparison is not None
        return results, comparison

    return once


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, generator: FakeGenerator) -> list[float]:
    """Take the run's clock into hand: it stands still, but for a second with every order."""
    now_s = [0.0]

    def advance(_: int) -> None:
        now_s[0] += 1

    monkeypatch.setattr(running, "monotonic", lambda: now_s[0])
    generator.before = advance
    return now_s


def at_ends(name: str, of: str = "fastapi") -> Callable[[str, str, int], float]:
    """Let one service now take three times as much for a scenario, now as much as ever, unit by unit."""
    return lambda scenario, service, unit: 3.0 if (scenario, service, unit % 2) == (name, of, 0) else 1.0


def row(comparison: Comparison, scenario: str | None, metric: str) -> Row:
    """Find a headline row."""
    [found] = [
        one for one in comparison.rows if (one.scenario, one.metric, one.headline) == (scenario, metric, True)
    ]
    return found


def units(results: Results) -> dict[int, set[str]]:
    """Return which scenarios were measured in each unit."""
    found: dict[int, set[str]] = {}
    for one in results.readings:
        found.setdefault(one.unit, set()).add(one.scenario)
    return found


def until(results: Results, unit: int) -> Results:
    """Return what had been measured by the end of a unit."""
    return results.model_copy(
        update={
            "readings": tuple(one for one in results.readings if one.unit <= unit),
            "starts": tuple(one for one in results.starts if one.unit <= unit),
        }
    )


@pytest.mark.parametrize("options", [(), ("--quick",)], ids=["default", "quick"])
def test_run_measures_three_units_and_keeps_them(
    options: tuple[str, ...], compared: Run, tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """Every window of every unit becomes readings; the file holds what the comparison says."""
    results, comparison = compared(*options)

    settings = results.settings
    names = [one.name for one in settings.scenarios]
    steps = [step for unit in (1, 2, 3) for step in schedule(settings, unit, ("flask", "fastapi"), names)]
    assert results.complete
    assert [(one.connections, targets(one), scenario(one)) for one in generator.orders] == [
        (64 if step.setup == "latency" else step.level, list(step.targets), step.scenario) for step in steps
    ]
    assert [
        (one.unit, one.setup, one.scenario, one.level, one.round, one.target) for one in results.readings
    ] == [
        (step.unit, step.setup, step.scenario, step.level, step.round, target)
        for step in steps
        for target in step.targets
        if step.round
    ]
    kept = load(tmp_path)
    assert kept.complete
    assert kept.rows == results.rows == comparison.rows
    assert (kept.readings, kept.starts) == (results.readings, results.starts)
    cpu = row(comparison, "index", "cpu_us_per_request")
    assert cpu.ratio is not None
    assert cpu.ratio.estimate == pytest.approx(0.5, rel=0.01)
    assert (cpu.verdict, cpu.units) == (Verdict.FASTER, 3)
    assert backend.stopped == 1


def test_run_of_what_is_settled_by_the_least_units_stops_there(compared: Run, backend: FakeBackend) -> None:
    """Another unit would tell nothing new."""
    results, comparison = compared(least_units=5)

    assert list(units(results)) == [1, 2, 3, 4, 5]
    assert backend.unit == 5
    assert left(results, comparison.rows) == []


def test_run_goes_on_until_nothing_is_open_and_no_longer(compared: Run, generator: FakeGenerator) -> None:
    """It ends with the first unit after which the rows say so."""
    generator.cost = lambda scenario, service, unit: (
        1.0 + 0.2 * (unit % 2) if (scenario, service) == ("echo", "fastapi") else 1.0
    )
    results, comparison = compared()

    last = max(units(results))
    assert 3 < last < 12
    for unit in range(3, last + 1):
        by_then = until(results, unit)
        assert left(by_then, compare(by_then).rows) == ([] if unit == last else ["echo"])
    assert row(comparison, "echo", "cpu_us_per_request").verdict is Verdict.FASTER


def test_run_of_what_is_never_settled_ends_with_the_most_units(
    compared: Run, generator: FakeGenerator
) -> None:
    """It is complete, and says that this one is inconclusive."""
    generator.cost = at_ends("echo")
    results, comparison = compared()

    assert max(units(results)) == 12
    assert results.complete
    assert row(comparison, "echo", "cpu_us_per_request").verdict is Verdict.INCONCLUSIVE


def test_run_measures_settled_scenarios_no_more(compared: Run, generator: FakeGenerator) -> None:
    """After the least units what is open alone is warmed up and measured, in all its set-ups."""
    generator.cost = at_ends("echo")
    results, comparison = compared()

    assert units(results) == {unit: set(NAMES) if unit <= 3 else {"echo"} for unit in range(1, 13)}
    counted = Counter((one.mode, scenario(one)) for one in generator.orders)
    assert (counted["paired", "index"], counted["paired", "echo"]) == (2 * 3, 2 * 12)
    assert (counted["open", "index"], counted["open", "echo"]) == (2 * 3, 2 * 12)
    assert row(comparison, "index", "cpu_us_per_request").units == 3
    assert row(comparison, "echo", "throughput_per_s").units == 12


def test_run_of_fewer_scenarios_starts_fresh_processes_all_the_same(
    compared: Run, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """Their memory after so little is none of a process that has done everything."""
    generator.cost = at_ends("echo")
    results, comparison = compared()

    assert backend.unit == 12
    loaded = {one.unit: one.memory_loaded_bytes for one in results.starts}
    assert loaded == {unit: 50_000_000 if unit <= 3 else None for unit in range(1, 13)}
    assert {one.memory_idle_bytes for one in results.starts} == {45_000_000}
    assert row(comparison, None, "memory_idle_mb").units == 12
    assert row(comparison, None, "memory_loaded_mb").units == 3


def test_run_measures_everything_while_cold_start_is_open(compared: Run, backend: FakeBackend) -> None:
    """What is true of a process comes of processes that do everything."""
    backend.cold_start_s = lambda service, unit: 0.5 if (service, unit % 2) == ("flask", 0) else 0.2
    results, comparison = compared()

    assert units(results) == {unit: set(NAMES) for unit in range(1, 13)}
    assert row(comparison, None, "cold_start_ms").verdict is Verdict.INCONCLUSIVE
    assert row(comparison, None, "memory_loaded_mb").units == 12


@pytest.mark.parametrize("count", [1, 2, 5])
def test_run_of_so_many_units_measures_everything_in_each(count: int, compared: Run) -> None:
    """Neither fewer where all is clear nor more where it is not; too few for an interval have none."""
    results, comparison = compared("--units", str(count))

    assert units(results) == {unit: set(NAMES) for unit in range(1, count + 1)}
    assert results.complete
    cpu = row(comparison, "index", "cpu_us_per_request")
    assert (cpu.ratio is None) == (count < 3)
    assert cpu.control.median == pytest.approx(400)


@pytest.mark.parametrize(("limit_s", "count"), [(15.9, 3), (16, 4), (19.9, 4), (20, 5), (1000, 12)])
def test_run_begins_no_unit_that_would_end_after_the_limit(
    limit_s: float, count: int, compared: Run, generator: FakeGenerator, clock: list[float]
) -> None:
    """Each takes four seconds here: the warm-up, a pair at once, and one after the other at one level."""
    generator.cost = at_ends("wait")
    options = ("--setup", "efficiency", "--setup", "capacity", "--scenario", "wait")
    results, _ = compared(*options, least_units=3, limit_s=limit_s)

    assert len(generator.orders) == 4 * count
    assert clock == [4 * count]
    assert max(units(results)) == count
    assert results.complete


def test_run_measures_the_least_units_whatever_the_limit(
    compared: Run, generator: FakeGenerator, clock: list[float]
) -> None:
    """With fewer there is no verdict at all."""
    generator.cost = at_ends("index")
    results, _ = compared("--quick", least_units=4, limit_s=1.0)

    assert max(units(results)) == 4
    assert clock[0] > 4


@pytest.mark.parametrize(
    ("options", "seeds"),
    [
        ((), [0, 1, 2]),
        (("--hash-seed", "40"), [40, 41, 42]),
        (("--backend", "compose", "--hash-seed", "40"), [None] * 3),
    ],
)
def test_run_takes_another_hash_seed_in_each_unit(
    options: tuple[str, ...], seeds: list[int | None], compared: Run, backend: FakeBackend
) -> None:
    """The same for both, and the results say which; none where it is not ours to choose."""
    results, _ = compared("--quick", *options)

    assert backend.hash_seeds == seeds
    assert [(one.unit, one.hash_seed) for one in results.starts] == [
        (unit, seed) for unit, seed in enumerate(seeds, 1) for _ in results.targets
    ]


def test_run_lets_both_take_turns_at_being_started_first(compared: Run, backend: FakeBackend) -> None:
    """A machine that slows down would make the second one look slower each time."""
    results, _ = compared("--quick", "--units", "4")

    assert backend.started == ["flask", "fastapi"]
    assert backend.renewed == [["flask", "fastapi"], ["fastapi", "flask"]] * 2
    assert [one.target for one in results.starts] == ["flask", "fastapi", "fastapi", "flask"] * 2


def test_run_loads_the_instances_of_the_unit(compared: Run, generator: FakeGenerator) -> None:
    """They may be at other ports than those before; the results name the first."""
    results, _ = compared("--quick")

    orders = len(generator.orders) // 3
    for place, order in enumerate(generator.orders):
        port = 1300 + 10 * (place // orders + 1)
        assert [aim.port for aim in order.aims] == [port + (name == "fastapi") for name in targets(order)]
    assert [target.url for target in results.targets] == ["http://127.0.0.1:1300", "http://127.0.0.1:1301"]


def test_run_keeps_what_is_true_of_each_process(compared: Run) -> None:
    """How long it took to start, what it held before the first request and what after the last."""
    results, comparison = compared()

    assert len(results.starts) == 6
    for one in results.starts:
        assert one.cold_start_s == {"flask": 0.25, "fastapi": 0.4}[one.target]
        assert (one.memory_idle_bytes, one.memory_loaded_bytes) == (45_000_000, 50_000_000)
    cold_start = row(comparison, None, "cold_start_ms")
    assert cold_start.ratio is not None
    assert cold_start.ratio.estimate == pytest.approx(1.6)


def test_run_takes_other_moments_in_each_unit_and_run(compared: Run, generator: FakeGenerator) -> None:
    """Both targets meet the same ones."""
    compared("--quick", "--seed", "7")
    compared("--quick", "--seed", "8")

    seeds = [(one.seed, *targets(one)) for one in generator.orders if one.mode == "open"]
    assert sorted(seeds) == [
        (seed, target)
        for run in (7, 8)
        for seed in (run * 1000 + 1, run * 1000 + 2, run * 1000 + 3)
        for target in ("fastapi", "flask")
    ]


def test_run_fixes_the_rates_in_the_first_unit(compared: Run, generator: FakeGenerator) -> None:
    """Half of what the slower one reached then, in two digits, whatever it reaches later."""
    generator.speed = lambda scenario, _, unit: {"index": 1.06, "echo": 2.2}[scenario] * unit
    results, _ = compared("--scenario", "index", "--scenario", "echo")

    rates = {(scenario(one), one.rate_per_s) for one in generator.orders if one.mode == "open"}
    assert rates == {("index", 1300), ("echo", 2800)}
    offered = {one.offered_per_s for one in results.readings if one.setup == "latency"}
    assert offered == {1300, 2800}


@pytest.mark.parametrize("service", ["flask", "fastapi"])
def test_run_without_a_capacity_of_one_offers_neither_a_rate(
    service: str, compared: Run, generator: FakeGenerator
) -> None:
    """There is nothing to take a share of; the other one is measured, and no unit is added for this."""
    generator.speed = lambda scenario, of, _: 0.0 if (scenario, of) == ("echo", service) else 1.0
    results, comparison = compared("--scenario", "index", "--scenario", "echo")

    assert {scenario(one) for one in generator.orders if one.mode == "open"} == {"index"}
    assert row(comparison, "echo", "throughput_per_s").ratio is None
    assert list(units(results)) == [1, 2, 3]


def test_run_gives_a_scenario_that_fails_its_least_units(compared: Run, generator: FakeGenerator) -> None:
    """It may have come up late; no more of them are added for it."""
    generator.speed = lambda scenario, of, _: 0.0 if (scenario, of) == ("echo", "flask") else 1.0
    options = ("--scenario", "index", "--scenario", "echo", "--setup", "efficiency", "--setup", "capacity")
    results, _ = compared(*options)

    assert units(results) == {unit: {"index", "echo"} for unit in (1, 2, 3)}


def test_run_gathers_the_samples_of_all_units(compared: Run) -> None:
    """A spectrum for each target and rate, over every answer that was due within a window."""
    results, _ = compared("--quick")

    counts = {one.target: one.count for one in results.spectra}
    for target in ("flask", "fastapi"):
        readings = [one for one in results.readings if (one.setup, one.target) == ("latency", target)]
        assert [one.unit for one in readings] == [1, 2, 3]
        assert counts[target] == pytest.approx(sum(one.requests for one in readings), rel=0.01)


def test_run_interrupted_after_a_unit_leaves_a_valid_table(
    compared: Run, tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """The intervals of the units so far hold; the file says the same, and the backend is stopped."""

    def interrupt(_: int) -> None:
        if backend.unit == 4:
            raise Interrupted

    generator.before = interrupt
    results, comparison = compared("--units", "5")

    assert not results.complete
    assert list(units(results)) == [1, 2, 3]
    by_then = compare(until(results, 3))
    assert comparison.rows == by_then.rows == load(tmp_path).rows
    assert row(comparison, "wait", "cpu_us_per_request").verdict is Verdict.FASTER
    screen = StringIO()
    Console(file=screen, width=100).print(draw(results, comparison))
    assert "faster" in screen.getvalue()
    assert backend.stopped == 1


def test_run_interrupted_within_a_unit_compares_what_both_have(
    compared: Run, tmp_path: Path, generator: FakeGenerator
) -> None:
    """The first of a pair without the second counts for nothing, and is kept."""

    def interrupt(_: int) -> None:
        closed = [one for one in generator.orders if one.mode == "closed"]
        if len(closed) == 3 * 8 + 2:
            raise Interrupted

    generator.before = interrupt
    results, comparison = compared("--quick", "--units", "5")

    assert [one.target for one in results.readings if one.unit == 4 and one.setup == "capacity"] == [
        "fastapi"
    ]
    assert row(comparison, "index", "cpu_us_per_request").units == 4
    assert row(comparison, "index", "throughput_per_s").units == 3
    assert {one.unit for one in results.starts} == {1, 2, 3}
    assert load(tmp_path).readings == results.readings


def test_run_interrupted_before_the_first_round_keeps_nothing(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """There is nothing to compare, and no file that says so."""

    def interrupt(_: int) -> None:
        raise Interrupted

    generator.before = interrupt
    results, comparison = run(planned(tmp_path), SILENT, Interruption(), parts(backend, generator))

    assert comparison is None
    assert not results.readings
    assert list(tmp_path.glob("*.json")) == []
    assert backend.stopped == 1


def test_run_of_two_that_are_not_the_same_service_measures_nothing(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """The gate comes first, and what was started is stopped."""
    with pytest.raises(Refusal, match="not the same"):
        run(planned(tmp_path), SILENT, Interruption(), parts(backend, generator, "not the same"))

    assert generator.orders == []
    assert backend.renewed == []
    assert backend.stopped == 1


def test_run_that_breaks_down_keeps_the_units_before(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """The refusal is told, and what had been concluded is in the folder."""

    def break_down(_: int) -> None:
        if backend.unit == 3:
            raise Refusal("The load generator broke off.")

    generator.before = break_down
    with pytest.raises(Refusal, match="broke off"):
        run(planned(tmp_path, "--quick"), SILENT, Interruption(), parts(backend, generator))

    kept = load(tmp_path)
    assert (list(units(kept)), kept.complete) == ([1, 2], False)
    assert kept.rows == compare(kept).rows


def test_run_reads_the_samples_of_a_window_once(compared: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeping a unit does not read those before it again, and no unit overwrites another one's."""
    read: list[Path] = []
    whole = Samples.load

    def noted(path: Path) -> Samples:
        read.append(path)
        return whole(path)

    monkeypatch.setattr(Samples, "load", noted)
    compared("--quick")

    assert len(read) == 3 * 2
    assert len(set(read)) == len(read)


@pytest.mark.parametrize(
    ("options", "levels"),
    [
        ((), {8: 4, 16: 4, 32: 4, 64: 4, 128: 2}),
        (("--thorough",), {1: 6, 2: 6, 4: 6, 8: 6, 16: 6, 32: 6, 64: 6, 128: 6}),
    ],
)
def test_run_of_a_closed_loop_orders_every_level_once_a_unit(
    options: tuple[str, ...], levels: dict[int, int], compared: Run, generator: FakeGenerator
) -> None:
    """The plateau of each scenario, and the sweep where there is one; of both targets."""
    compared("--setup", "capacity", "--units", "1", *options)

    def is_measured(order: Order) -> bool:
        return order.samples is not None

    assert Counter(order.connections for order in generator.orders if is_measured(order)) == levels


def test_run_interrupted_while_it_concludes_keeps_what_it_says(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal that comes in this moment loses nothing."""
    interruption = Interruption()
    conclude = ResultStore.conclude

    def signalled(store: ResultStore) -> Comparison:
        if backend.unit == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return conclude(store)

    monkeypatch.setattr(ResultStore, "conclude", signalled)
    with interruption.handle_signals():
        results, comparison = run(
            planned(tmp_path, "--quick"), SILENT, interruption, parts(backend, generator)
        )

    assert interruption.signal == signal.SIGINT
    assert comparison is not None
    assert list(units(results)) == [1, 2, 3]
    assert load(tmp_path).rows == results.rows == comparison.rows


@pytest.mark.parametrize(
    ("options", "cores"),
    [
        ((), {0, 1}),
        (("--no-keep-awake",), set()),
        (("--backend", "compose"), {0, 1}),
        (("--backend", "url"), {1}),
    ],
)
def test_keep_awake_takes_the_cores_that_are_measured_on(
    options: tuple[str, ...], cores: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both of them, but not where the servers are somewhere else, and none where nobody wants it."""
    kept: list[set[int]] = []
    monkeypatch.setattr(running, "Awake", lambda _, chosen: kept.append(set(chosen)))
    processes: Any = None
    running.keep_awake(planned(tmp_path, *options), processes)

    assert kept == [cores]
