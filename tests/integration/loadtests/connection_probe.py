"""The generator's connection by itself, in a process that gevent may have.

Each line of input is a JSON object: where to ask, or the pieces in which to receive, and how often. Each is
answered by a JSON list with an object for each time: the answer, or what was wrong.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from loadtests.generator.connection import Broken, Connection

REQUEST = b"GET / HTTP/1.1\r\nHost: odd\r\n\r\n"


class Pieces:
    """Stands in for a socket that receives exactly these pieces, and then that the connection has ended."""

    def __init__(self, pieces: list[str]) -> None:
        self._pieces = [piece.encode("latin-1") for piece in pieces]

    def recv(self, _: int) -> bytes:
        """Receive the next piece."""
        return self._pieces.pop(0) if self._pieces else b""

    def sendall(self, _: bytes) -> None:
        """Send nothing."""

    def setsockopt(self, *_: int) -> None:
        """Set nothing."""

    def close(self) -> None:
        """Close nothing."""


def main() -> None:
    """Ask as often as one is told to."""
    for line in sys.stdin:
        order = json.loads(line)
        if "pieces" in order:
            pieces = Pieces(order["pieces"])
            with patch("gevent.socket.create_connection", return_value=pieces):
                found = list(asked(("", 0), order))
        else:
            found = list(asked(("127.0.0.1", order["port"]), order))
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def asked(address: tuple[str, int], order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Ask one after the other on one connection."""
    asking = Connection(address, order["timeout_s"])
    for _ in range(order["times"]):
        try:
            asking.send(REQUEST)
            asking.receive()
        except Broken as broken:
            yield {"fault": str(broken), "is_open": asking.is_open}
        else:
            yield {
                "status": asking.status,
                "content_type": asking.content_type and asking.content_type.decode("latin-1"),
                "server": asking.server and asking.server.decode("latin-1"),
                "body": asking.body.decode("latin-1"),
                "is_open": asking.is_open,
            }
    asking.close()


if __name__ == "__main__":
    main()
