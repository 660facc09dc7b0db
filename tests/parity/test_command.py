"""The command that repeats a request by hand sends what the case sends."""

import socket
import subprocess
import threading

import pytest

from tests.parity.engine.case import Case
from tests.parity.engine.command import command
from tests.parity.engine.exchange import Address

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
TIMEOUT_S = 30


class Listener:
    """Takes one connection, answers at the last byte that it expects, and keeps what it got."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.received = b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def address(self) -> Address:
        """Where to send to."""
        address: Address = self.socket.getsockname()
        return address

    def serve(self) -> None:
        """Read everything, then answer and close."""
        connection, _ = self.socket.accept()
        with self.socket, connection:
            while len(self.received) < self.size and (piece := connection.recv(65536)):
                self.received += piece
            connection.sendall(ANSWER)


def sent_by_hand(pieces: tuple[bytes, ...], *, half_close: bool) -> tuple[bytes, bytes]:
    """Run the command; return what arrived and what was printed."""
    listener = Listener(sum(map(len, pieces)))
    line = command(listener.address, pieces, half_close=half_close)
    done = subprocess.run(["bash", "-c", line], capture_output=True, timeout=TIMEOUT_S, check=True)
    listener.thread.join(TIMEOUT_S)
    return listener.received, done.stdout


@pytest.mark.parametrize("half_close", [False, True])
@pytest.mark.parametrize(
    "pieces",
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",),
        (b"GET / HT", b"TP/1.1\r\nHost: x\r\n\r\n"),
        (b"-n %s %d \\n \\x41 'quoted' \"double\" $HOME `id` !",),
        (bytes(range(256)),),
        (b"a" * 63 + b"b" * 64 + b"'" * 70_000 + b"\x00" * 65 + b"c",),
        (b"\n" * 100, b"%" * 100),
        (b"8\r\n%s'\\1234\r\n" * 9_000 + b"0\r\n\r\n",),
    ],
    ids=["plain", "pieces", "special", "every-byte", "runs", "only-runs", "chunks"],
)
def test_command_sends_the_same_bytes(pieces: tuple[bytes, ...], half_close: bool) -> None:
    """Through bash alone, and through Python where the sending side must end."""
    assert sent_by_hand(pieces, half_close=half_close) == (b"".join(pieces), ANSWER)


def test_command_stays_short_for_long_requests(cases: list[Case]) -> None:
    """Long runs are written by their length, so that every case can be copied."""
    for case in cases:
        if not case.id.endswith("@each") and len(case.request) > 100_000:
            assert len(command(("127.0.0.1", 80), case.pieces)) < 20_000, case.id
