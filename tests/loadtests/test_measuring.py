"""One measurement with the real load generator in its own process."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from loadtests.backend import UrlBackend
from loadtests.errors import Refusal
from loadtests.interruption import Interruption
from loadtests.orders import Generator
from loadtests.processes import Processes
from loadtests.rounds import Cell, measure
from loadtests.samples import Samples
from loadtests.targets import Target
from tests.loadtests.recorder import Recorder, recording
from tests.unit.measured import SETTINGS

SHORT = SETTINGS.model_copy(
    update={"window_s": 0.5, "settle_s": 0.1, "in_flight": 4, "server_core": None, "generator_core": None}
)


@pytest.fixture
def generator(tmp_path: Path) -> Iterator[Generator]:
    """Run the load generator."""
    with Processes(Interruption()) as processes:
        yield Generator(processes, None, tmp_path / "generator.log")


@pytest.fixture
def service() -> Iterator[Recorder]:
    """Stand in for Flask and count."""
    with recording("gunicorn") as recorder:
        yield recorder


def cell(scenario: str, service: Recorder) -> Cell:
    """Describe the measurement of that service."""
    return Cell(1, scenario, Target("flask", "Flask", "gunicorn", service.url))


@pytest.mark.parametrize(("scenario", "path"), [("index", "/"), ("echo", "/echo"), ("wait", "/wait")])
def test_measure_calls_one_operation_and_loses_no_answer(
    scenario: str, path: str, generator: Generator, service: Recorder, tmp_path: Path
) -> None:
    """As many samples as the service has answered, those in flight at the end included."""
    reading = measure(cell(scenario, service), SHORT, UrlBackend(), generator, tmp_path)
    assert reading.answered == service.answered.total() == service.answered[path]
    samples = Samples.load(tmp_path / f"round-001-{scenario}-flask.f64")
    assert len(samples.starts_s) == len(samples.latencies_s) == reading.answered
    assert 0 < reading.requests < reading.answered
    assert reading.server_cpu_s is None


def test_measure_of_waiting_takes_at_least_the_delay(
    generator: Generator, service: Recorder, tmp_path: Path
) -> None:
    """Latencies are in seconds and no shorter than what was asked for."""
    measure(cell("wait", service), SHORT, UrlBackend(), generator, tmp_path)
    assert min(Samples.load(tmp_path / "round-001-wait-flask.f64").latencies_s) >= SHORT.wait_ms / 1000


def test_measure_twice_starts_afresh(generator: Generator, service: Recorder, tmp_path: Path) -> None:
    """One order leaves nothing behind that the next one would count."""
    readings = [measure(cell("index", service), SHORT, UrlBackend(), generator, tmp_path) for _ in range(2)]
    assert sum(reading.answered for reading in readings) == service.answered.total()


def test_measure_of_a_wrong_answer_is_refused(
    generator: Generator, service: Recorder, tmp_path: Path
) -> None:
    """A failed request is an error and never a number."""
    service.suffix = b" "
    with pytest.raises(
        Refusal, match=r"Flask failed \d+ of \d+ index requests, the first because the body is"
    ):
        measure(cell("index", service), SHORT, UrlBackend(), generator, tmp_path)


def test_measure_of_a_target_that_is_gone_is_refused(generator: Generator, tmp_path: Path) -> None:
    """A refused connection is a failed request."""
    gone = Cell(1, "index", Target("flask", "Flask", "gunicorn", "http://127.0.0.1:9"))
    with pytest.raises(Refusal, match=r"the first because .*refused"):
        measure(gone, SHORT, UrlBackend(), generator, tmp_path)


def test_measure_without_an_answer_in_the_window_is_refused(
    generator: Generator, service: Recorder, tmp_path: Path
) -> None:
    """A window that is too short for the delay says what to change."""
    settings = SHORT.model_copy(update={"wait_ms": 1500})
    with pytest.raises(Refusal, match=r"answered no wait request within 0\.5 s"):
        measure(cell("wait", service), settings, UrlBackend(), generator, tmp_path)


def test_measure_with_a_generator_that_has_died_is_refused(
    generator: Generator, service: Recorder, tmp_path: Path
) -> None:
    """A generator that dies is named, with the place of its own words."""
    [process] = (p for p in psutil.Process().children() if "loadtests.generator" in p.cmdline())
    process.kill()
    with pytest.raises(Refusal, match=r"The load generator .*generator\.log says why"):
        measure(cell("index", service), SHORT, UrlBackend(), generator, tmp_path)
