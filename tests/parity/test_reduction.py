"""Requests made smaller, and requests taken apart."""

from dataclasses import replace
from itertools import islice

import pytest

from tests.parity.engine import generation
from tests.parity.engine.reduction import reduced
from tests.parity.engine.request import Request

REQUEST = Request(
    "PUT",
    "/echo?a=%FF",
    [(b"Host", b".."), (b"Content-Type", b"application/json; a=b"), (b"X-Odd", b"12")],
    b'{"msg":"a","b":NaN}',
    chunks=3,
).written()


@pytest.mark.parametrize(
    ("needed", "smallest"),
    [
        (b"HTTP", Request("GET", "/", [(b"Host", b"localhost")])),
        (b"PUT", Request("PUT", "/", [(b"Host", b"localhost")])),
        (b"%FF", Request("GET", "/%FF", [(b"Host", b"localhost")])),
        (b"Host: .\r", Request("GET", "/", [(b"Host", b".")])),
        (b"X-Odd: 2\r", Request("GET", "/", [(b"Host", b"localhost"), (b"X-Odd", b"2")])),
        (b"chunked", Request("GET", "/", [(b"Host", b"localhost")], b"", 1)),
    ],
)
def test_only_what_is_needed_is_left(needed: bytes, smallest: Request) -> None:
    """Every other part is taken away, and the host is the usual one where it does not matter."""
    assert reduced(REQUEST, lambda request: needed in request) == smallest.written()


def test_a_body_is_reduced_within_valid_framing() -> None:
    """What is left of the body has its own length, in no chunks."""
    found = reduced(REQUEST, lambda request: b"NaN" in (Request.of(request).body or b""))

    assert found == Request("GET", "/", [(b"Host", b"localhost")], b"NaN").written()


def test_a_request_that_shows_nothing_smaller_is_left_alone() -> None:
    """The request itself is the smallest then, byte for byte."""
    assert reduced(REQUEST, lambda _: False) == REQUEST


def test_every_generated_request_is_read_as_it_was_written() -> None:
    """Taking apart and writing again changes at most how a body is cut into chunks."""
    for written in islice(generation.requests(0, "h"), 2_000):
        request = Request.of(written)
        assert replace(Request.of(request.written()), chunks=request.chunks) == request
        if not request.chunks:
            assert request.written() == written
