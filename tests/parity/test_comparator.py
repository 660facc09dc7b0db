"""What the comparator drops, and that it drops nothing else."""

import pytest

from tests.parity.engine.comparator import compare, normalised, summary
from tests.parity.engine.exchange import Answer, End, Response

Headers = tuple[tuple[bytes, bytes], ...]

HEADERS: Headers = (
    (b"Date", b"Sun, 06 Nov 1994 08:49:37 GMT"),
    (b"Server", b"a"),
    (b"Content-Type", b"application/json"),
    (b"X", b"1"),
    (b"X", b"2"),
)


def answered(
    headers: Headers = HEADERS, *, status: int = 200, body: bytes = b"{}", end: End = End.OPEN
) -> Answer:
    """Write an answer of one response."""
    return Answer((Response(status, headers, body),), end)


@pytest.mark.parametrize(
    "headers",
    [
        ((b"Date", b"Mon, 07 Nov 1994 08:49:37 GMT"), *HEADERS[1:]),
        HEADERS[1:],
        (HEADERS[0], (b"Server", b"b"), *HEADERS[2:]),
        (HEADERS[0], *HEADERS[2:]),
        (*HEADERS, (b"Connection", b"keep-alive")),
        (*HEADERS, (b"CONNECTION", b"close")),
        (*HEADERS, (b"Keep-Alive", b"timeout=5")),
        tuple((name.lower(), value) for name, value in HEADERS),
        (*HEADERS[2:], *HEADERS[:2]),
        (HEADERS[3], HEADERS[2], HEADERS[4]),
    ],
    ids=[
        "date",
        "no-date",
        "server",
        "no-server",
        "connection",
        "close",
        "keep-alive",
        "case",
        "order",
        "between",
    ],
)
def test_compare_with_what_is_dropped_is_equal(headers: Headers) -> None:
    """What belongs to the server alone, and the case and order of headers."""
    assert compare(answered(), answered(headers)) is None


@pytest.mark.parametrize(
    "other",
    [
        answered(body=b"{ }"),
        answered(body=b"{}\n"),
        answered(body=b"[]"),
        answered(body=b""),
        answered(status=201),
        answered(end=End.CLOSED),
        answered(end=End.SILENT),
        answered(end=End.CONFUSED),
        answered((*HEADERS[:2], (b"Content-Type", b"application/JSON"), *HEADERS[3:])),
        answered((*HEADERS[:2], (b"Content-Type", b"application/json; charset=utf-8"), *HEADERS[3:])),
        answered((*HEADERS, (b"Y", b""))),
        answered(HEADERS[:-1]),
        answered((*HEADERS, HEADERS[-1])),
        answered((*HEADERS[:3], HEADERS[4], HEADERS[3])),
        answered((*HEADERS[:3], (b"X", b"1, 2"))),
        Answer((), End.OPEN),
        Answer(answered().responses * 2, End.OPEN),
        Answer((Response(100, (), b""), *answered().responses), End.OPEN),
        Answer((Response(200, HEADERS, b"{}", b"HTTP/1.0"),), End.OPEN),
    ],
    ids=[
        "byte-more", "newline", "byte-other", "no-body", "status", "closed", "silent", "confused",
        "value-case", "value-longer", "header-more", "header-less", "header-twice", "equal-names-swapped",
        "equal-names-joined", "no-response", "two-responses", "interim", "version",
    ],
)  # fmt: skip
def test_compare_with_anything_else_is_a_difference(other: Answer) -> None:
    """In either direction."""
    assert compare(answered(), other) is not None
    assert compare(other, answered()) is not None


def test_compare_does_not_let_a_body_pass_for_a_header() -> None:
    """What is written out for comparing keeps its parts apart, as long as Content-Length does."""
    one = answered(((b"Content-Length", b"4"),), body=b"\r\nab")
    other = answered(((b"Content-Length", b"2"),), body=b"ab")

    assert compare(one, other) is not None


def test_difference_names_the_first_byte() -> None:
    """The offset counts in what is shown as both answers."""
    difference = compare(answered(body=b'{"a":1}'), answered(body=b'{"a":2}'))

    assert difference is not None
    assert difference.first[difference.offset :].startswith(b"1}")
    assert difference.second[difference.offset :].startswith(b"2}")
    assert difference.first[: difference.offset] == difference.second[: difference.offset]


def test_difference_where_one_answer_goes_on_is_at_its_end() -> None:
    """A longer answer differs at its first byte that the other does not have."""
    difference = compare(Answer((), End.OPEN), Answer((), End.CLOSED))

    assert difference is not None
    assert (difference.offset, difference.first, difference.second) == (1, b"(open)", b"(closed)")


def test_difference_shows_both_answers() -> None:
    """Around the first byte, then whole, with bytes that are no text escaped."""
    text = str(compare(answered(body=b"caf\xc3\xa9"), answered(status=500, body=b"\xff", end=End.CLOSED)))

    assert text == "\n".join(
        [
            "first difference at byte 9:",
            "  A …b'HTTP/1.1 200\\r\\ncontent-type: application/json\\r\\nx: '",
            "  B …b'HTTP/1.1 500\\r\\ncontent-type: application/json\\r\\nx: '",
            "A answered",
            "  HTTP/1.1 200",
            "  content-type: application/json",
            "  x: 1",
            "  x: 2",
            "  ",
            "  café",
            "  (open)",
            "B answered",
            "  HTTP/1.1 500",
            "  content-type: application/json",
            "  x: 1",
            "  x: 2",
            "  ",
            "  \\xff",
            "  (closed)",
        ]
    )


def test_normalised_is_what_was_sent_in_a_fixed_order() -> None:
    """Sorted by name; equal names in the order sent."""
    assert normalised(answered()) == (
        b"HTTP/1.1 200\r\ncontent-type: application/json\r\nx: 1\r\nx: 2\r\n\r\n{}\r\n(open)"
    )


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (answered(), "200 application/json 2 B, open"),
        (Answer((), End.CLOSED), "closed"),
        (
            Answer((Response(100, (), b""), Response(404, (), b"no", b"HTTP/1.0")), End.SILENT),
            "100 no type 0 B, HTTP/1.0 404 no type 2 B, silent",
        ),
    ],
)
def test_summary_is_one_line(answer: Answer, text: str) -> None:
    """Each response with its version where it is unusual, then the fate of the connection."""
    assert summary(answer) == text


def test_compare_of_pages_that_say_how_much_was_read_takes_any_number_there() -> None:
    """Gunicorn counts what TCP had brought by then; nothing else of its page may differ."""

    def page(read: bytes, limit: bytes = b"8190", length: int | None = None) -> Answer:
        body = b"<p>Request Line is too large (" + read + b" &gt; " + limit + b")</p>"
        size = str(len(body) if length is None else length).encode()
        return answered(((b"Content-Length", size),), status=414, body=body)

    assert compare(page(b"9640"), page(b"16384")) is None
    assert summary(page(b"9640")) == summary(page(b"16384"))
    assert compare(page(b"9640"), page(b"16384", b"8191")) is not None
    assert compare(page(b"9640"), page(b"many")) is not None
    assert compare(page(b"9640"), page(b"9640", length=9)) is not None
