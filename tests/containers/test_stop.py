"""Stopping a container: nothing accepted is lost, and the end is a clean one."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection

import pytest

from tests.containers.conftest import PORTS, answers
from tests.containers.engine import docker, inspect, wait_until

GRACE_S = 15
WAIT_MS = 3000


@dataclass(frozen=True)
class Running:
    """One service in a container of its own."""

    id: str
    address: str


@pytest.fixture(params=["flask", "fastapi"])
def running(request: pytest.FixtureRequest, images: dict[str, str]) -> Iterator[Running]:
    """Run each service by itself, on a port that the engine chooses."""
    port = str(PORTS[request.param])
    id = docker("run", "--detach", "--read-only", "--publish", f"127.0.0.1::{port}", images[request.param])
    try:
        address = docker("port", id, port)
        wait_until(lambda: answers(f"http://{address}"), f"{request.param} answers", within_s=30)
        yield Running(id, address)
    finally:
        docker("rm", "--force", id)


def test_stop_finishes_what_is_in_flight_and_exits_with_0(running: Running) -> None:
    """SIGTERM reaches the server, which answers what it has and ends long before it would be killed."""
    with closing(HTTPConnection(running.address, timeout=GRACE_S)) as slow:
        slow.request("GET", f"/wait?ms={WAIT_MS}")
        # Connections are taken in the order they come: with an answer to a later one, the slow one is in.
        assert answers(f"http://{running.address}")
        started = time.monotonic()
        docker("stop", "--time", str(GRACE_S), running.id)
        took_s = time.monotonic() - started
        response = slow.getresponse()
        assert (response.status, response.read()) == (200, b'{"msg":"Success!","waited_ms":%d}' % WAIT_MS)
    assert took_s < GRACE_S - 5
    assert inspect(running.id)["State"]["ExitCode"] == 0
