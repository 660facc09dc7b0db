"""Every error becomes a problem (RFC 9457) here and nowhere else."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from fastapi_app.schemas import MAX_BODY_BYTES, RULES

MEDIA_TYPE = "application/problem+json"

# Our own words: those of the standard library change with its versions.
TITLES = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    500: "Internal Server Error",
}

BAD_HOST = 400, "The Host header is not valid."
BAD_TARGET = 400, "The path or query is not valid UTF-8."
BAD_JSON = 400, "The body is not a valid JSON text."
BODY_TRUNCATED = 400, "The body ended before its declared length."
NOT_FOUND = 404, "Nothing is served at this path."
METHOD_NOT_ALLOWED = 405, "This path does not allow the method."
BODY_TOO_LARGE = 413, f"The body is larger than {MAX_BODY_BYTES} bytes."
UNSUPPORTED_MEDIA_TYPE = 415, "The body must be application/json without a content coding."
INVALID = 422, "The request does not fit the contract."
FAILED = 500, "The server failed to answer."

# What RFC 3986 allows in a fragment beside the characters that `quote` never escapes.
FRAGMENT_SAFE = "!$&'()*+,;=:@/?"


class Problem(HTTPException):
    """An error with its status and detail, raised anywhere; FastAPI lets no other kind out of a body."""

    def __init__(self, status: int, detail: str, errors: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(status, detail)
        self.status = status
        self.errors = errors


def respond(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Write the members in the contract's order, `errors` only where there are any."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES[problem.status],
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = problem.errors
    return Response(to_json(body), problem.status, headers, media_type=MEDIA_TYPE)


def allow(methods: Iterable[str] | None) -> str:
    """List the methods as `Allow` does, in a fixed order."""
    return ", ".join(sorted(methods or ()))


def describe(place: str, location: Sequence[int | str], rule: str) -> dict[str, str]:
    """Say what is wrong with a parameter of the query or a member of the body, never repeating its value.

    A member is named by its JSON pointer as a URI fragment (RFC 6901, section 6); `rule` is pydantic's type
    of the error.
    """
    if not location:
        return {"detail": "must be an object", "pointer": "#"}
    name = str(location[0])
    if place == "query":
        return {"detail": RULES[name], "parameter": name}
    detail = "is not a member of this object" if rule == "extra_forbidden" else RULES[name]
    pointer = quote(name.replace("~", "~0").replace("/", "~1"), safe=FRAGMENT_SAFE)
    return {"detail": detail, "pointer": f"#/{pointer}"}


def register(app: FastAPI) -> None:
    """Let the app answer every error with a problem."""
    app.exception_handler(Problem)(from_problem)
    app.exception_handler(RequestValidationError)(from_framework)


async def from_problem(_: Request, problem: Problem) -> Response:
    """Answer what the app refuses."""
    return respond(problem)


async def from_framework(_: Request, error: RequestValidationError) -> Response:
    """Answer a query or a body that does not fit its model; FastAPI puts first where a fault was found."""
    faults = [describe(fault["loc"][0], fault["loc"][1:], fault["type"]) for fault in error.errors()]
    return respond(Problem(*INVALID, errors=faults))


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Say in the OpenAPI document that an operation answers these statuses with a problem."""
    return {status: {"description": TITLES[status], "content": {MEDIA_TYPE: {}}} for status in statuses}
