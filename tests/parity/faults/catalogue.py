"""The faults, each written once for both frameworks; most of them are what rewrites really get wrong.

A fault is a generator with one `yield`, at which the app answers: before it the request can still be
changed, behind it the answer. Its docstring is what the published table says of it.
"""

import gzip
import html
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic_core import from_json

from tests.contract.answers import (
    BAD_HOST,
    BAD_JSON,
    BAD_TARGET,
    BODY_TOO_LARGE,
    FAILED,
    METHOD_NOT_ALLOWED,
    NO_OBJECT,
    NOT_FOUND,
    SUCCESS,
    WRONG_MSG,
    compact,
    invalid,
)
from tests.parity.faults.exchange import Exchange, Response

Plant = Callable[[Exchange], AbstractContextManager[None]]

MAX_BODY_BYTES = 65_536
MAX_MSG_CHARACTERS = 280
MAX_WAIT_MS = 10_000
EARLIER_MS = 3
EARLY_TEST = "test_wait_takes_the_time_asked_for_but_for_a_timers_tick"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault; `slow_test` is the contract test that takes seconds and that this fault needs.

    A control is none by the contract, and must be noticed by nobody.

    With `crashes` the fault lies in how a crash is answered: `index` is made to crash in the faulty service
    and in the healthy one, because no request makes a healthy app crash.
    """

    name: str
    plant: Plant
    slow_test: str | None = None
    crashes: bool = False
    is_control: bool = False

    @property
    def what(self) -> str:
        """Say what the service does wrong."""
        return (self.plant.__doc__ or "").removesuffix(".")


FAULTS: dict[str, Fault] = {}


def listed(**options: Any) -> Callable[[Callable[[Exchange], Iterator[None]]], Plant]:
    """Add a fault to the catalogue under the name of its function."""

    def add(steps: Callable[[Exchange], Iterator[None]]) -> Plant:
        plant = contextmanager(steps)
        name = steps.__name__.replace("_", "-")
        FAULTS[name] = Fault(name, plant, **options)
        return plant

    return add


# How an answer is written.


@listed()
def trailing_newline(exchange: Exchange) -> Iterator[None]:
    """End every body with a line feed (Flask's default)."""
    yield
    exchange.response.rewrite(exchange.response.body + b"\n")


@listed()
def charset(exchange: Exchange) -> Iterator[None]:
    """Add `; charset=utf-8` to the media type of every success."""
    yield
    if exchange.response.status == 200:
        exchange.response.headers["content-type"] += "; charset=utf-8"


@listed()
def ascii_escaped(exchange: Exchange) -> Iterator[None]:
    """Write every character beyond ASCII as `\\uXXXX` (Flask's default)."""
    yield
    rewrite_json(exchange.response, lambda value: value, ensure_ascii=True)


@listed()
def member_order(exchange: Exchange) -> Iterator[None]:
    """Sort the members of every object by name (Flask's default)."""
    yield
    rewrite_json(exchange.response, lambda value: value, sort_keys=True)


@listed()
def spaces(exchange: Exchange) -> Iterator[None]:
    """Write a space behind every comma and colon (Python's default)."""
    yield
    rewrite_json(exchange.response, lambda value: value, separators=(", ", ": "))


@listed()
def longer_length(exchange: Exchange) -> Iterator[None]:
    """Declare one byte more than is sent, and close the connection."""
    yield
    if exchange.response.body and exchange.request.method != "HEAD":
        exchange.response.headers["content-length"] = str(len(exchange.response.body) + 1)
        exchange.response.closes = True


@listed()
def extra_header(exchange: Exchange) -> Iterator[None]:
    """Add `X-Powered-By` to every answer."""
    yield
    exchange.response.headers["x-powered-by"] = "twins"


@listed()
def compressed(exchange: Exchange) -> Iterator[None]:
    """Compress where `Accept-Encoding` allows gzip (as GZipMiddleware does)."""
    yield
    if "gzip" in exchange.request.headers.get("accept-encoding", "") and exchange.response.body:
        exchange.response.rewrite(gzip.compress(exchange.response.body, mtime=0))
        exchange.response.headers["content-encoding"] = "gzip"


@listed()
def cross_origin(exchange: Exchange) -> Iterator[None]:
    """Answer a request that has an `Origin` with `Access-Control-Allow-Origin` (as CORSMiddleware does)."""
    yield
    if "origin" in exchange.request.headers:
        exchange.response.headers["access-control-allow-origin"] = "*"


@listed()
def not_modified(exchange: Exchange) -> Iterator[None]:
    """Answer 304 where `If-None-Match` is `*`."""
    yield
    if exchange.response.status == 200 and exchange.request.headers.get("if-none-match") == "*":
        exchange.response.status, exchange.response.body = 304, b""
        exchange.response.headers.clear()


@listed()
def closes(exchange: Exchange) -> Iterator[None]:
    """Close the connection behind every answer."""
    yield
    exchange.response.closes = True


@listed()
def server_twice(exchange: Exchange) -> Iterator[None]:
    """Add a second `Server` header, which parity drops and the contract does not."""
    yield
    exchange.response.headers["server"] = "app/1.0"


# Methods and paths.


@listed()
def head_off(exchange: Exchange) -> Iterator[None]:
    """Answer HEAD with 405 (FastAPI's default)."""
    yield
    if exchange.request.method == "HEAD" and exchange.response.status == 200:
        exchange.response.become(405, METHOD_NOT_ALLOWED)
        exchange.response.headers["allow"] = "GET, OPTIONS"


@listed()
def head_without_length(exchange: Exchange) -> Iterator[None]:
    """Answer HEAD with `Content-Length: 0`."""
    yield
    if exchange.request.method == "HEAD":
        exchange.response.headers["content-length"] = "0"


@listed()
def allow_short(exchange: Exchange) -> Iterator[None]:
    """List in `Allow` the method of the route alone (FastAPI's default)."""
    yield
    if "allow" in exchange.response.headers:
        is_read = "GET" in exchange.response.headers["allow"]
        exchange.response.headers["allow"] = "GET" if is_read else "POST"


@listed()
def options_200(exchange: Exchange) -> Iterator[None]:
    """Answer OPTIONS with 200 and an empty HTML page (Flask's default)."""
    yield
    if exchange.response.status == 204:
        exchange.response.become(200, b"", "text/html; charset=utf-8")


@listed()
def method_override(exchange: Exchange) -> Iterator[None]:
    """Obey `X-HTTP-Method-Override`."""
    exchange.request.method = exchange.request.headers.get("x-http-method-override", exchange.request.method)
    yield


@listed()
def slash_redirect(exchange: Exchange) -> Iterator[None]:
    """Redirect a path with a slash too many to the one without (FastAPI's default)."""
    yield
    path = exchange.request.path
    if path in {"/wait/", "/echo/", "/healthz/"}:
        exchange.response.become(307, b"")
        exchange.response.headers = {"location": path[:-1], "content-length": "0"}


@listed()
def any_host(exchange: Exchange) -> Iterator[None]:
    """Take whatever stands in Host (both frameworks' default)."""
    yield
    if exchange.response.body == BAD_HOST and exchange.request.headers.get("host") is not None:
        exchange.response.become(200, SUCCESS, "application/json")


@listed()
def no_host(exchange: Exchange) -> Iterator[None]:
    """Ask for no Host (both frameworks' default)."""
    yield
    if exchange.response.body == BAD_HOST and exchange.request.headers.get("host") is None:
        exchange.response.become(200, SUCCESS, "application/json")


@listed()
def merged_slashes(exchange: Exchange) -> Iterator[None]:
    """Take several slashes for one."""
    if "//" in exchange.request.path:
        exchange.request.path = re.sub("//+", "/", exchange.request.path)
    yield


@listed()
def repaired_target(exchange: Exchange) -> Iterator[None]:
    """Read a path or query that is not UTF-8 with U+FFFD and answer 404 (both frameworks' default)."""
    yield
    if exchange.response.status == 400 and exchange.response.body in {b"", BAD_TARGET}:
        exchange.response.become(404, NOT_FOUND)


@listed()
def old_version(exchange: Exchange) -> Iterator[None]:
    """Answer HTTP/1.0 with 505."""
    yield
    if exchange.request.version == "1.0":
        exchange.response.become(505, b'{"type":"about:blank","title":"HTTP Version Not Supported"}')


# Queries and bodies.


@listed()
def first_ms(exchange: Exchange) -> Iterator[None]:
    """Take the first of several `ms` (Flask's default)."""
    parts = exchange.request.query.split("&")
    given = [part for part in parts if part.startswith("ms=")]
    if len(given) > 1:
        exchange.request.query = "&".join([given[0], *(part for part in parts if part not in given)])
    yield


@listed()
def any_digit(exchange: Exchange) -> Iterator[None]:
    """Take the digits of every script for `ms` (`int` does)."""
    name, _, value = exchange.request.query.partition("=")
    text = unquote(value)
    if name == "ms" and text.isdecimal():
        exchange.request.query = f"ms={int(text)}" if not text.isascii() else exchange.request.query
    yield


@listed(slow_test=EARLY_TEST)
def early(exchange: Exchange) -> Iterator[None]:
    """Wait three milliseconds less than asked, more than a timer's tick."""
    given = re.fullmatch("ms=([0-9]{1,5})", exchange.request.query)
    asked_ms = int(given[1]) if given else 0
    if EARLIER_MS <= asked_ms <= MAX_WAIT_MS:
        exchange.request.query = f"ms={asked_ms - EARLIER_MS}"
    yield
    if exchange.request.path == "/wait" and exchange.response.status == 200 and asked_ms:
        answer = compact({"msg": "Success!", "waited_ms": asked_ms})
        exchange.response.become(200, answer, "application/json")


@listed()
def longer_message(exchange: Exchange) -> Iterator[None]:
    """Allow 281 characters."""
    yield
    if exchange.response.status == 422 and exchange.request.path == "/echo":
        message = json.loads(exchange.request.body)
        match message:
            case {"msg": str(msg), **others} if len(msg) == MAX_MSG_CHARACTERS + 1 and not others:
                exchange.response.become(200, compact(message), "application/json")


@listed()
def smaller_limit(exchange: Exchange) -> Iterator[None]:
    """Refuse a body of exactly 65536 bytes as too large."""
    yield
    if exchange.request.path == "/echo" and len(exchange.request.body) == MAX_BODY_BYTES:
        exchange.response.become(413, BODY_TOO_LARGE)


@listed()
def first_member(exchange: Exchange) -> Iterator[None]:
    """Take the first of several members of the same name."""
    yield
    if exchange.request.path == "/echo" and exchange.response.status == 200:
        first = json.loads(exchange.request.body, object_pairs_hook=lambda pairs: dict(reversed(pairs)))[
            "msg"
        ]
        if isinstance(first, str) and 0 < len(first) <= MAX_MSG_CHARACTERS:
            exchange.response.become(200, compact({"msg": first}), "application/json")
        else:
            exchange.response.become(422, invalid(WRONG_MSG))


@listed()
def not_a_number(exchange: Exchange) -> Iterator[None]:
    """Read `NaN` and `Infinity` (both frameworks' default)."""
    yield
    if exchange.response.body == BAD_JSON:
        try:
            from_json(exchange.request.body, allow_inf_nan=True)
        except ValueError:
            return
        exchange.response.become(422, invalid(WRONG_MSG))


@listed()
def invalid_for_malformed(exchange: Exchange) -> Iterator[None]:
    """Answer malformed JSON with 422 instead of 400 (FastAPI's default)."""
    yield
    if exchange.response.body == BAD_JSON:
        exchange.response.become(422, invalid(NO_OBJECT))


@listed()
def byte_order_mark(exchange: Exchange) -> Iterator[None]:
    """Accept a body that begins with a byte order mark (both frameworks' default)."""
    yield
    if exchange.response.body == BAD_JSON and exchange.request.body.startswith(b"\xef\xbb\xbf"):
        exchange.response.become(200, exchange.request.body[3:], "application/json")


# Problems.


@listed()
def input_echoed(exchange: Exchange) -> Iterator[None]:
    """Repeat in every entry of a 422 what was sent (FastAPI's default)."""
    yield
    if exchange.response.status == 422:
        sent = exchange.request.body.decode() or exchange.request.query
        rewrite_json(
            exchange.response,
            lambda problem: {**problem, "errors": [{**fault, "input": sent} for fault in problem["errors"]]},
        )


@listed()
def first_fault_only(exchange: Exchange) -> Iterator[None]:
    """List in a 422 the first fault alone."""
    yield
    if exchange.response.status == 422:
        rewrite_json(exchange.response, lambda problem: {**problem, "errors": problem["errors"][:1]})


@listed()
def old_title(exchange: Exchange) -> Iterator[None]:
    """Call a 422 `Unprocessable Entity` (the standard library before Python 3.13)."""
    yield
    if exchange.response.status == 422:
        rewrite_json(exchange.response, lambda problem: {**problem, "title": "Unprocessable Entity"})


@listed()
def page_for_browsers(exchange: Exchange) -> Iterator[None]:
    """Answer an error with an HTML page where `Accept` names HTML."""
    yield
    if exchange.response.status >= 400 and "text/html" in exchange.request.headers.get("accept", ""):
        page = f"<h1>{html.escape(exchange.response.phrase)}</h1>".encode()
        exchange.response.become(exchange.response.status, page, "text/html")


@listed(crashes=True)
def crash_closes(exchange: Exchange) -> Iterator[None]:
    """Close the connection behind a 500 (Starlette's default)."""
    yield
    exchange.response.closes = exchange.response.status == 500


@listed()
def crash_on_surrogate(exchange: Exchange) -> Iterator[None]:
    """Crash on a lone surrogate (FastAPI's default, which cannot write the input it echoes)."""
    yield
    if exchange.response.body == BAD_JSON and re.search(rb"\\u[dD][89a-fA-F]", exchange.request.body):
        exchange.response.become(500, FAILED)


# Controls.


@listed(is_control=True)
def no_fault(_: Exchange) -> Iterator[None]:
    """Do nothing: the wrapper alone, which nobody may notice."""
    yield


@listed(crashes=True, is_control=True)
def no_fault_but_a_crash(_: Exchange) -> Iterator[None]:
    """Do nothing, while `index` crashes in both services: the control of `crash-closes`."""
    yield


@listed(is_control=True)
def date_twice(exchange: Exchange) -> Iterator[None]:
    """Add a second `Date` header, long past: both suites leave `Date` to the server and must miss it."""
    yield
    exchange.response.headers["date"] = "Thu, 01 Jan 1970 00:00:00 GMT"


def rewrite_json(response: Response, change: Callable[[Any], Any], **options: Any) -> None:
    """Write a JSON body again; an answer without one, such as that to HEAD, stays as it is."""
    if response.body:
        written = {"ensure_ascii": False, "separators": (",", ":"), **options}
        response.rewrite(json.dumps(change(json.loads(response.body)), **written).encode())
