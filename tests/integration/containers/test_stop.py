"""Stopping a container: nothing accepted is lost, and the end is a clean one."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from threading import Event, Thread

import pytest

from tests.integration.containers.conftest import PORTS
from tests.integration.containers.engine import docker, inspect, wait_until
from tests.integration.containers.hardened import HARDENED, Running, running
from tests.integration.containers.health import answers

pytestmark = pytest.mark.full

GRACE_S = 15
WAIT_MS = 3000
IN_FLIGHT = 20
LOADERS = 4


@pytest.fixture(params=["flask", "fastapi"])
def service(request: pytest.FixtureRequest, images: dict[str, str]) -> Iterator[Running]:
    """Run each service by itself."""
    with running(images[request.param], PORTS[request.param], *HARDENED) as container:
        wait_until(lambda: answers(container.url), f"{request.param} answers", within_s=30)
        yield container


def test_stop_under_load_loses_no_accepted_request(service: Running) -> None:
    """SIGTERM reaches the server, which answers what it has and ends long before it would be killed."""
    stopping, faults = Event(), list[str]()
    loaders = [Thread(target=load, args=(service.address, stopping, faults)) for _ in range(LOADERS)]
    with ExitStack() as stack:
        slow = [
            stack.enter_context(closing(HTTPConnection(service.address, timeout=GRACE_S)))
            for _ in range(IN_FLIGHT)
        ]
        for connection in slow:
            connection.request("GET", f"/wait?ms={WAIT_MS}")
        for loader in loaders:
            loader.start()
        # Connections are taken in the order they come: with an answer to a later one, the slow ones are in.
        assert answers(service.url)
        started = time.monotonic()
        stopping.set()
        docker("stop", "--time", str(GRACE_S), service.id)
        took_s = time.monotonic() - started
        for connection in slow:
            response = connection.getresponse()
            body = b'{"msg":"Success!","waited_ms":%d}' % WAIT_MS
            assert (response.status, response.read()) == (200, body)
    for loader in loaders:
        loader.join(GRACE_S)
    assert faults == []
    assert took_s < GRACE_S - 5
    assert inspect(service.id)["State"]["ExitCode"] == 0


def load(address: str, stopping: Event, faults: list[str]) -> None:
    """Ask on new connections until there are none; note every answer that is not whole.

    A connection that is refused or closed without a byte was never accepted, which only a stop may do.
    """
    while True:
        with closing(HTTPConnection(address, timeout=GRACE_S)) as connection:
            try:
                connection.request("GET", "/", headers={"Connection": "close"})
                response = connection.getresponse()
            except OSError:
                if not stopping.is_set():
                    faults.append("refused before the stop")
                return
            if (response.status, response.read()) != (200, b'{"msg":"Success!"}'):
                faults.append(f"answered {response.status}")
