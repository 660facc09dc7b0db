"""Requests that somebody brings along: how they are written, and what is taken for their answer."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from loadtests.compare.custom_requests import TIMES, answered, parse
from loadtests.errors import Refusal
from loadtests.scenarios import Operation
from loadtests.targets import Target
from tests.integration.loadtests.recorder import Recorder, recording

IDENTITY = {"Accept-Encoding": "identity"}


def own(name: str, url: str) -> Target:
    """Make a service of one's own."""
    return Target(name.lower(), name, None, url)


@contextmanager
def scripted(*answers: bytes) -> Iterator[str]:
    """Serve these answers, byte for byte, a connection for each; the last one again and again."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for number in range(100):
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                connection.sendall(answers[min(number, len(answers) - 1)])

    thread = Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def http(body: bytes, status: str = "200 OK", content_type: str = "text/plain") -> bytes:
    """Write an answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("text", "method", "path"),
    [("GET /", "GET", "/"), ("get  /a?b=c&d=%20 ", "GET", "/a?b=c&d=%20"), ("PURGE /ä", "PURGE", "/ä")],
)
def test_parse_of_method_and_path_is_an_operation_without_a_body(text: str, method: str, path: str) -> None:
    """Its answer is not known yet; its name is what stands in the table."""
    assert parse(text) == Operation(f"{method} {path}", method, path, b"", None, IDENTITY)


@pytest.mark.parametrize(
    "text", ["", " ", "GET", "/", "GET path", "GET http://x/", "GET / file", "GET / @a b"]
)
def test_parse_of_what_is_no_request_says_how_one_is_written(text: str) -> None:
    """One sentence."""
    with pytest.raises(Refusal) as refusal:
        parse(text)
    expected = f"--request must be 'METHOD /path' or 'METHOD /path @FILE', not {text!r}."
    assert str(refusal.value) == expected


def test_parse_of_head_is_refused() -> None:
    """It has no body that could be compared."""
    with pytest.raises(Refusal, match="--request HEAD has no body to check: ask for GET"):
        parse("head /")


@pytest.mark.parametrize(
    ("content", "headers", "body"),
    [
        (b"X-Key: 1\nY: a:b\n\n{}", {"X-Key": "1", "Y": "a:b"}, b"{}"),
        (b"X-Key: 1\r\nY: a:b\r\n\r\n{}", {"X-Key": "1", "Y": "a:b"}, b"{}"),
        (b"X: 1\n\nline 1\nline 2\n", {"X": "1"}, b"line 1\nline 2\n"),
        (b"X: 1\r\n\r\nline 1\r\nline 2\r\n", {"X": "1"}, b"line 1\r\nline 2\r\n"),
        (b"X: 1\n\nline 1\r\n\r\nline 2", {"X": "1"}, b"line 1\r\n\r\nline 2"),
        (b"X: 1\r\n\r\n\n\n", {"X": "1"}, b"\n\n"),
        (b"X: 1\n\n\x00\xff\r\n", {"X": "1"}, b"\x00\xff\r\n"),
        (b"X: 1\n\n", {"X": "1"}, b""),
        (b"X: 1\n", {"X": "1"}, None),
        (b"X: 1", {"X": "1"}, None),
        (b"", {}, None),
        (b"\n{}", {}, b"{}"),
        (b"\r\n{}\r\n", {}, b"{}\r\n"),
        (b"X:  spaced  \n", {"X": "spaced"}, None),
        (b"X:\n", {"X": ""}, None),
        (b"accept-encoding: gzip\nhost: here\n", {"Accept-Encoding": "gzip", "Host": "here"}, None),
        ("X: Å…\n".encode(), {"X": "Å…"}, None),
    ],
)
def test_parse_of_a_file_reads_headers_an_empty_line_and_the_body(
    tmp_path: Path, content: bytes, headers: dict[str, str], body: bytes | None
) -> None:
    """Lines may end in either way; the body is sent byte for byte, its own line ends included."""
    file = tmp_path / "request"
    file.write_bytes(content)
    assert parse(f"POST /x @{file}") == Operation("POST /x", "POST", "/x", b"", body, {**IDENTITY, **headers})


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"X 1\n\n{}",
        b": 1\n",
        b"POST / HTTP/1.1\nX: 1\n",
        b"X: \xff\n",
        b"\xff: 1\n",
        b"X: 1\n  \n{}",
    ],
)
def test_parse_of_a_file_with_a_line_that_is_no_header_shows_the_line(tmp_path: Path, content: bytes) -> None:
    """Somebody has forgotten the empty line, most of the time."""
    file = tmp_path / "request"
    file.write_bytes(content)
    with pytest.raises(Refusal, match="is no header; headers, an empty line, then the body"):
        parse(f"POST /x @{file}")


@pytest.mark.parametrize("name", ["Content-Length", "content-length", "Transfer-Encoding"])
def test_parse_of_a_file_that_frames_the_body_itself_is_refused(tmp_path: Path, name: str) -> None:
    """A length that is wrong would let the server wait for the rest."""
    file = tmp_path / "request"
    file.write_text(f"{name}: 5\n\n{{}}")
    with pytest.raises(Refusal, match=f"{name} follows from the body: leave it out"):
        parse(f"POST /x @{file}")


@pytest.mark.parametrize(
    ("name", "reason"), [("missing", "No such file or directory"), ("", "Is a directory")]
)
def test_parse_of_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, reason: str) -> None:
    """The system's reason, and which file."""
    file = tmp_path / name
    with pytest.raises(Refusal) as refusal:
        parse(f"POST /x @{file}")
    assert str(refusal.value) == f"--request: {file}: {reason}."


@contextmanager
def two() -> Iterator[tuple[Recorder, Recorder, tuple[Target, Target]]]:
    """Serve twice."""
    with recording("one") as one, recording("two") as other:
        yield one, other, (own("Old", one.url), own("New", other.url))


def test_answered_by_two_services_alike_knows_the_answer() -> None:
    """Each is asked three times, and the server's name does not matter."""
    with two() as (one, other, targets):
        found = answered(parse("GET /"), targets)
    assert (found.answer, found.status, found.content_type) == (
        b'{"msg":"Success!"}',
        200,
        "application/json",
    )
    assert (one.asked["/"], other.asked["/"]) == (TIMES, TIMES)
    assert (found.name, found.request, found.headers) == ("GET /", "GET /", IDENTITY)


def test_answered_sends_the_body_of_the_file_as_it_is(tmp_path: Path) -> None:
    """What comes back from an echo is what stands in the file, line ends included."""
    file = tmp_path / "request"
    file.write_bytes(b"Content-Type: text/plain\r\n\r\nfirst\r\n\r\nsecond\n\xff")
    with two() as (_, _, targets):
        found = answered(parse(f"POST /echo @{file}"), targets)
    assert found.answer == b"first\r\n\r\nsecond\n\xff"
    assert found.body == found.answer


@pytest.mark.parametrize(
    ("attribute", "value", "difference"),
    [
        ("status", 201, "the status is 200 and then 201"),
        ("content_type", "text/plain", "the content type is 'application/json' and then 'text/plain'"),
        ("suffix", b" ", """the body is b'{"msg":"Success!"}' and then b'{"msg":"Success!"} '"""),
    ],
)
def test_answered_by_two_services_differently_says_what_differs(
    attribute: str, value: object, difference: str
) -> None:
    """There is nothing fair to compare."""
    with two() as (_, other, targets):
        setattr(other, attribute, value)
        with pytest.raises(Refusal) as refusal:
            answered(parse("GET /"), targets)
    assert str(refusal.value) == (
        f"These two do not answer GET / alike, so there is nothing fair to compare (Old, then New): "
        f"{difference}."
    )


def test_answered_by_a_long_body_shows_its_beginning_only() -> None:
    """A sentence is no place for a megabyte."""
    with two() as (_, other, targets):
        other.suffix = b"x" * 1_000_000
        with pytest.raises(Refusal) as refusal:
            answered(parse("GET /"), targets)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize("status", [404, 500, 304])
def test_answered_by_two_services_that_both_fail_is_refused(status: int) -> None:
    """Equal failures are not worth measuring."""
    with two() as (one, other, targets):
        one.status = other.status = status
        one.suffix = other.suffix = b""
        with pytest.raises(Refusal) as refusal:
            answered(parse("GET /"), targets)
    assert str(refusal.value) == f"Both answer GET / with status {status}: ask for something that succeeds."


def test_answered_by_a_service_that_never_says_the_same_is_refused() -> None:
    """An answer with a clock in it could not be checked under load."""
    with (
        recording("calm") as calm,
        scripted(http(b"1"), http(b"2"), http(b"3")) as restless,
        pytest.raises(Refusal) as refusal,
    ):
        answered(parse("GET /"), (own("Restless", restless), own("Calm", calm.url)))
    assert str(refusal.value) == (
        "Restless does not answer GET / twice alike, so no answer could be checked under load: the "
        "body is b'1' "
        "and then b'2'."
    )


def test_answered_by_a_service_that_changes_its_mind_the_third_time_is_refused() -> None:
    """Twice alike is not enough."""
    with (
        scripted(http(b"1")) as calm,
        scripted(http(b"1"), http(b"1"), http(b"2")) as restless,
        pytest.raises(Refusal, match="Restless does not answer GET / twice alike"),
    ):
        answered(parse("GET /"), (own("Calm", calm), own("Restless", restless)))


def test_answered_by_chunks_and_by_a_length_is_the_same_answer() -> None:
    """How a body is framed is not what it says."""
    chunked = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    )
    with scripted(http(b"hello")) as one, scripted(chunked) as other:
        assert answered(parse("GET /"), (own("One", one), own("Other", other))).answer == b"hello"


def test_answered_without_a_content_type_expects_none() -> None:
    """A service need not say it; but then it never must."""
    bare = b"HTTP/1.1 204 No Content\r\n\r\n"
    with scripted(bare) as one, scripted(bare) as other:
        found = answered(parse("DELETE /x"), (own("One", one), own("Other", other)))
    assert (found.status, found.content_type, found.answer) == (204, None, b"")


def test_answered_by_nobody_says_who_cannot_be_asked() -> None:
    """A refused connection is one sentence."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with recording("one") as one, pytest.raises(Refusal) as refusal:
        answered(parse("GET /"), (own("Old", one.url), own("New", nobody)))
    assert str(refusal.value) == f"New does not answer GET / at {nobody}: Connection refused."


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["nothing", "another protocol", "a status that is none", "half a body", "a chunk that is none"],
)
def test_answered_by_what_is_no_http_says_who_does_not_answer(answer: bytes) -> None:
    """Whatever comes, one sentence."""
    with scripted(answer) as broken, pytest.raises(Refusal, match="Old does not answer GET / at http://127"):
        answered(parse("GET /"), (own("Old", broken), own("New", broken)))
