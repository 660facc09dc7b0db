"""A whole comparison against fakes: what is asked of backend and generator, and what is kept."""

import os
import signal
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.analysis.comparison import Comparison
from loadtests.cli import parser
from loadtests.compare import plan as planning
from loadtests.compare.plan import Plan
from loadtests.compare.run import run
from loadtests.compare.store import ResultStore
from loadtests.errors import Refusal
from loadtests.generator.messages import Order
from loadtests.generator.samples import Samples
from loadtests.host.interruption import Interrupted, Interruption
from loadtests.results import load
from tests.unit.fakes import FakeBackend, FakeGenerator, parts

SILENT = Console(quiet=True)


def planned(folder: Path, *options: str) -> Plan:
    """Plan a comparison by its options."""
    return planning.plan(parser().parse_args(["compare", "--out", str(folder), *options]))


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan needs two; the fakes need none."""
    monkeypatch.setattr(planning, "cores", lambda: (0, 1))


@pytest.fixture
def backend() -> FakeBackend:
    """Return a backend that makes up what it knows."""
    return FakeBackend()


@pytest.fixture
def generator(backend: FakeBackend) -> FakeGenerator:
    """Return a generator that makes up what it measures."""
    return FakeGenerator(backend)


@pytest.mark.parametrize("options", [(), ("--quick",)], ids=["default", "quick"])
def test_run_measures_everything_once_and_keeps_it(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator, options: tuple[str, ...]
) -> None:
    """Every window of the plan becomes readings; the file holds what the comparison says."""
    plan = planned(tmp_path, *options)
    results, comparison = run(plan, SILENT, Interruption(), parts(backend, generator))

    assert results.complete
    assert len(generator.orders) == len(plan.steps)
    assert len(results.readings) == sum(len(step.targets) for step in plan.steps if step.round)
    assert comparison is not None
    kept = load(tmp_path)
    assert kept.rows == results.rows == comparison.rows
    assert kept.readings == results.readings
    cpu = next(
        row for row in comparison.rows if (row.scenario, row.metric) == ("index", "cpu_us_per_request")
    )
    assert cpu.ratio is not None
    assert cpu.ratio.estimate == pytest.approx(0.5, rel=0.01)
    assert cpu.verdict == "faster"
    assert backend.stopped == 1


def test_run_starts_the_control_a_second_time_for_a_a(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """Where a backend can, the control is measured against another instance of itself."""
    run(planned(tmp_path, "--quick"), SILENT, Interruption(), parts(backend, generator))

    assert backend.started == ["flask", "fastapi", "flask-again"]


def test_run_replaces_processes_as_often_as_planned(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """Seven of each in the default preset: six times anew."""
    run(planned(tmp_path), SILENT, Interruption(), parts(backend, generator))

    assert backend.renewed == 6


def test_run_asks_for_rates_that_come_of_the_capacity(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """Shares of what the slower one reached, the same for both."""
    run(
        planned(tmp_path, "--quick", "--scenario", "index"), SILENT, Interruption(), parts(backend, generator)
    )

    rates = {order.rate_per_s for order in generator.orders if order.mode == "open"}
    assert len(rates) == 1
    assert rates.pop() == pytest.approx(1250, rel=0.01)


def test_run_gathers_the_samples_of_all_rounds(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """A spectrum for each target and rate, over every answer that was due within a window."""
    results, _ = run(
        planned(tmp_path, "--quick", "--scenario", "index"), SILENT, Interruption(), parts(backend, generator)
    )
    counts = {one.target: one.count for one in results.spectra}
    for target in ("flask", "fastapi"):
        readings = [one for one in results.readings if (one.setup, one.target) == ("latency", target)]
        assert counts[target] == pytest.approx(sum(one.requests for one in readings), rel=0.01)


def test_run_interrupted_keeps_the_rounds_before(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """What was measured is compared and kept; the backend is stopped."""

    def interrupt(number: int) -> None:
        if number == 100:
            raise Interrupted

    generator.before = interrupt
    results, comparison = run(planned(tmp_path), SILENT, Interruption(), parts(backend, generator))

    assert not results.complete
    assert comparison is not None
    assert comparison.rows == load(tmp_path).rows
    assert 0 < len(results.readings) < 200
    assert backend.stopped == 1


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


def test_run_of_two_that_are_not_the_same_service_measures_nothing(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """The gate comes first, and what was started is stopped."""
    with pytest.raises(Refusal, match="not the same"):
        run(planned(tmp_path), SILENT, Interruption(), parts(backend, generator, "not the same"))

    assert generator.orders == []
    assert backend.stopped == 1


def test_run_reads_the_samples_of_a_round_once(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeping a round does not read those before it again."""
    read: list[Path] = []
    whole = Samples.load

    def noted(path: Path) -> Samples:
        read.append(path)
        return whole(path)

    monkeypatch.setattr(Samples, "load", noted)
    run(planned(tmp_path, "--quick"), SILENT, Interruption(), parts(backend, generator))

    assert read
    assert len(read) == len(set(read))


def test_run_of_a_closed_loop_orders_every_level(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator
) -> None:
    """1 to 128 requests in flight, each as often as there are rounds, scenarios and targets."""
    run(planned(tmp_path, "--setup", "capacity"), SILENT, Interruption(), parts(backend, generator))

    def is_measured(order: Order) -> bool:
        return order.samples is not None

    levels = [order.connections for order in generator.orders if is_measured(order)]
    assert {level: levels.count(level) for level in levels} == dict.fromkeys(
        (1, 2, 4, 8, 16, 32, 64, 128), 7 * 3 * 2
    )


def test_run_interrupted_while_it_concludes_keeps_what_it_says(
    tmp_path: Path, backend: FakeBackend, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal that comes in the last moment is too late to lose anything."""
    interruption = Interruption()
    conclude = ResultStore.conclude

    def signalled(store: ResultStore) -> Comparison:
        os.kill(os.getpid(), signal.SIGINT)
        return conclude(store)

    monkeypatch.setattr(ResultStore, "conclude", signalled)
    with interruption.handle_signals():
        results, comparison = run(
            planned(tmp_path, "--quick"), SILENT, interruption, parts(backend, generator)
        )

    assert interruption.signal == signal.SIGINT
    assert comparison is not None
    assert load(tmp_path).rows == results.rows == comparison.rows
