"""Sending bytes and reading everything, against servers that say exactly what a test tells them to."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from tests.parity.engine.exchange import SENTINEL, Address, Answer, Connection, End, Response, exchange

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HEALTHY = b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"ok"}'
# Long enough for a loopback connection on a busy machine, and waited for by one test only.
TIMEOUT_S = 10.0

Play = Callable[[socket.socket], None]


@contextmanager
def serving(play: Play) -> Iterator[Address]:
    """Let `play` have the one connection that is made, and close it afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                play(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()
        thread.join(TIMEOUT_S)


def receive(connection: socket.socket, size: int) -> bytes:
    """Read so many bytes, or all that come before the peer ends."""
    data = b""
    while len(data) < size and (piece := connection.recv(size - len(data))):
        data += piece
    return data


def saying(*answers: bytes, request: bytes = GET) -> Play:
    """Answer the request with the first, and the sentinel with the second; close after the last."""

    def play(connection: socket.socket) -> None:
        for answer, expected in zip(answers, (request, SENTINEL), strict=False):
            receive(connection, len(expected))
            connection.sendall(answer)
        if len(answers) == 1:
            # What is unread when a socket is closed resets the connection; that is tested elsewhere.
            connection.shutdown(socket.SHUT_WR)
            receive(connection, len(SENTINEL))

    return play


def ask(play: Play, *, count: int = 1, heads: Sequence[bool] | None = None, request: bytes = GET) -> Answer:
    """Exchange one request with a server that plays its part."""
    with serving(play) as address:
        return exchange(address, [request], count=count, timeout_s=TIMEOUT_S, heads=heads)


def bodies(answer: Answer) -> list[bytes]:
    """List the bodies of all responses."""
    return [response.body for response in answer.responses]


def test_exchange_with_a_length_reads_the_response_as_it_was_sent() -> None:
    """Version, status, names in their case, values without the whitespace around them, and the body."""
    sent = b"HTTP/1.0 404 Not There\r\nX-b:  1 \r\nx-A:2\r\nX-b: 3\r\nContent-Length: 2\r\n\r\nno"

    answer = ask(saying(sent, HEALTHY))

    headers = (b"X-b", b"1"), (b"x-A", b"2"), (b"X-b", b"3"), (b"Content-Length", b"2")
    assert answer == Answer((Response(404, headers, b"no", b"HTTP/1.0"),), End.OPEN)


def test_exchange_with_an_answered_sentinel_is_open() -> None:
    """The connection served another request, and nothing was left on it."""
    assert ask(saying(HELLO, HEALTHY)).end is End.OPEN


def test_exchange_with_a_service_that_has_no_sentinel_is_open() -> None:
    """Somebody else's service answers that there is no such path, which is an answer all the same."""
    assert ask(saying(HELLO, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")).end is End.OPEN


def test_exchange_with_a_peer_that_closes_is_closed() -> None:
    """The answer counts, and so does that no other can follow."""
    answer = ask(saying(HELLO))

    assert bodies(answer) == [b"hello"]
    assert answer.end is End.CLOSED


def test_exchange_with_a_reset_is_closed() -> None:
    """A connection that breaks is no other fate than one that is closed."""

    def reset(connection: socket.socket) -> None:
        receive(connection, len(GET))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    assert ask(reset) == Answer((), End.CLOSED)


def test_exchange_with_no_length_reads_until_the_end() -> None:
    """RFC 9112, 6.3: the body ends with the connection."""
    answer = ask(saying(b"HTTP/1.1 200 OK\r\n\r\nuntil the end"))

    assert bodies(answer) == [b"until the end"]
    assert answer.end is End.CLOSED


def test_exchange_with_chunks_reads_body_and_trailers() -> None:
    """Chunks are joined, extensions dropped, trailers kept behind the headers."""
    sent = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n"
    )

    answer = ask(saying(sent, HEALTHY))

    assert bodies(answer) == [b"hello"]
    assert answer.responses[0].headers[-1] == (b"X", b"y")
    assert answer.end is End.OPEN


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_exchange_with_a_status_without_content_reads_no_body(status: bytes) -> None:
    """Whatever the length says."""
    answer = ask(saying(b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\n", HEALTHY))

    assert bodies(answer) == [b""]
    assert answer.end is End.OPEN


def test_exchange_with_an_interim_response_keeps_it() -> None:
    """100 is one of the responses, and does not count as the final one."""
    answer = ask(saying(b"HTTP/1.1 100 Continue\r\n\r\n" + HELLO, HEALTHY))

    assert [response.status for response in answer.responses] == [100, 200]
    assert answer.end is End.OPEN


def test_exchange_with_a_head_request_reads_no_body() -> None:
    """The length is that of a body which is not sent."""
    request = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"

    answer = ask(saying(HELLO[:-5], HEALTHY, request=request), request=request)

    assert bodies(answer) == [b""]
    assert answer.end is End.OPEN


def test_exchange_with_a_body_behind_head_is_confused() -> None:
    """A body that must not be there stands before the next response."""
    request = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"

    assert ask(saying(HELLO, HEALTHY, request=request), request=request).end is End.CONFUSED


def test_exchange_with_two_requests_reads_two_answers() -> None:
    """Each of the answers may be one to HEAD."""
    answer = ask(saying(HELLO[:-5] + HELLO, HEALTHY), count=2, heads=[True, False])

    assert bodies(answer) == [b"", b"hello"]
    assert answer.end is End.OPEN


def test_exchange_with_one_answer_too_few_is_closed() -> None:
    """What came is kept."""
    answer = ask(saying(HELLO), count=2)

    assert bodies(answer) == [b"hello"]
    assert answer.end is End.CLOSED


def test_exchange_with_one_answer_too_many_is_confused() -> None:
    """The sentinel must not get the answer to something else, nor its own and another."""
    assert ask(saying(HELLO + HELLO, HEALTHY)).end is End.CONFUSED
    assert ask(saying(HELLO, HEALTHY + HEALTHY)).end is End.CONFUSED
    assert ask(saying(HELLO + HEALTHY, HEALTHY)).end is End.CONFUSED


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ],
)
def test_exchange_with_an_unreadable_answer_is_confused(sent: bytes) -> None:
    """No response, a wrong frame, or one that is cut off."""
    assert ask(saying(sent)) == Answer((), End.CONFUSED)


def test_exchange_with_an_answer_beyond_all_bounds_is_confused() -> None:
    """Whoever sends for ever is not read for ever."""

    def pour(connection: socket.socket) -> None:
        receive(connection, len(GET))
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(20_000_000))
        except ConnectionError:
            return

    assert ask(pour).end is End.CONFUSED


def test_exchange_with_a_silent_peer_is_silent() -> None:
    """Half an answer is none, and the time limit is kept."""
    done = threading.Event()

    def fall_silent(connection: socket.socket) -> None:
        receive(connection, len(GET))
        connection.sendall(HELLO[:-1])
        done.wait(TIMEOUT_S)

    with serving(fall_silent) as address:
        answer = exchange(address, [GET], timeout_s=0.2)
        done.set()

    assert answer == Answer((), End.SILENT)


def test_exchange_with_half_close_ends_the_sending_side() -> None:
    """The peer sees the end, and is not asked again."""
    seen: list[bytes] = []

    def read_all(connection: socket.socket) -> None:
        seen.append(receive(connection, 1_000))
        connection.sendall(HELLO)

    with serving(read_all) as address:
        answer = exchange(address, [GET], half_close=True, timeout_s=TIMEOUT_S)

    assert seen == [GET]
    assert bodies(answer) == [b"hello"]
    assert answer.end is End.CLOSED


class ReadInTurn(tuple[bytes, ...]):
    """Pieces of which each is given out once the peer has read the one before, on however busy a machine."""

    read: threading.Semaphore

    def __iter__(self) -> Iterator[bytes]:
        """Wait before each but the first."""
        for number in range(len(self)):
            if number:
                self.read.acquire(timeout=TIMEOUT_S)
            yield self[number]


def test_exchange_with_pieces_sends_them_one_by_one() -> None:
    """Packets arrive as they were cut, also where the first shows no method yet."""
    request = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
    pieces = ReadInTurn((request[:1], request[1:5], request[5:]))
    pieces.read = threading.Semaphore(0)
    seen: list[bytes] = []

    def note(connection: socket.socket) -> None:
        while len(b"".join(seen)) < len(request):
            seen.append(connection.recv(1_000))
            pieces.read.release()
        connection.sendall(HELLO[:-5])
        receive(connection, len(SENTINEL))
        connection.sendall(HEALTHY)

    with serving(note) as address:
        answer = exchange(address, pieces, timeout_s=TIMEOUT_S)

    assert seen == [request[:1], request[1:5], request[5:]]
    assert bodies(answer) == [b""]
    assert answer.end is End.OPEN


def test_exchange_with_nobody_there_is_an_error() -> None:
    """A service that is down is no answer to compare."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()

    with pytest.raises(ConnectionRefusedError):
        exchange(address, [GET])


def test_connection_serves_many_requests() -> None:
    """What was read ahead belongs to the next response."""

    def answer_both(connection: socket.socket) -> None:
        receive(connection, 2 * len(GET))
        connection.sendall(HELLO + HEALTHY)

    with serving(answer_both) as address:
        connection = Connection(address, TIMEOUT_S)
        connection.send([GET])
        connection.send([GET])
        first, second, third = connection.read(), connection.read(), connection.read()
        connection.close()

    assert first is not None
    assert second is not None
    assert (first.body, second.body, third) == (b"hello", b'{"status":"ok"}', None)
