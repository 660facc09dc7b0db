"""Stopping and crashing: nothing accepted is lost."""

import select
import signal
import socket
from contextlib import ExitStack, suppress

import httpx
import pytest

from tests.contract.answers import FAILED, SUCCESS
from tests.contract.wire import read_response
from tests.services import COMMANDS, SERVERS, free_port, running, start, stop, wait_until_it_answers

EITHER = pytest.mark.parametrize("name", SERVERS)


@EITHER
@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_finishes_what_is_in_flight(name: str, workers: str) -> None:
    """A request that has been accepted is answered; then the process ends with status 0."""
    port = free_port()
    process = start([*COMMANDS[name], "--port", str(port)], {"WEB_CONCURRENCY": workers})
    try:
        wait_until_it_answers(port, process)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(b"GET /wait?ms=1500 HTTP/1.1\r\nHost: x\r\n\r\n")
            # A second answer shows that the first request has been read before the signal is sent.
            httpx.get(f"http://127.0.0.1:{port}/wait?ms=100")
            process.send_signal(signal.SIGTERM)

            assert read_response(connection) == (200, b'{"msg":"Success!","waited_ms":1500}')
        output = stop(process)
    finally:
        stop(process)

    assert process.returncode == 0, output


@EITHER
def test_sigterm_ends_idle_connections(name: str) -> None:
    """A client that keeps its connection open does not hold up the end."""
    port = free_port()
    process = start([*COMMANDS[name], "--port", str(port)])
    try:
        wait_until_it_answers(port, process)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            client.get("/")
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
    finally:
        stop(process)

    assert process.returncode == 0


@EITHER
def test_interrupt_ends_the_service(name: str) -> None:
    """Ctrl-C in a terminal ends it as well."""
    port = free_port()
    process = start([*COMMANDS[name], "--port", str(port)])
    try:
        wait_until_it_answers(port, process)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    finally:
        output = stop(process)

    assert process.returncode == 0, output
    assert "Traceback" not in output


@EITHER
@pytest.mark.parametrize("environ", [{}, {"FLASK_DEBUG": "1"}], ids=["as usual", "FLASK_DEBUG"])
def test_a_crash_is_500_and_the_connection_lives(name: str, environ: dict[str, str]) -> None:
    """Anything unforeseen is a problem without details, logged, and the next request is served."""
    port = free_port()
    process = start(
        [
            *COMMANDS[name][:1],
            "-m",
            "tests.integration.lifecycle.crashing",
            f"{name}_app",
            "--port",
            str(port),
        ],
        environ,
    )
    try:
        wait_until_it_answers(port, process)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            for _ in range(2):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert read_response(connection) == (500, FAILED)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_response(connection) == (200, b'{"status":"ok"}')
    finally:
        output = stop(process)

    assert "RuntimeError: s3cret" in output


@EITHER
def test_many_connections_at_once_are_all_answered(name: str) -> None:
    """More connections than threads: none is refused, none is forgotten."""
    with running(name) as target, ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(target.address, timeout=20)) for _ in range(256)
        ]
        for connection in connections:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

        for connection in connections:
            assert read_response(connection) == (200, SUCCESS)


# gunicorn lets a worker read a body to the end of the grace and then ends it; uvicorn cancels the handler.
ANSWER_TO_HALF_A_BODY = {"flask": b"", "fastapi": b"HTTP/1.1 500 "}


@EITHER
def test_sigterm_beside_half_a_body_ends_with_the_grace(name: str) -> None:
    """Nobody can answer it; it takes as long as stopping may take, and the end is an orderly one."""
    port = free_port()
    process = start([*COMMANDS[name], "--port", str(port)])
    try:
        wait_until_it_answers(port, process)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(
                b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b'Content-Length: 11\r\n\r\n{"msg'
            )
            # A later connection's answer shows that the first has been taken.
            httpx.get(f"http://127.0.0.1:{port}/wait?ms=100")
            process.send_signal(signal.SIGTERM)
            answer = connection.recv(13)
            process.wait(timeout=20)
    finally:
        output = stop(process)

    assert answer == ANSWER_TO_HALF_A_BODY[name]
    assert process.returncode == 0, output


# For up to 2 s gunicorn answers who had been told that the connection stays; uvicorn closes at once.
IS_ANSWERED_WHILE_STOPPING = {"flask": True, "fastapi": False}


@EITHER
def test_sigterm_beside_a_kept_connection_differs(name: str) -> None:
    """A request that was on its way is answered by gunicorn, and meets a closed connection at uvicorn."""
    port = free_port()
    process = start([*COMMANDS[name], "--port", str(port)])
    try:
        wait_until_it_answers(port, process)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_response(connection) == (200, SUCCESS)
            process.send_signal(signal.SIGTERM)
            select.select([connection], [], [], 0.3)
            with suppress(ConnectionError):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try:
                answered = connection.recv(12) == b"HTTP/1.1 200"
            except ConnectionError:
                answered = False
    finally:
        stop(process)

    assert answered is IS_ANSWERED_WHILE_STOPPING[name]
