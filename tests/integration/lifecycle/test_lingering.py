"""Clients that announce a body and never send it: they are answered, and others go on being served."""

import selectors
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice

import pytest

from tests.contract.wire import read_response
from tests.services import COMMANDS, SERVERS, Target, free_port, running, start, stop, wait_until_it_answers

EITHER = pytest.mark.parametrize("name", SERVERS)

# As many as Flask has threads.
CLIENTS = 64
# gunicorn gives a body that nobody asked for 5 s and then the thread back; the rest is for a busy machine.
LIMIT_S = 5 + 3
# Docker's, before it kills.
STOP_S = 10

INDEX = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HEADS = {
    200: b"GET / HTTP/1.1\r\nHost: x\r\n",
    404: b"POST /nowhere HTTP/1.1\r\nHost: x\r\n",
    405: b"PUT /echo HTTP/1.1\r\nHost: x\r\n",
    413: b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n",
    415: b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n",
}
FRAMINGS = {
    "length, nothing sent": (b"Content-Length: 65537\r\n\r\n", b""),
    "length, half sent": (b"Content-Length: 65537\r\n\r\n", b"{" * 1000),
    "chunked, nothing sent": (b"Transfer-Encoding: chunked\r\n\r\n", b""),
    "chunked, half sent": (b"Transfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + b"{" * 1000),
}
# Without a length the application must read to know that there is too much.
TOO_MUCH = b"20000\r\n" + b"{" * 65_537
REQUESTS = [
    (status, head + framing + (TOO_MUCH if status == 413 and b"chunked" in framing else begun))
    for status, head in HEADS.items()
    for framing, begun in FRAMINGS.values()
]


@contextmanager
def lingering(address: tuple[str, int], clients: int) -> Iterator[list[socket.socket]]:
    """Let clients ask, each kind in turn, read their answers and then do nothing more."""
    with ExitStack() as stack:
        connections = []
        for status, request in islice(cycle(REQUESTS), clients):
            connection = stack.enter_context(socket.create_connection(address, timeout=LIMIT_S))
            connection.sendall(request)
            assert read_response(connection)[0] == status
            connections.append(connection)
        yield connections


@pytest.fixture(scope="module", params=SERVERS)
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Return a service that nobody else uses."""
    with running(request.param) as service:
        yield service


def test_others_are_served_beside_clients_that_never_send_their_body(target: Target) -> None:
    """One for each thread, of every status and framing, hold up a request no longer than the server does."""
    with lingering(target.address, CLIENTS), socket.create_connection(target.address, timeout=LIMIT_S) as new:
        new.sendall(INDEX)

        assert read_response(new)[0] == 200


def test_flask_gives_up_a_body_that_is_never_sent() -> None:
    """gunicorn's own limit ends every kind of them, one like the other."""
    left = 0
    with (
        running("flask") as flask,
        lingering(flask.address, len(REQUESTS)) as connections,
        selectors.DefaultSelector() as selector,
    ):
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(LIMIT_S)
            if not ready:
                break
            for key, _ in ready:
                told: socket.socket = key.fileobj  # type: ignore[assignment]  # what was registered
                assert told.recv(1) == b""
                selector.unregister(told)
                # The client goes when it is told to: gunicorn's main thread would wait for it.
                told.close()
        left = len(selector.get_map())

    assert left == 0


@EITHER
def test_sigterm_is_prompt_beside_clients_that_never_send_their_body(name: str) -> None:
    """They owe the service something, not the service them: it ends before Docker would kill it."""
    port = free_port()
    process = start([*COMMANDS[name], "--port", str(port)])
    try:
        wait_until_it_answers(port, process)
        with lingering(("127.0.0.1", port), CLIENTS):
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=STOP_S)
    finally:
        output = stop(process)

    assert process.returncode == 0, output
