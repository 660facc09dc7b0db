"""One request as bytes on a socket, and everything that comes back; knows nothing of what is right."""

import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

Address = tuple[str, int]

# Asked behind every request that leaves the connection open: shows that it can still be used, and
# that nothing was left over on it.
SENTINEL = b"GET /healthz HTTP/1.1\r\nHost: sentinel\r\nConnection: close\r\n\r\n"
PIECE_PAUSE_S = 0.002
MAX_RECEIVED_BYTES = 1_000_000


class End(StrEnum):
    """What became of the connection."""

    OPEN = "open"  # it served another request
    CLOSED = "closed"
    SILENT = "silent"  # no complete answer within the time limit
    CONFUSED = "confused"  # what came is no response, or the next request got one that is none of its own


@dataclass(frozen=True, slots=True)
class Response:
    """One response as it was sent; names and values keep their case and order, trailers come last."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    version: bytes = b"HTTP/1.1"

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of a header, its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """All responses to one case, interim ones included, and the fate of the connection."""

    responses: tuple[Response, ...]
    end: End


class Unreadable(ValueError):
    """Bytes that are no HTTP/1.1 response."""


@dataclass(slots=True)
class Connection:
    """A socket and the bytes that have been received and not yet read; usable for many requests."""

    address: Address
    timeout_s: float
    _socket: socket.socket = field(init=False)
    _received: bytearray = field(init=False, default_factory=bytearray)
    _ended: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Connect."""
        self._socket = socket.create_connection(self.address, timeout=self.timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)

    def send(self, pieces: Sequence[bytes], pause_s: float = PIECE_PAUSE_S) -> None:
        """Send each piece as a packet of its own; a peer that has closed already is no error."""
        with suppress(ConnectionError, TimeoutError):
            for number, piece in enumerate(pieces):
                if number:
                    time.sleep(pause_s)
                self._socket.sendall(piece)

    def half_close(self) -> None:
        """Send no more."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def read(self, *, head: bool = False) -> Response | None:
        """Read one response, or None where the peer closes first; `head` says that HEAD was asked.

        Raises:
            TimeoutError: no complete response came in time.
            Unreadable: what came is no response.
        """
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            if not self._receive():
                if self._received:
                    raise Unreadable(bytes(self._received[:80]))
                return None
        status_line, *lines = self._take(end + 4)[:-4].split(b"\r\n")
        version, _, rest = status_line.partition(b" ")
        status, _, _ = rest.partition(b" ")
        if not version.startswith(b"HTTP/1.") or len(status) != 3 or not status.isdigit():
            raise Unreadable(status_line[:80])
        headers = tuple(_header(line) for line in lines)
        response = Response(int(status), headers, b"", version)
        body, trailers = self._body(response, head)
        return Response(response.status, headers + trailers, body, version)

    def is_spent(self) -> bool:
        """Wait until the peer closes, and say whether it sent nothing more before."""
        return not self._received and not self._receive()

    def _body(self, response: Response, head: bool) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
        """Read the body, and the trailers, as RFC 9112, section 6.3, delimits them."""
        if head or response.status < 200 or response.status in {204, 304}:
            return b"", ()
        if response.header(b"transfer-encoding") is not None:
            return self._chunks()
        length = response.header(b"content-length")
        if length is None:
            while self._receive():
                pass
            return self._take(len(self._received)), ()
        if not length.isdigit():
            raise Unreadable(b"content-length: " + length[:60])
        return self._take(int(length)), ()

    def _chunks(self) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
        body = b""
        while size := _chunk_size(self._line()):
            body += self._take(size)
            if self._line():
                raise Unreadable(b"the chunk is longer than its size")
        trailers = []
        while line := self._line():
            trailers.append(_header(line))
        return body, tuple(trailers)

    def _line(self) -> bytes:
        while (end := self._received.find(b"\r\n")) < 0:
            if not self._receive():
                raise Unreadable(bytes(self._received[:80]))
        return self._take(end + 2)[:-2]

    def _take(self, size: int) -> bytes:
        while len(self._received) < size:
            if not self._receive():
                raise Unreadable(b"the body ended early")
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _receive(self) -> bool:
        """Wait for more; False where the peer has closed."""
        if self._ended:
            return False
        if len(self._received) > MAX_RECEIVED_BYTES:
            raise Unreadable(b"longer than anything that is compared")
        try:
            data = self._socket.recv(65536)
        except ConnectionError:
            data = b""
        self._ended = not data
        self._received += data
        return not self._ended


def exchange(
    address: Address,
    pieces: Sequence[bytes],
    *,
    count: int = 1,
    half_close: bool = False,
    timeout_s: float = 5.0,
    heads: Sequence[bool] | None = None,
    pause_s: float = PIECE_PAUSE_S,
) -> Answer:
    """Send a case on a connection of its own, read `count` final responses, then try the connection again.

    `heads` says which of the final responses answer a HEAD; without it all do if the case begins with HEAD.

    Raises:
        OSError: nobody listens at the address.
    """
    if heads is None:
        heads = [b"".join(pieces[:5]).startswith(b"HEAD ")] * count
    responses: list[Response] = []
    connection = Connection(address, timeout_s)
    try:
        connection.send(pieces, pause_s)
        if half_close:
            connection.half_close()
        for head in heads:
            final = False
            while not final:
                response = connection.read(head=head)
                if response is None:
                    return Answer(tuple(responses), End.CLOSED)
                responses.append(response)
                final = response.status >= 200
        return Answer(tuple(responses), _end(connection, half_close))
    except TimeoutError:
        return Answer(tuple(responses), End.SILENT)
    except Unreadable:
        return Answer(tuple(responses), End.CONFUSED)
    finally:
        connection.close()


def _end(connection: Connection, half_close: bool) -> End:
    """Find out whether the connection serves another request, and that nothing else comes on it."""
    if not half_close:
        connection.send([SENTINEL])
    response = connection.read()
    if response is None:
        return End.CLOSED
    # Somebody else's service need not have the path.
    is_its_own = response.status == 404 or (response.status, response.body) == (200, b'{"status":"ok"}')
    return End.OPEN if is_its_own and connection.is_spent() else End.CONFUSED


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon:
        raise Unreadable(line[:80])
    return name, value.strip(b" \t")


def _chunk_size(line: bytes) -> int:
    size = line.partition(b";")[0].rstrip(b" \t")
    if not size or size.strip(b"0123456789abcdefABCDEF"):
        raise Unreadable(line[:80])
    return int(size, 16)
