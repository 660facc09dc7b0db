"""The handicap: an app that is served as ever, and burns the share of CPU time that it is told to."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from loadtests.backends.process import ProcessBackend
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes, cores
from loadtests.targets import Target, address
from tests.services import SERVERS

pytestmark = pytest.mark.full

HANDICAP = [sys.executable, "-m", "loadtests.selftest.handicap"]
ROUNDS = 3000
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
BODY = b'{"msg":"Success!"}'


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Own what the test starts."""
    with Processes(Interruption()) as owner:
        yield owner


def ratio(commands: dict[str, list[str]], server: str, processes: Processes, logs: Path) -> float:
    """Load two commands at once with equal requests; return the second's CPU time over the first's."""
    backend = ProcessBackend(processes, cores()[0], commands, {}, logs)
    targets = backend.start([Target(name, name, server, "") for name in commands])
    connections = [socket.create_connection(address(target.url)) for target in targets]
    try:
        exchange(connections, rounds=200)
        before_s = [backend.usage(target).cpu_s or 0.0 for target in targets]
        exchange(connections, rounds=ROUNDS)
        after_s = [backend.usage(target).cpu_s or 0.0 for target in targets]
    finally:
        for connection in connections:
            connection.close()
    first_s, second_s = (after - before for after, before in zip(after_s, before_s, strict=True))
    return second_s / first_s


def exchange(connections: list[socket.socket], rounds: int) -> None:
    """Send to all, then receive from all, so that whatever disturbs one disturbs the others.

    They take turns at being first: who is woken first uses some percent more.
    """
    for _ in range(rounds):
        connections = connections[::-1]
        for connection in connections:
            connection.sendall(REQUEST)
        for connection in connections:
            answer = connection.recv(4096)
            while not answer.endswith(BODY):
                received = connection.recv(4096)
                assert received, answer
                answer += received


def run(*words: str) -> tuple[int, str]:
    """Run it to its end; return its status and what it said."""
    done = subprocess.run([*HANDICAP, *words], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", SERVERS)
def test_handicap_of_30_percent_costs_30_percent_more_cpu_per_request(
    name: str, processes: Processes, tmp_path: Path
) -> None:
    """Against the same app without it, both loaded at once."""
    plain = [sys.executable, "-m", f"{name}_app"]
    commands = {"plain": plain, "handicapped": [*HANDICAP, "0.3", f"{name}_app"]}
    assert 1.2 < ratio(commands, SERVERS[name], processes, tmp_path) < 1.4


@pytest.mark.parametrize("name", SERVERS)
def test_handicap_leaves_the_answers_alone(name: str, processes: Processes, tmp_path: Path) -> None:
    """The same bytes as ever, for a good request and for a bad one."""
    plain = [sys.executable, "-m", f"{name}_app"]
    commands = {"plain": plain, "handicapped": [*HANDICAP, "0.3", f"{name}_app"]}
    backend = ProcessBackend(processes, None, commands, {}, tmp_path)
    targets = backend.start([Target(label, label, SERVERS[name], "") for label in commands])
    for path in ("/", "/nowhere"):
        plain_answer, handicapped_answer = (
            httpx.get(f"{target.url}{path}", trust_env=False) for target in targets
        )
        assert handicapped_answer.status_code == plain_answer.status_code
        assert handicapped_answer.content == plain_answer.content
        assert handicapped_answer.headers.keys() == plain_answer.headers.keys()


@pytest.mark.parametrize(
    "words", [[], ["0.1"], ["x", "flask_app"], ["-1", "flask_app"], ["nan", "flask_app"]]
)
def test_handicap_without_a_share_and_an_app_is_refused(words: list[str]) -> None:
    """One sentence says what is wanted."""
    assert run(*words) == (
        2,
        "python -m loadtests.selftest.handicap: give a share from 0 to 10, then the app, then its options\n",
    )


@pytest.mark.parametrize("options", [["--workers", "2"], ["--reload"]])
def test_handicap_with_processes_that_would_not_have_it_is_refused(options: list[str]) -> None:
    """uvicorn starts its workers afresh, and they would run without it: a handicap must not vanish unseen."""
    assert run("0.1", "fastapi_app", *options) == (
        2,
        "python -m loadtests.selftest.handicap: it needs one worker and no --reload\n",
    )
