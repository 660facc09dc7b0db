"""The contract's answers by the names that the corpus uses for them."""

from collections.abc import Mapping, Sequence

from tests.contract.answers import (
    ALLOW_GET,
    ALLOW_POST,
    BAD_HOST,
    BAD_JSON,
    BAD_TARGET,
    BODY_TOO_LARGE,
    BODY_TRUNCATED,
    HEALTHY,
    METHOD_NOT_ALLOWED,
    NO_OBJECT,
    NOT_FOUND,
    SUCCESS,
    UNSUPPORTED_MEDIA_TYPE,
    WRONG_MS,
    WRONG_MSG,
    compact,
    invalid,
    no_member,
)
from tests.parity.engine.exchange import Response

JSON = "application/json"
PROBLEM = "application/problem+json"

FAULTS = {"ms": WRONG_MS, "msg": WRONG_MSG, "object": NO_OBJECT}


def response(status: int, body: bytes, media_type: str, allow: str | None = None) -> Response:
    """Write a response with exactly the headers that the contract has for it."""
    headers = {"Content-Type": media_type, "Content-Length": str(len(body)), "Allow": allow}
    pairs = tuple((name.encode(), value.encode()) for name, value in headers.items() if value is not None)
    return Response(status, pairs, body)


def options(allow: str) -> Response:
    """Write the answer to OPTIONS, which has no content and says nothing about any."""
    return Response(204, ((b"Allow", allow.encode()),), b"")


NAMED = {
    "success": response(200, SUCCESS, JSON),
    "healthy": response(200, HEALTHY, JSON),
    "options_get": options(ALLOW_GET),
    "options_post": options(ALLOW_POST),
    "bad_host": response(400, BAD_HOST, PROBLEM),
    "bad_target": response(400, BAD_TARGET, PROBLEM),
    "bad_json": response(400, BAD_JSON, PROBLEM),
    "truncated": response(400, BODY_TRUNCATED, PROBLEM),
    "not_found": response(404, NOT_FOUND, PROBLEM),
    "not_allowed_get": response(405, METHOD_NOT_ALLOWED, PROBLEM, ALLOW_GET),
    "not_allowed_post": response(405, METHOD_NOT_ALLOWED, PROBLEM, ALLOW_POST),
    "too_large": response(413, BODY_TOO_LARGE, PROBLEM),
    "unsupported": response(415, UNSUPPORTED_MEDIA_TYPE, PROBLEM),
}


def waited(ms: int) -> Response:
    """Write the answer of `wait`."""
    return response(200, compact({"msg": "Success!", "waited_ms": ms}), JSON)


def echoed(body: str) -> Response:
    """Write the answer of `echo` from the text that comes back, which is UTF-8."""
    return response(200, body.encode(), JSON)


def refused(faults: Sequence[str]) -> Response:
    """Write a 422 from its faults: `ms`, `msg`, `object`, or the pointer of a foreign member."""
    return response(422, invalid(*(FAULTS.get(fault) or no_member(fault) for fault in faults)), PROBLEM)


def _text(written: object) -> str:
    """Put together a text, in which a run is written as in the request."""
    match written:
        case str():
            return written
        case [*parts]:
            return "".join(map(_text, parts))
        case {"repeat": str(unit), "times": int(times)}:
            return unit * times
        case _:
            raise ValueError(f"no text: {written!r}")


def expected(written: str | Mapping[str, object]) -> Response:
    """Return the answer that an entry of the corpus asks for.

    Raises:
        ValueError: there is no such answer.
    """
    match written:
        case str() if written in NAMED:
            return NAMED[written]
        case {"waited": int(ms)}:
            return waited(ms)
        case {"echoed": str() | list() as body}:
            return echoed(_text(body))
        case {"refused": [*faults]} if faults and all(isinstance(fault, str) for fault in faults):
            return refused([str(fault) for fault in faults])
        case _:
            raise ValueError(f"no such answer: {written!r}")
