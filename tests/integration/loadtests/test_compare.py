"""`python -m loadtests compare` as a process, against real services."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadtests.compare.harness import file_name
from loadtests.generator.samples import Samples
from loadtests.results import FILE_NAME, Results, load
from tests.integration.loadtests.comparisons import TIMEOUT_S, Comparison
from tests.integration.loadtests.locust import wait_until
from tests.integration.loadtests.recorder import recording
from tests.parity.faults.catalogue import FAULTS
from tests.parity.faults.trial import planted
from tests.services import running

SHORT = ("--quick", "--setup", "efficiency", "--units", "3", "--seconds", "0.1")
MANY = ("--quick", "--setup", "efficiency", "--units", "200", "--seconds", "0.1")
# Of the medians: whether a ratio can be judged depends on what else runs here meanwhile.
HELD = "index.cpu_us_per_request.control > 0.001"
NOT_HELD = "index.cpu_us_per_request.candidate < 0.001"
Compare = Callable[..., Comparison]


@pytest.mark.full
def test_compare_measures_everything_and_keeps_what_it_measured(compare: Compare, tmp_path: Path) -> None:
    """A table, a report, a results file with every reading, the raw samples, and nothing left running."""
    copy = tmp_path / "copy.json"
    options = ("--quick", "--units", "3", "--seconds", "0.15", "--scenario", "index", "--scenario", "wait")
    comparison = compare(*options, "--hash-seed", "5", "--json", str(copy))
    status, output = comparison.finish()
    assert status == 0, output
    results = load(comparison.folder)
    assert results.complete
    assert Results.model_validate_json(copy.read_bytes()) == results
    assert (comparison.folder / "report.md").exists()
    assert (comparison.folder / "report.html").exists()
    assert re.findall(r"^unit (\d+), \d+ s: \d+ of \d+ settled$", output, re.MULTILINE) == ["1", "2", "3"]

    both, units = ("flask", "fastapi"), (1, 2, 3)
    setups = {(one.setup, one.scenario, one.target, one.unit) for one in results.readings}
    assert setups == {
        (setup, scenario, target, unit)
        for setup, scenarios in (
            ("efficiency", ("index", "wait")),
            ("capacity", ("index", "wait")),
            ("latency", ("index",)),
        )
        for scenario in scenarios
        for target in both
        for unit in units
    }
    for one in results.readings:
        assert one.failures == 0, one.first_fault
        assert one.server_cpu_s is not None
        assert one.server_cpu_s > 0
        assert one.foreign_share is not None
        assert (one.late_s is not None) == (one.setup == "latency")
        name = file_name(one.setup, one.unit, one.round, one.level, one.scenario, one.target)
        samples = Samples.load(comparison.folder / "samples" / name)
        assert 0 < one.requests <= len(samples.starts_s)
    pairs: dict[tuple[str, int], set[int]] = {}
    for one in results.readings:
        if one.setup == "efficiency":
            pairs.setdefault((one.scenario, one.unit), set()).add(one.requests)
    assert len(pairs) == 6
    assert all(len(requests) == 1 for requests in pairs.values())
    assert len({one.offered_per_s for one in results.readings if one.setup == "latency"}) == 1

    assert results.environment.versions.keys() >= {"flask", "fastapi", "gunicorn", "uvicorn", "locust"}
    assert results.environment.servers["flask"]["threads"] == 64
    assert results.generator_per_s is not None
    assert {(one.unit, one.target, one.hash_seed) for one in results.starts} == {
        (unit, target, unit + 4) for unit in units for target in both
    }
    for start in results.starts:
        assert (start.cold_start_s or 0) > 0
        assert 10_000_000 < (start.memory_idle_bytes or 0) < (start.memory_loaded_bytes or 0)
    assert {row.metric for row in results.rows} >= {"cpu_us_per_request", "throughput_per_s", "cold_start_ms"}


@dataclass(frozen=True)
class Measured:
    """A short comparison that has ended."""

    folder: Path
    status: int
    output: str


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Compare once, with one demand that holds and one that does not."""
    demands = ("--assert", HELD, "--assert", NOT_HELD)
    comparison = Comparison(tmp_path_factory.mktemp("measured") / "results", *SHORT, *demands)
    return Measured(comparison.folder, *comparison.finish())


def test_compare_with_thresholds_says_what_became_of_each(measured: Measured) -> None:
    """What a pipeline asks for is answered by the exit status and in a line."""
    assert measured.status == 1, measured.output
    assert f"\nheld: {HELD}" in measured.output
    assert f"\nnot held: {NOT_HELD}" in measured.output


def test_report_from_the_folder_alone_says_the_same(measured: Measured) -> None:
    """What was drawn when it was measured is drawn again, byte for byte."""
    before = (measured.folder / "report.html").read_bytes()
    command = [sys.executable, "-m", "loadtests", "report", str(measured.folder)]
    drawn = subprocess.run(command, capture_output=True, text=True, check=True)
    assert drawn.stdout in measured.output
    assert (measured.folder / "report.html").read_bytes() == before


def test_report_of_two_runs_lays_them_side_by_side(measured: Measured) -> None:
    """A run agrees with itself."""
    command = [sys.executable, "-m", "loadtests", "report", str(measured.folder), str(measured.folder)]
    drawn = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "agree" in drawn.stdout
    assert "differ" not in drawn.stdout


def test_results_file_is_json_that_names_its_version(measured: Measured) -> None:
    """Whoever reads it without us knows what it is."""
    content = json.loads((measured.folder / FILE_NAME).read_text())
    assert content["schema_version"] == 3
    assert content["rows"][0]["metric"] == "cpu_us_per_request"


@pytest.mark.full
def test_compare_with_a_handicap_in_a_null_run_finds_it(compare: Compare) -> None:
    """A service against itself, of which one burns a third more CPU per request."""
    options = ("--null", "flask", "--handicap", "flask=33%", "--units", "4", "--seconds", "0.3")
    comparison = compare("--quick", "--setup", "efficiency", *options)
    status, output = comparison.finish()
    assert status == 0, output
    [row] = [row for row in load(comparison.folder).rows if row.metric == "cpu_us_per_request"]
    # On a machine on which something else runs meanwhile no verdict is given, but the ratio is.
    assert row.verdict in {"slower", "disturbed"}
    assert row.ratio is not None
    assert 1.2 < row.ratio.estimate < 1.5


@pytest.mark.full
def test_compare_of_services_of_ones_own_names_only_them(compare: Compare, tmp_path: Path) -> None:
    """Two services that nobody here knows, by requests of their owner."""
    body = tmp_path / "echo.http"
    body.write_bytes(b'Content-Type: application/json\r\n\r\n{"msg":"mine"}')
    with recording("gunicorn") as old, recording("uvicorn") as new:
        comparison = compare(
            *("--control", f"Old={old.url}", "--candidate", f"New={new.url}"),
            *("--request", "GET /", "--request", f"POST /echo @{body}"),
            *("--setup", "efficiency", "--setup", "capacity", "--units", "3", "--seconds", "0.05"),
        )
        status, output = comparison.finish()
    assert status == 0, output
    assert "POST /echo" in output
    everything = [output, *(path.read_text() for path in comparison.folder.glob("report.*"))]
    everything.append((comparison.folder / FILE_NAME).read_text())
    for text in everything:
        assert "Old" in text
        assert "flask" not in text.lower()
        assert "fastapi" not in text.lower()


@pytest.mark.full
def test_compare_of_services_that_answer_differently_is_refused(compare: Compare) -> None:
    """There is nothing fair to compare."""
    with recording("gunicorn") as old, recording("uvicorn") as new:
        new.suffix = b"\n"
        options = ("--control", f"Old={old.url}", "--candidate", f"New={new.url}", "--request", "GET /")
        status, output = compare(*options).finish()
    assert status == 2
    assert "These two do not answer GET / alike, so there is nothing fair to compare" in output


@pytest.mark.full
@pytest.mark.parametrize("options", [(), ("--no-keep-awake",)], ids=["awake", "asleep"])
def test_compare_interrupted_after_a_unit_keeps_those_that_are_measured(
    options: tuple[str, ...], compare: Compare
) -> None:
    """Ctrl-C ends everything that was started, prints the table so far, says so, and loses no whole unit."""
    comparison = compare(*MANY, *options)
    kept, process = comparison.folder / FILE_NAME, comparison.process
    wait_until(
        "three units are kept",
        lambda: (kept.exists() and len(load(comparison.folder).starts) >= 6) or process.poll() is not None,
        TIMEOUT_S,
    )
    assert process.poll() is None, comparison.finish()
    running = comparison.commands()
    assert any("loadtests.generator" in command for command in running)
    assert sum("SCHED_IDLE" in command for command in running) == (0 if options else 2)
    os.kill(comparison.process.pid, signal.SIGINT)
    status, output = comparison.finish()
    assert status == 128 + signal.SIGINT, output
    assert "Stopped: what was measured is in" in output
    assert "CPU per request" in output
    results = load(comparison.folder)
    assert not results.complete
    assert results.settings.keeps_awake == (not options)
    assert {(one.unit, one.target) for one in results.readings} >= {
        (unit, target) for unit in (1, 2, 3) for target in ("flask", "fastapi")
    }
    [row] = [row for row in results.rows if row.metric == "cpu_us_per_request"]
    assert row.units >= 3
    assert row.ratio is not None
    assert row.ratio.low <= row.ratio.estimate <= row.ratio.high


@pytest.mark.full
def test_compare_on_a_terminal_shows_the_table_as_it_fills_in(compare: Compare) -> None:
    """What is being done, and what the units so far have come to; the lines of a pipe are not written."""
    primary, secondary = os.openpty()
    with os.fdopen(primary, "rb", closefd=True) as screen:
        comparison = compare(*SHORT, terminal=secondary)
        os.close(secondary)
        seen = bytearray()
        # Reading from a terminal whose other side nobody holds any more is an error.
        with suppress(OSError):
            while piece := screen.read1(4096):
                seen += piece
        status, output = comparison.finish()
    text = seen.decode()
    assert status == 0, text
    assert "checking that both are the same service" in text
    assert "unit 3: efficiency, index, Flask and FastAPI" in text
    assert text.count("FastAPI ÷ Flask") > 1
    assert not re.search(r"unit \d+, \d+ s:", text)
    assert "Kept in" in text
    assert not re.search(r"unit \d", output)
    assert output.count("FastAPI ÷ Flask") == 1


@pytest.mark.full
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stage", ["flask_app", "tests.parity"])
def test_compare_interrupted_before_it_measures_leaves_nothing_behind(
    stage: str, number: signal.Signals, compare: Compare
) -> None:
    """A stop while services start or parity is checked is as clean as any other."""
    comparison = compare(*SHORT)
    wait_until(f"{stage} runs", lambda: any(stage in command for command in comparison.commands()))
    os.kill(comparison.process.pid, number)
    os.kill(comparison.process.pid, number)  # an impatient second one changes nothing
    status, output = comparison.finish()
    assert status == 128 + number, output
    assert "Stopped: nothing was measured yet; everything that was started has ended." in output
    assert not (comparison.folder / FILE_NAME).exists()


@pytest.mark.full
def test_compare_while_another_runs_is_refused(compare: Compare, tmp_path: Path) -> None:
    """Two on one machine would measure each other."""
    first = compare(*MANY)
    wait_until("the first one runs", lambda: any("flask_app" in command for command in first.commands()))
    status, output = compare(*SHORT, "--out", str(tmp_path / "other")).finish()
    os.kill(first.process.pid, signal.SIGINT)
    first.finish()
    assert status == 2
    assert "Another comparison is running on this machine" in output


@pytest.mark.full
def test_compare_on_a_full_disk_is_refused_and_keeps_the_unit_before(compare: Compare) -> None:
    """A limit on the size of files stands for the disk: what was whole stays whole."""
    comparison = compare(*MANY, limit_bytes=24_000)
    status, output = comparison.finish()
    assert status == 2, output
    assert "cannot be kept in" in output
    results = load(comparison.folder)
    assert not results.complete
    assert results.readings


@pytest.mark.full
def test_compare_with_a_target_that_breaks_the_contract_is_refused(compare: Compare) -> None:
    """No number without the same service on both sides: one allows a character too many."""
    with running("flask") as flask, planted(FAULTS["longer-message"], "fastapi") as fastapi:
        options = ("--backend", "url", "--flask-url", flask.url, "--fastapi-url", fastapi.url)
        status, output = compare(*options, *SHORT).finish()
    assert status == 2
    assert "These two are not the same service, so there is nothing fair to compare" in output
    assert "throughput" not in output


@pytest.mark.full
def test_compare_with_the_same_server_under_both_urls_is_refused(compare: Compare) -> None:
    """A service is never measured under the other one's name."""
    with recording("gunicorn") as flask:
        options = ("--backend", "url", "--flask-url", flask.url, "--fastapi-url", flask.url)
        status, output = compare(*options).finish()
    assert status == 2
    assert "is not FastAPI: its Server header is 'gunicorn', not 'uvicorn'." in output


@pytest.mark.full
def test_compare_with_a_port_in_use_is_refused(compare: Compare) -> None:
    """The service's own sentence is passed on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, output = compare("--flask-port", str(port)).finish()
    assert status == 2
    assert f"Flask did not start: python -m flask_app: cannot listen on 127.0.0.1 port {port}" in output


@pytest.mark.full
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--backend", "url", "--flask-url", "http://127.0.0.1:9"],
            "Flask does not answer at http://127.0.0.1:9 ([Errno 111] Connection refused).",
        ),
        (["--out", "/dev/null/results"], "The results cannot be kept in /dev/null/results: Not a directory."),
    ],
)
def test_compare_with_bad_input_is_refused_in_one_sentence(
    options: list[str], sentence: str, compare: Compare
) -> None:
    """Status 2, no stack trace, nothing left running; tests/unit/test_main.py has the rest."""
    status, output = compare(*options).finish()
    assert status == 2
    assert sentence in output
    assert len(output.splitlines()) == 1
