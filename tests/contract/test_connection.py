"""What only a socket can show: truncated bodies, and how long an idle connection lives."""

import select
import socket

import pytest

from tests.contract.answers import BODY_TRUNCATED, SUCCESS
from tests.contract.wire import read_response
from tests.services import Target

TIMEOUT_S = 10

# uvicorn ends a connection whose client has stopped sending before the app can answer; gunicorn lets it.
# The contract asks for an answer where the server lets the application see the fault.
ANSWER_TO_TRUNCATION = {"flask": BODY_TRUNCATED, "fastapi": None}

# Longer than what gunicorn (2 s) and uvicorn (5 s) would wait by default, far shorter than the 75 s agreed.
IDLE_S = 7


HEAD = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b'Content-Length: 12\r\n\r\n{"msg":"a"}',
        HEAD + b'Transfer-Encoding: chunked\r\n\r\nb\r\n{"msg":"a"}\r\n',
    ],
    ids=["length", "chunked"],
)
def test_echo_with_a_truncated_body_is_never_a_success(target: Target, request_bytes: bytes) -> None:
    """A body that ends early is a 400 where the app can still answer, and nothing at all elsewhere."""
    with socket.create_connection(target.address, timeout=TIMEOUT_S) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        expected = ANSWER_TO_TRUNCATION[target.name]
        if expected is None:
            assert connection.recv(1) == b""
        else:
            assert read_response(connection) == (400, expected)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /", 200),
        (b"PUT /echo", 405),
        (b"POST /nowhere", 404),
    ],
)
@pytest.mark.parametrize("size_bytes", [1, 65_535])
def test_an_unread_body_leaves_the_connection_usable(
    target: Target, request_line: bytes, status: int, size_bytes: int
) -> None:
    """The server reads away what an answer did not need; gunicorn does so below 64 KiB, and else closes."""
    head = request_line + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    request = head + b"Content-Length: %d\r\n\r\n" % size_bytes + bytes(size_bytes)
    with socket.create_connection(target.address, timeout=TIMEOUT_S) as connection:
        for _ in range(2):
            connection.sendall(request)
            assert read_response(connection)[0] == status
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_response(connection) == (200, SUCCESS)


def test_an_old_version_of_http_is_answered(target: Target) -> None:
    """HTTP/1.0, which health checks still speak, gets the same answer."""
    with socket.create_connection(target.address, timeout=TIMEOUT_S) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")

        assert read_response(connection) == (200, SUCCESS)


@pytest.mark.slow
def test_an_idle_connection_outlives_the_servers_defaults(target: Target) -> None:
    """Keep-alive is set, and the same, on both sides."""
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(target.address, timeout=TIMEOUT_S) as connection:
        connection.sendall(request)
        assert read_response(connection) == (200, SUCCESS)

        closed, _, _ = select.select([connection], [], [], IDLE_S)

        assert not closed
        connection.sendall(request)
        assert read_response(connection) == (200, SUCCESS)
