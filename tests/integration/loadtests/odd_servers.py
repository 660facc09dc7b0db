"""Small servers on raw sockets that answer in odd ways, and count; they know no generator."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import perf_counter, sleep

BODY = b'{"msg":"Success!"}'
RECEIVED_BYTES = 65_536
TYPE = b"Content-Type: application/json"
SERVER = b"Server: odd"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent for one request, piece by piece, and whether the connection ends then."""

    pieces: Iterable[bytes]
    closes: bool = False


Manner = Callable[[int], Reply]
"""Make the reply to the request of that number, from 1 over all connections."""


def answer(
    body: bytes = BODY,
    *headers: bytes,
    status: bytes = b"HTTP/1.1 200 OK",
    content_type: bytes = TYPE,
    server: bytes = SERVER,
    length: int | None = None,
) -> bytes:
    """Write an answer with its length, or with a wrong one."""
    length_line = b"Content-Length: %d" % (len(body) if length is None else length)
    return b"\r\n".join([status, server, content_type, length_line, *headers, b"", body])


def unframed(*headers: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """Write a head that does not say how long the body is."""
    return b"\r\n".join([status, SERVER, TYPE, *headers, b"", b""])


CHUNKED = unframed(b"Transfer-Encoding: chunked") + b'7\r\n{"msg":\r\nB;x=y\r\n"Success!"}\r\n0\r\n\r\n'
PLAIN = answer()


def plain(_: int) -> Reply:
    """Answer as one should."""
    return Reply([PLAIN])


def always(*pieces: bytes, closes: bool = False) -> Manner:
    """Send the same for every request."""
    return lambda _: Reply(pieces, closes)


def every(count: int, odd: Manner) -> Manner:
    """Answer every so-many-th request in an odd way, the others as one should."""
    return lambda number: plain(number) if number % count else odd(number)


def bytewise(data: bytes) -> Manner:
    """Send every byte in a packet of its own."""
    return always(*(data[at : at + 1] for at in range(len(data))))


def dripping(head: bytes, drop: bytes) -> Manner:
    """Send one piece after the other without end."""

    def drops() -> Iterator[bytes]:
        yield head
        while True:
            sleep(0.01)
            yield drop

    return lambda _: Reply(drops())


CLOSING = always(answer(BODY, b"Connection: close"), closes=True)
"""Says that it closes, and does."""

CLOSING_SILENTLY = always(PLAIN, closes=True)

UNTIL_CLOSE = always(unframed(), BODY, closes=True)

CONTINUING = always(b"HTTP/1.1 100 Continue\r\nServer: other\r\n\r\n", PLAIN)

OLD = always(answer(status=b"HTTP/1.0 200 OK"), closes=True)

TRUNCATED = always(answer(length=len(BODY) + 1), closes=True)
"""A length that is more than what comes."""

OVERLONG = always(answer(length=len(BODY) - 1))
"""A length that is less than what comes."""

GARBAGE = always(b"220 mail.example ESMTP\r\n")

SWITCHING = always(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")

SILENT = always()
"""Never answers."""


class OddServer:
    """Listens on a free port of this machine; a thread for each connection."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.accepted = self.asked = self.answered = 0
        """Connections; whole requests; replies, each counted before its first byte is sent."""
        self.open = self.most_open = 0
        """Connections now, and the most at once."""
        self.frozen_s: tuple[float, float] | None = None
        """When it froze and thawed, on the clock of `perf_counter`."""
        self._freeze: tuple[int, float] | None = None
        self._gate = threading.Event()
        self._gate.set()
        self._counting, self._turn = threading.Lock(), threading.Lock()
        self._connections: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def in_flight(self) -> int:
        """How many requests have come and are not answered."""
        with self._counting:
            return self.asked - self.answered

    def hold(self) -> None:
        """Answer nothing but the first request of a connection until `release`."""
        self._gate.clear()

    def release(self) -> None:
        """Answer everybody who waits."""
        self._gate.set()

    def freeze(self, number: int, seconds: float) -> None:
        """Stand still for a while, for all connections, when the request of that number comes."""
        self._freeze = (number, seconds)

    def close(self) -> None:
        """End every connection and every thread."""
        self.release()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        with self._counting:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            with self._counting:
                self.accepted += 1
                self.open += 1
                self.most_open = max(self.most_open, self.open)
                self._connections.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # Who leaves in the middle is no concern of ours.
        with suppress(OSError):
            first = True
            while _asked(connection) and self._reply(connection, first=first):
                first = False
        with self._counting:
            self.open -= 1
            self._connections.remove(connection)
        connection.close()

    def _reply(self, connection: socket.socket, *, first: bool) -> bool:
        """Send one reply; say whether the connection stays."""
        with self._counting:
            self.asked += 1
            number = self.asked
        with self._turn:
            if self._freeze is not None and number >= self._freeze[0]:
                _, seconds = self._freeze
                self._freeze = None
                begin_s = perf_counter()
                sleep(seconds)
                self.frozen_s = (begin_s, perf_counter())
        if not first:
            self._gate.wait()
        reply = self.manner(number)
        with self._counting:
            self.answered += reply.pieces != ()
        for piece in reply.pieces:
            connection.sendall(piece)
        return not reply.closes


class TurningServer:
    """Answers everybody who has asked, and then lets one connection more in: a turn, as uvloop takes them."""

    def __init__(self, work_s: float) -> None:
        self._work_s = work_s
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._turn)
        self._thread.start()

    def close(self) -> None:
        """End every connection and the thread."""
        self._closing.set()
        self._thread.join()

    def _turn(self) -> None:
        with self._listener, selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._closing.is_set():
                ready = [key.fileobj for key, _ in selector.select(0.05)]
                for connection in ready:
                    assert isinstance(connection, socket.socket)
                    if connection is not self._listener and not self._answered(connection):
                        selector.unregister(connection)
                        connection.close()
                if self._listener in ready:
                    selector.register(self._listener.accept()[0], selectors.EVENT_READ)
            for key in list(selector.get_map().values()):
                assert isinstance(key.fileobj, socket.socket)
                key.fileobj.close()

    def _answered(self, connection: socket.socket) -> bool:
        """Answer one request; say whether the connection stays."""
        with suppress(OSError):
            if _asked(connection):
                sleep(self._work_s)
                connection.sendall(PLAIN)
                return True
        return False


def withhold(number: int, *servers: OddServer) -> list[int]:
    """Let the answer to one request of the first server wait; return what each was asked until it is sent."""
    asked: list[int] = []

    def manner(at: int) -> Reply:
        if at == number:
            sleep(0.3)
            asked.extend(server.asked for server in servers)
        return plain(at)

    servers[0].manner = manner
    return asked


def _asked(connection: socket.socket) -> bool:
    """Whether one more request came, which has no body."""
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        piece = connection.recv(RECEIVED_BYTES)
        if not piece:
            return False
        received += piece
    return True


@contextmanager
def taking_turns(work_s: float) -> Iterator[TurningServer]:
    """Serve until the end of the block, so long for each request."""
    server = TurningServer(work_s)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def serving(manner: Manner = plain) -> Iterator[OddServer]:
    """Serve until the end of the block."""
    server = OddServer(manner)
    try:
        yield server
    finally:
        server.close()
