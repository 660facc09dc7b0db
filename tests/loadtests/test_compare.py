"""`python -m loadtests compare` as a process, against real services."""

import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from loadtests.results import FILE_NAME, Results, load
from loadtests.samples import Samples
from tests.loadtests.locust import wait_until
from tests.loadtests.recorder import recording
from tests.services import start, stop

MARK = "LOADTESTS_TEST"
# With the parity gate before it, on a machine that may be busy.
TIMEOUT_S = 180
SHORT = ("--seconds", "0.2", "--warmup-seconds", "0.1", "--scenario", "index")


class Comparison:
    """A comparison that runs; whatever it starts inherits a mark by which it is found again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        command = [sys.executable, "-m", "loadtests", "compare", "--out", str(folder), *options]
        self.process = start(command, {MARK: self.mark})

    def commands(self) -> list[str]:
        """Return the command line of every process that came of it, its own included."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def finish(self) -> tuple[int, str]:
        """Wait for the end and return status and output; fail if it leaves a process behind."""
        output, _ = self.process.communicate(timeout=TIMEOUT_S)
        assert self.commands() == []
        return self.process.returncode, output


@pytest.fixture
def compare(tmp_path: Path) -> Iterator[Callable[..., Comparison]]:
    """Start comparisons that keep their results in a folder of the test's."""
    started: list[Comparison] = []

    def begin(*options: str) -> Comparison:
        comparison = Comparison(tmp_path / "results", *options)
        started.append(comparison)
        return comparison

    yield begin
    for comparison in started:
        stop(comparison.process)


def test_compare_measures_both_and_keeps_what_it_measured(
    compare: Callable[..., Comparison], tmp_path: Path
) -> None:
    """A table, a results file with every reading, the raw samples, and nothing left running."""
    comparison = compare("--rounds", "2", "--json", str(tmp_path / "copy.json"), *SHORT)
    status, output = comparison.finish()
    assert status == 0, output
    assert "throughput (req/s)" in output
    results = load(comparison.folder)
    assert results.complete
    measured = {(reading.round, reading.scenario, reading.target) for reading in results.readings}
    assert measured == {(number, "index", name) for number in (1, 2) for name in ("flask", "fastapi")}
    for reading in results.readings:
        samples = Samples.load(
            comparison.folder / "samples" / f"round-00{reading.round}-index-{reading.target}.f64"
        )
        assert 0 < reading.requests <= reading.answered == len(samples.starts_s)
        assert reading.server_cpu_s is not None
        assert reading.server_cpu_s > 0
        assert 0 < reading.latency_p50_s <= reading.latency_p99_s <= reading.latency_max_s
    assert results.environment.versions.keys() >= {"flask", "fastapi", "gunicorn", "uvicorn", "locust"}
    assert Results.model_validate_json((tmp_path / "copy.json").read_bytes()) == results

    drawn = subprocess.run(
        [sys.executable, "-m", "loadtests", "report", str(comparison.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert drawn.stdout in output


def test_compare_interrupted_between_rounds_keeps_those_that_are_measured(
    compare: Callable[..., Comparison],
) -> None:
    """Ctrl-C ends everything that was started, says so, and loses no complete round."""
    comparison = compare("--rounds", "100", *SHORT)
    kept, process = comparison.folder / FILE_NAME, comparison.process
    wait_until("the first round is kept", lambda: kept.exists() or process.poll() is not None, TIMEOUT_S)
    assert kept.exists(), comparison.finish()
    running = comparison.commands()
    assert all(
        any(part in command for command in running) for part in ("flask_app", "fastapi_app", "generator")
    )
    os.kill(comparison.process.pid, signal.SIGINT)
    status, output = comparison.finish()
    assert status == 128 + signal.SIGINT
    assert "Stopped: what was measured is in" in output
    assert "(stopped)" in output
    results = load(comparison.folder)
    assert not results.complete
    assert {(r.round, r.target) for r in results.readings} >= {(1, "flask"), (1, "fastapi")}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stage", ["flask_app", "tests.parity"])
def test_compare_interrupted_before_it_measures_leaves_nothing_behind(
    stage: str, number: signal.Signals, compare: Callable[..., Comparison]
) -> None:
    """A stop while services start or parity is checked is as clean as any other."""
    comparison = compare("--rounds", "1", *SHORT)
    wait_until(f"{stage} runs", lambda: any(stage in command for command in comparison.commands()))
    os.kill(comparison.process.pid, number)
    os.kill(comparison.process.pid, number)  # an impatient second one changes nothing
    status, output = comparison.finish()
    assert status == 128 + number
    assert "Stopped: nothing was measured yet; everything that was started has ended." in output
    assert not (comparison.folder / FILE_NAME).exists()


def test_compare_with_a_target_that_breaks_the_contract_is_refused(
    compare: Callable[..., Comparison],
) -> None:
    """No number without the same service on both sides."""
    with recording("gunicorn") as flask, recording("uvicorn") as fastapi:
        status, output = compare(
            "--backend", "url", "--flask-url", flask.url, "--fastapi-url", fastapi.url, *SHORT
        ).finish()
    assert status == 2
    assert "These two are not the same service, so there is nothing fair to compare" in output
    assert "throughput" not in output


def test_compare_with_the_same_server_under_both_urls_is_refused(
    compare: Callable[..., Comparison],
) -> None:
    """A service is never measured under the other one's name."""
    with recording("gunicorn") as flask:
        options = ("--backend", "url", "--flask-url", flask.url, "--fastapi-url", flask.url)
        status, output = compare(*options).finish()
    assert status == 2
    assert "is not FastAPI: its Server header is 'gunicorn', not 'uvicorn'." in output


def test_compare_with_a_port_in_use_is_refused(compare: Callable[..., Comparison]) -> None:
    """The service's own sentence is passed on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, output = compare("--flask-port", str(port)).finish()
    assert status == 2
    assert f"Flask did not start: python -m flask_app: cannot listen on 127.0.0.1 port {port}" in output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--scenario", "nope"], "argument --scenario: invalid choice: 'nope'"),
        (["--rounds", "0"], "argument --rounds: must be a whole number from 1 to 100, not '0'"),
        (["--seconds", "nan"], "argument --seconds: must be seconds from 0.05 to 600, not 'nan'"),
        (["--flask-url", "http://127.0.0.1:1"], "--flask-url and --fastapi-url need --backend url."),
        (
            ["--backend", "url", "--flask-url", "http://127.0.0.1:9"],
            "Flask does not answer at http://127.0.0.1:9 ([Errno 111] Connection refused).",
        ),
        (["--backend", "url", "--flask-url", "nonsense"], "Flask does not answer at nonsense"),
        (["--out", "/dev/null/results"], "The results cannot be kept in /dev/null/results: Not a directory."),
        (["--json", "/nowhere/x.json"], "The results cannot be kept in /nowhere: there is no such folder."),
    ],
    ids=["scenario", "rounds", "seconds", "backend", "unreachable", "no url", "folder", "copy"],
)
def test_compare_with_bad_input_is_refused_in_one_sentence(
    options: list[str], sentence: str, compare: Callable[..., Comparison]
) -> None:
    """Status 2, no stack trace, nothing started."""
    status, output = compare(*options).finish()
    assert status == 2
    assert sentence in output
    assert len(output.splitlines()) == 1
