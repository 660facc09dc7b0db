"""The connection that carries the load: whatever a server does, an answer is whole or it is a fault."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.loadtests import odd_servers
from tests.integration.loadtests.odd_servers import (
    BODY,
    CHUNKED,
    CLOSING,
    CLOSING_SILENTLY,
    CONTINUING,
    GARBAGE,
    OLD,
    OVERLONG,
    PLAIN,
    SILENT,
    SWITCHING,
    TRUNCATED,
    UNTIL_CLOSE,
    Manner,
    always,
    answer,
    bytewise,
    plain,
    serving,
    unframed,
)
from tests.services import free_port, stop

RIGHT = {
    "status": 200,
    "content_type": "application/json",
    "server": "odd",
    "body": BODY.decode(),
    "is_open": True,
}
RIGHT_AND_CLOSED = {**RIGHT, "is_open": False}
EMPTY = unframed(b"Transfer-Encoding: chunked") + b"0\r\n\r\n"
WITH_TRAILER = CHUNKED[:-2] + b"X-Sum: 1\r\n\r\n"


class Asker:
    """The connection in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, *, times: int = 3, timeout_s: float = 10, **where: Any) -> list[dict[str, Any]]:
        """Ask so often; return what came each time."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"times": times, "timeout_s": timeout_s, **where}) + "\n")
        self._process.stdin.flush()
        found: list[dict[str, Any]] = json.loads(self._process.stdout.readline())
        return found


@pytest.fixture(scope="module")
def ask() -> Iterator[Asker]:
    """Start the process that asks."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.loadtests.connection_probe"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield Asker(process)
    stop(process)


@pytest.mark.parametrize(
    "manner",
    [plain, always(CHUNKED), always(WITH_TRAILER), bytewise(PLAIN), bytewise(CHUNKED), CONTINUING],
    ids=["length", "chunked", "chunked with a trailer", "bytewise", "chunked bytewise", "100 first"],
)
def test_ask_a_server_that_keeps_the_connection_receives_whole_answers_on_it(
    manner: Manner, ask: Asker
) -> None:
    """However the body is framed and cut into packets, one connection carries everything."""
    with serving(manner) as server:
        assert ask(port=server.port) == [RIGHT, RIGHT, RIGHT]
        assert server.accepted == 1


@pytest.mark.parametrize(
    "manner",
    [CLOSING, UNTIL_CLOSE, OLD, always(answer(status=b"HTTP/1.0 200 OK"))],
    ids=["close", "body until close", "HTTP/1.0", "HTTP/1.0 left open"],
)
def test_ask_a_server_that_says_it_closes_opens_another_connection_each_time(
    manner: Manner, ask: Asker
) -> None:
    """The answer is whole and the connection is given up at once, not by an error of the next request."""
    with serving(manner) as server:
        assert ask(port=server.port) == [RIGHT_AND_CLOSED, RIGHT_AND_CLOSED, RIGHT_AND_CLOSED]
        assert server.accepted == 3


def test_ask_a_server_that_closes_silently_fails_and_opens_another_connection(ask: Asker) -> None:
    """Nobody can know before asking: that request is lost and says so, the next one has a new connection."""
    with serving(CLOSING_SILENTLY) as server:
        first, second, third = ask(port=server.port)
        assert server.accepted == 2
    assert (first, third) == (RIGHT, RIGHT)
    # The system says one or the other, depending on who was faster.
    assert second in (
        {"fault": "the connection was closed before the answer was whole", "is_open": False},
        {"fault": "Connection reset by peer", "is_open": False},
        {"fault": "Broken pipe", "is_open": False},
    )


@pytest.mark.parametrize(
    ("manner", "fault"),
    [
        (TRUNCATED, "the connection was closed before the answer was whole"),
        (always(CHUNKED[:-5], closes=True), "the connection was closed before the answer was whole"),
        (always(PLAIN[:20], closes=True), "the connection was closed before the answer was whole"),
        (always(b"", closes=True), "the connection was closed before the answer was whole"),
        (SILENT, "no answer came within 0.2 s"),
        (always(unframed(), BODY), "no answer came within 0.2 s"),
        (GARBAGE, "the answer is no HTTP/1.1: Expected HTTP/"),
        (OVERLONG, "the answer is no HTTP/1.1: "),
        (SWITCHING, "the answer switches to another protocol"),
    ],
    ids=[
        "length too long",
        "chunked broken off",
        "head broken off",
        "nothing",
        "never",
        "until close, but never closed",
        "no HTTP",
        "length too short",
        "101",
    ],
)
def test_ask_a_server_that_answers_no_whole_answer_fails_and_says_why(
    manner: Manner, fault: str, ask: Asker
) -> None:
    """Nothing of it is taken for an answer, and nothing of it is left on a connection for the next one."""
    with serving(manner) as server:
        found = ask(port=server.port, times=2, timeout_s=0.2)
        assert server.accepted == 2
    for one in found:
        assert one == {"fault": one.get("fault"), "is_open": False}
        assert one["fault"].startswith(fault)


def test_ask_a_server_whose_answer_never_ends_fails_in_time(ask: Asker) -> None:
    """A piece now and then does not start the time afresh: a request ends, whatever comes."""
    head = unframed(b"Transfer-Encoding: chunked")
    with serving(odd_servers.dripping(head, b"1\r\nx\r\n")) as server:
        [found] = ask(port=server.port, times=1, timeout_s=0.2)
    assert found == {"fault": "no answer came within 0.2 s", "is_open": False}


def test_ask_where_nobody_listens_fails_and_says_so(ask: Asker) -> None:
    """Every time."""
    refused = {"fault": "Connection refused", "is_open": False}
    assert ask(port=free_port(), times=2) == [refused, refused]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PLAIN, RIGHT),
        (CHUNKED, RIGHT),
        (WITH_TRAILER, RIGHT),
        (answer(BODY, b"Connection: close"), RIGHT_AND_CLOSED),
        (unframed() + BODY, RIGHT_AND_CLOSED),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN, RIGHT),
        (EMPTY, {**RIGHT, "body": ""}),
        (
            b"HTTP/1.1 204 No Content\r\n\r\n",
            {"status": 204, "content_type": None, "server": None, "body": "", "is_open": True},
        ),
    ],
    ids=["length", "chunked", "trailer", "close", "until close", "1xx first", "chunked empty", "204"],
)
def test_receive_in_two_pieces_split_at_any_byte_is_the_same_answer(
    data: bytes, expected: dict[str, Any], ask: Asker
) -> None:
    """No place in an answer is special; byte by byte it is the same, too."""
    text = data.decode("latin-1")
    splits = [[text[:at], text[at:]] for at in range(1, len(text))]
    for pieces in [[text], *splits, list(text)]:
        assert ask(pieces=pieces, times=1) == [expected], pieces


@pytest.mark.parametrize("data", [PLAIN, CHUNKED], ids=["length", "chunked"])
def test_receive_of_an_answer_cut_off_at_any_byte_fails(data: bytes, ask: Asker) -> None:
    """Whatever is missing, and be it the last byte of the last chunk."""
    text = data.decode("latin-1")
    cut_off = {"fault": "the connection was closed before the answer was whole", "is_open": False}
    for length in range(len(text)):
        assert ask(pieces=[text[:length]] if length else [], times=1) == [cut_off], length


def test_receive_of_two_answers_at_once_is_not_taken_for_one(ask: Asker) -> None:
    """Who answers more than was asked gives no right answer."""
    [found] = ask(pieces=[PLAIN.decode() * 2], times=1)
    assert found.get("body") != BODY.decode()
