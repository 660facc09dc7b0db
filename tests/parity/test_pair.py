"""Two connections asked in turn, against servers that answer from a script."""

import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from tests.parity.engine.exchange import Address
from tests.parity.engine.pair import Pair
from tests.parity.engine.soak import Outcome, soak

Script = Callable[[bytes], tuple[bytes, bool]]

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"
OTHER = b"GET /other HTTP/1.1\r\nHost: h\r\nX-Odd: 1\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def scripted(script: Script) -> Iterator[Address]:
    """Serve what a function returns for each request without a body: the answer, and whether to close."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            closes = False
            while not closes:
                request = b""
                while not request.endswith(b"\r\n\r\n"):
                    line = self.rfile.readline()
                    if not line:
                        return
                    request += line
                answer, closes = script(request)
                self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield "127.0.0.1", server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join()


def always(answer: bytes, closes: bool = False) -> Script:
    """Answer every request in the same way."""
    return lambda _: (answer, closes)


def asked(first: Script, second: Script, *requests: bytes) -> list[str | None]:
    """Ask a pair and return the differences as text."""
    with scripted(first) as a, scripted(second) as b:
        pair = Pair(a, b)
        differences = [pair.ask(request) for request in requests]
        pair.close()
    return [None if difference is None else str(difference) for difference in differences]


def soaked(first: Script, second: Script, *requests: bytes) -> Outcome:
    """Ask these requests by the long run."""
    with scripted(first) as a, scripted(second) as b:
        return soak(a, b, iter(requests), len(requests))


def test_equal_answers_are_no_difference() -> None:
    """Both connections serve any number of requests."""
    assert asked(always(OK), always(OK), GET, OTHER, GET) == [None, None, None]


def test_an_answer_to_head_has_no_body_to_wait_for() -> None:
    """`Content-Length` is GET's; the next answer follows at once."""
    answer = OK.removesuffix(b"ok")

    assert asked(always(answer), always(answer), HEAD, HEAD) == [None, None]


@pytest.mark.parametrize(
    "other",
    [OK.replace(b"200", b"404"), OK.replace(b"ok", b"no"), OK.replace(b"\r\n\r\n", b"\r\nX: y\r\n\r\n")],
    ids=["status", "body", "header"],
)
def test_another_answer_is_a_difference(other: bytes) -> None:
    """Status, body and headers count."""
    (difference,) = asked(always(OK), always(other), GET)

    assert difference is not None


def test_both_close_and_are_connected_again() -> None:
    """A close that both announce is no difference, and the pair goes on."""
    seen: list[bytes] = []

    def script(request: bytes) -> tuple[bytes, bool]:
        seen.append(request)
        return CLOSING, True

    assert asked(script, script, GET, OTHER) == [None, None]
    assert sorted(seen) == sorted([GET, GET, OTHER, OTHER])


def test_one_closes_and_the_other_does_not_is_a_difference() -> None:
    """`Connection` is not compared as a header, but what it says is."""
    (difference,) = asked(always(OK), always(CLOSING, True), GET)

    assert difference is not None
    assert "(closed)" in difference
    assert "(open)" in difference


def test_what_is_no_response_is_a_difference() -> None:
    """A side that answers garbage is asked no more on this connection."""
    garbage, fine = asked(always(OK), always(b"garbage\r\n\r\n"), GET, GET)

    assert garbage is not None
    assert fine is not None


def test_a_request_is_reduced_to_what_makes_the_difference() -> None:
    """Headers and letters that do not matter are gone."""

    def script(request: bytes) -> tuple[bytes, bool]:
        return (OK.replace(b"ok", b"no") if b"/o" in request else OK), False

    failure = soaked(always(OK), script, GET, OTHER, GET).failure

    assert failure is not None
    assert failure.request == b"GET /o HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert failure.alone


def test_a_silent_close_is_blamed_on_the_request_before() -> None:
    """What closes without a word is seen one request later, and found all the same."""

    def script(request: bytes) -> tuple[bytes, bool]:
        return OK, b"/other" in request

    outcome = soaked(always(OK), script, GET, OTHER, GET, GET)

    assert outcome.pairs == 3
    assert outcome.failure is not None
    assert outcome.failure.request == b"GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_a_difference_that_does_not_come_back_is_reported_as_seen() -> None:
    """A service that differs only once is still caught, with the request as it was."""
    answers = iter([OK, OK.replace(b"ok", b"no")])

    failure = soaked(always(OK), lambda _: (next(answers, OK), False), GET, OTHER, GET).failure

    assert failure is not None
    assert failure.request == OTHER
    assert not failure.alone
    assert b"no" in failure.difference.second


def test_no_answer_from_either_is_an_error() -> None:
    """Two that are equally silent, or write equal garbage, have not been compared."""
    for answer in (b"", b"garbage\r\n\r\n"):
        with scripted(always(answer)) as a, scripted(always(answer)) as b:
            pair = Pair(a, b, timeout_s=0.2)
            with pytest.raises(OSError, match=r"^neither gave a readable answer within 0\.2 s to b'GET / "):
                pair.ask(GET)


def test_a_service_that_is_not_there_is_an_error() -> None:
    """Nothing can be said about the two then."""
    with scripted(always(OK)) as address:
        pass

    with pytest.raises(ConnectionRefusedError):
        Pair(address, address).ask(GET)
