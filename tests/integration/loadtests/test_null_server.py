"""The server that does nothing, as a process."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from loadtests.backends.process import ProcessBackend
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes
from loadtests.targets import Target, address

COMMAND = [sys.executable, "-m", "loadtests.selftest.null_server"]
BODY = b'{"msg":"Success!"}'


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Run it as the comparison does."""
    with Processes(Interruption()) as processes:
        backend = ProcessBackend(processes, None, {"null": COMMAND}, {}, tmp_path)
        [target] = backend.start([Target("null", "the null server", "null", "")])
        yield target.url


@pytest.fixture
def connection(url: str) -> Iterator[socket.socket]:
    """Connect to it."""
    with closing(socket.create_connection(address(url), timeout=10)) as connection:
        yield connection


def answer(connection: socket.socket) -> bytes:
    """Receive one answer."""
    received = b""
    while not received.endswith(BODY):
        piece = connection.recv(4096)
        assert piece, received
        received += piece
    return received


def run(*words: str) -> tuple[int, str]:
    """Run it to its end; return its status and what it said."""
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_null_server_answers_everything_alike(method: str, url: str) -> None:
    """Whatever is asked, the answer is the one of `index`, and it says who gave it."""
    response = httpx.request(method, f"{url}/any?thing", content=b"x" * 100_000, trust_env=False)
    assert (response.status_code, response.content) == (200, BODY)
    assert response.headers["server"] == "null"
    assert response.headers["content-type"] == "application/json"


def test_null_server_keeps_the_connection(connection: socket.socket) -> None:
    """One request after the other on the same one."""
    for _ in range(3):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(connection).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "request_bytes",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\n\r\n\r\n"],
)
def test_null_server_with_a_request_in_pieces_answers_after_the_last(
    request_bytes: bytes, connection: socket.socket, url: str
) -> None:
    """Not a byte comes before; other connections are served meanwhile."""
    for byte in request_bytes[:-1]:
        connection.sendall(bytes([byte]))
        # Its answer proves that the server has seen what was sent before.
        assert httpx.get(url, trust_env=False).status_code == 200
    connection.setblocking(False)
    with pytest.raises(BlockingIOError):
        connection.recv(1)
    connection.setblocking(True)
    connection.sendall(request_bytes[-1:])
    assert answer(connection).endswith(BODY)


def test_null_server_with_a_connection_that_breaks_serves_the_others(
    connection: socket.socket, url: str
) -> None:
    """Broken off in the middle of a request, or reset instead of read."""
    with socket.create_connection(address(url)) as broken:
        broken.sendall(b"GET / HT")
    with socket.create_connection(address(url)) as broken:
        broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        broken.sendall(b"GET / HTTP/1.1\r\n\r\n")
    connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert answer(connection).endswith(BODY)


def test_null_server_on_a_port_in_use_is_refused() -> None:
    """One sentence and status 2, as the apps do."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, output = run("--port", str(port))
    assert (status, output) == (
        2,
        "python -m loadtests.selftest.null_server: "
        f"cannot listen on 127.0.0.1 port {port}: Address already in use\n",
    )
