"""The smallest request that still shows what a larger one shows; knows no service.

Delta debugging (Zeller and Hildebrandt, 2002) on the parts of a request. Its framing stays valid, so that
what is left is about the request and not about how it was cut.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from tests.parity.engine.request import Request

Text = TypeVar("Text", str, bytes)

MAX_TRIES = 2_000
USUAL_HOST = b"localhost"


def reduced(request: bytes, shows: Callable[[bytes], bool]) -> bytes:
    """Take away from a request whatever is not needed for `shows`, which sees whole requests."""
    smallest = request
    tries = 0
    candidates = smaller(Request.of(request))
    while (candidate := next(candidates, None)) is not None and tries < MAX_TRIES:
        tries += 1
        if shows(candidate.written()):
            smallest, candidates = candidate.written(), smaller(candidate)
    return smallest


def smaller(request: Request) -> Iterator[Request]:
    """Yield requests with something less, what takes most away first."""
    if request.body is not None:
        yield replace(request, body=None, chunks=0)
    for number, (name, value) in enumerate(request.headers):
        before, after = request.headers[:number], request.headers[number + 1 :]
        values = list(shortened(value))
        if name.lower() != b"host":
            yield replace(request, headers=[*before, *after])
        elif value != USUAL_HOST:
            values.insert(0, USUAL_HOST)
        else:
            values = []
        for text in values:
            yield replace(request, headers=[*before, (name, text), *after])
    for path in shortened(request.target[1:]):
        yield replace(request, target="/" + path)
    for body in shortened(request.body or b""):
        yield replace(request, body=body)
    if request.chunks:
        yield replace(request, chunks=request.chunks - 1)
    if request.method != "GET":
        yield replace(request, method="GET")


def shortened(text: Text) -> Iterator[Text]:
    """Yield a text without all of it, one of its halves, quarters and so on, down to single characters."""
    size = len(text)
    while size:
        for begin in range(0, len(text), size):
            yield text[:begin] + text[begin + size :]
        size //= 2
