"""The load generator as a master with workers: together they do what one alone does, and end together."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import sqrt
from pathlib import Path

import psutil
import pytest

from loadtests.analysis.validity import UNSENT_SHARE
from loadtests.generator.messages import Mode, Outcome, Served
from loadtests.generator.process import Generator
from tests.integration.loadtests.locust import wait_until
from tests.integration.loadtests.odd_servers import (
    OddServer,
    Reply,
    always,
    answer,
    every,
    plain,
    serving,
    withhold,
)
from tests.integration.loadtests.ordering import CONNECTIONS, carry_out, generating, order
from tests.services import free_port

pytestmark = pytest.mark.full

MODULE = [sys.executable, "-m", "loadtests.generator"]
IMPATIENT = "import runpy; from locust import runners; runners.MASTER_HEARTBEAT_TIMEOUT = 2; "
IMPATIENT += "runpy.run_module('loadtests.generator', run_name='__main__', alter_sys=True)"

TOGETHER = "import json, sys; from loadtests.generator.coordinator import _together; "
TOGETHER += "print(_together(json.load(sys.stdin)).model_dump_json())"
"""In a process of its own: Locust patches it."""


@pytest.fixture(scope="module")
def coordinator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    """Run a generator with two workers."""
    with generating(
        tmp_path_factory.mktemp("coordinator"), "--workers", "2", "--port", str(free_port())
    ) as coordinator:
        yield coordinator


@pytest.fixture
def server() -> Iterator[OddServer]:
    """Run a server that answers as one should."""
    with serving() as server:
        yield server


@contextmanager
def joined(port: int, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker that was started by somebody else."""
    worker = subprocess.Popen([*command, "--join", f"127.0.0.1:{port}"], stdin=subprocess.DEVNULL)
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def processes_of(generator: Generator) -> list[psutil.Process]:
    """Return the generator's process and those that it has started."""
    process = psutil.Process(generator._process.pid)
    return [process, *process.children(recursive=True)]


def ended(processes: list[psutil.Process]) -> bool:
    """Whether none of them lives."""
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def test_workers_in_a_pair_count_what_the_servers_saw(
    coordinator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """Both workers are still at the edges of the window, and their requests add up, each time anew."""
    with serving() as other:
        for _ in range(2):
            counts: list[tuple[int, int]] = []
            in_flight: list[int] = []

            def at_edge(counts: list[tuple[int, int]] = counts, in_flight: list[int] = in_flight) -> None:
                counts.append((server.answered, other.answered))
                in_flight.append(server.in_flight + other.in_flight)

            outcome = coordinator.carry_out(order(tmp_path, "paired", server, other), at_edge)
            first, second = outcome.served
            assert in_flight == [0, 0]
            assert (first.requests, second.requests) == (
                counts[1][0] - counts[0][0],
                counts[1][1] - counts[0][1],
            )
            assert first.requests == second.requests > 0
            assert (first.failures, second.failures) == (0, 0)
        assert server.accepted == other.accepted == 8


def test_workers_in_a_closed_loop_share_the_connections(
    coordinator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """As many as were ordered, all in use; nothing is lost when they end."""
    counts: list[int] = []
    outcome = coordinator.carry_out(
        order(tmp_path, "closed", server, window_s=0.3), lambda: counts.append(server.answered)
    )
    [served] = outcome.served
    assert server.accepted == server.most_open == 4
    assert server.asked == server.answered
    assert 0 < served.requests < server.answered - CONNECTIONS
    assert served.service is not None
    assert (served.response, served.late_s) == (None, None)
    # Little's law: requests times mean latency, by time, is the number in flight.
    assert 2 < served.requests * served.service.mean_s / outcome.window_s < 4.2
    assert served.service.p50_s <= served.service.p90_s <= served.service.p99_s <= served.service.max_s
    assert (served.failures, served.connects) == (0, 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", ["paired", "closed", "open"])
def test_workers_with_one_connection_not_answered_yet_send_no_timed_request(
    mode: Mode, coordinator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """Also those wait whose own connections have all been answered."""
    with serving() as other:
        servers = [server, other] if mode == "paired" else [server]
        asked = withhold(CONNECTIONS, *servers)
        outcome = coordinator.carry_out(
            order(tmp_path, mode, *reversed(servers), rate_per_s=400), lambda: None
        )
    assert asked == [CONNECTIONS] * len(servers)
    assert all(served.requests > 0 for served in outcome.served)


def test_workers_that_are_slow_to_start_their_users_send_no_timed_request_before(
    server: OddServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locust's master waits a second for its workers and then goes on: here it does not wait at all."""
    monkeypatch.setenv("LOCUST_WAIT_FOR_WORKERS_REPORT_AFTER_RAMP_UP", "0")
    with generating(tmp_path, "--workers", "2", "--port", str(free_port())) as impatient:
        for _ in range(2):
            asked = withhold(server.asked + CONNECTIONS, server)
            before = server.asked
            impatient.carry_out(order(tmp_path, "closed", server), lambda: None)
            assert asked == [before + CONNECTIONS]


def test_workers_that_are_more_than_the_connections_begin_all_the_same(
    coordinator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """One has nothing to prime, and nobody waits for it."""
    [served] = coordinator.carry_out(order(tmp_path, "closed", server, connections=1), lambda: None).served
    assert served.requests > 0
    assert server.accepted == 1


def test_workers_that_see_different_latencies_are_merged(
    coordinator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """One worker's connection is slow, the other's is fast: the percentiles are those of both together."""
    delay_s = 0.03
    never = threading.Event()
    slow: list[threading.Thread] = []

    def manner(number: int) -> Reply:
        # A connection is a thread there.
        slow[:] = slow or [threading.current_thread()]
        if threading.current_thread() is slow[0]:
            never.wait(delay_s)
        return plain(number)

    server.manner = manner
    [served] = coordinator.carry_out(
        order(tmp_path, "closed", server, connections=2, window_s=0.3), lambda: None
    ).served
    assert served.service is not None
    assert served.service.p50_s < delay_s < served.service.max_s
    assert served.requests > 20


def test_workers_in_an_open_loop_offer_the_rate_together(
    coordinator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """Each offers its part at moments of its own, and both clocks are merged."""
    outcome = coordinator.carry_out(
        order(tmp_path, "open", server, rate_per_s=400, window_s=1.0, connections=16), lambda: None
    )
    [served] = outcome.served
    expected = 400 * outcome.window_s
    assert outcome.offered_per_s == 400
    assert abs(served.requests - expected) < 5 * sqrt(expected)
    assert served.service is not None
    assert served.response is not None
    assert served.response.mean_s >= served.service.mean_s
    assert served.late_s is not None
    assert 0 <= served.late_s < served.response.max_s
    assert server.asked == server.answered


@pytest.mark.parametrize(
    ("late_s", "latest_s"),
    [([0.001, 0.003], 0.003), ([0.003, 0.001], 0.003), ([None, 0.001], 0.001), ([None, None], None)],
    ids=["second", "first", "only one sent", "none sent"],
)
def test_together_of_workers_that_are_late_is_as_late_as_the_latest(
    late_s: list[float | None], latest_s: float | None
) -> None:
    """One that falls behind is not hidden by the others; one that sent nothing says nothing."""
    answers = [{"outcome": late(one).model_dump_json(), "histograms": [[None, None]]} for one in late_s]
    joined = subprocess.run(
        [sys.executable, "-c", TOGETHER],
        input=json.dumps(answers),
        capture_output=True,
        text=True,
        check=True,
    )
    [served] = Outcome.model_validate_json(joined.stdout).served
    assert served.late_s == latest_s


def late(late_s: float | None) -> Outcome:
    """Make up what one worker says that was so late."""
    served = Served(
        target="odd-0",
        requests=0,
        failures=0,
        first_fault=None,
        connects=0,
        second_half=0,
        unsent=0,
        late_s=late_s,
        service=None,
        response=None,
    )
    return Outcome(begin_s=0, window_s=1, offered_per_s=200, served=(served,), busy_share=0, cpu_s=0, lag_s=0)


def test_workers_whose_server_freezes_at_the_end_add_up_what_was_unsent(
    coordinator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """Each sends all that was due in its part, and the stall is in the merged percentiles."""
    server.freeze(300, 0.6)
    outcome = coordinator.carry_out(
        order(tmp_path, "open", server, rate_per_s=400, window_s=1.0, connections=4), lambda: None
    )
    [served] = outcome.served
    assert server.frozen_s is not None
    freeze_s, thaw_s = server.frozen_s
    end_s = outcome.begin_s + outcome.window_s
    assert freeze_s < end_s < thaw_s
    # No more can be late than the server was asked from then on.
    assert UNSENT_SHARE * served.requests < served.unsent <= server.asked - 300
    assert served.service is not None
    assert served.response is not None
    assert served.service.p90_s < thaw_s - end_s < served.response.p90_s
    assert served.failures == 0
    assert server.asked == server.answered


def test_workers_whose_server_fails_add_up_the_failures(
    coordinator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """A failure of any worker is one of all."""
    server.manner = every(10, always(answer(b"wrong")))
    [served] = coordinator.carry_out(order(tmp_path, "closed", server, settle_s=0.0), lambda: None).served
    assert 0 < served.failures <= server.answered // 10
    assert served.first_fault == """the body is b'wrong' instead of b'{"msg":"Success!"}'"""
    assert served.requests > 0


def test_worker_that_is_started_elsewhere_does_the_same(server: OddServer, tmp_path: Path) -> None:
    """It joins whenever it comes, works for the master, and ends with it."""
    port = free_port()
    with joined(port, *MODULE) as worker:
        with generating(tmp_path, "--expect-workers", "1", "--port", str(port)) as master:
            counts: list[int] = []
            outcome = master.carry_out(
                order(tmp_path, "paired", server), lambda: counts.append(server.answered)
            )
            assert outcome.served[0].requests == counts[1] - counts[0] > 0
            assert len(processes_of(master)) == 1
        wait_until("the worker ends", lambda: worker.poll() is not None, 20)
        assert worker.returncode == 0


def test_worker_that_is_started_elsewhere_ends_when_its_master_is_killed(
    server: OddServer, tmp_path: Path
) -> None:
    """Missing heartbeats tell it, after a minute: here after two seconds."""
    port = free_port()
    with joined(port, sys.executable, "-c", IMPATIENT) as worker:
        with generating(tmp_path, "--expect-workers", "1", "--port", str(port)) as master:
            carry_out(master, order(tmp_path, "closed", server, samples=None))
            psutil.Process(master._process.pid).kill()
        wait_until("the worker ends", lambda: worker.poll() is not None, 20)


@pytest.mark.parametrize("end", ["no more orders", "terminated", "killed"])
def test_workers_end_with_their_master(end: str, tmp_path: Path) -> None:
    """However it ends, and at once: a worker that is left would load somebody's service or this machine."""
    with generating(tmp_path, "--workers", "2", "--port", str(free_port())) as master:
        wait_until("the workers run", lambda: len(processes_of(master)) == 3)
        everybody = processes_of(master)
        process = everybody[0]
        {
            "no more orders": lambda: master._process.stdin and master._process.stdin.close(),
            "terminated": process.terminate,
            "killed": process.kill,
        }[end]()
        wait_until("all have ended", lambda: ended(everybody), 10)
