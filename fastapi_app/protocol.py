"""HTTP as the contract has it, where FastAPI's own behaviour differs; knows no operation."""

import logging
import re
import socket
from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from fastapi_app.problems import (
    BAD_HOST,
    BAD_JSON,
    BAD_TARGET,
    BODY_TOO_LARGE,
    BODY_TRUNCATED,
    FAILED,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    allow,
    respond,
)
from fastapi_app.schemas import MAX_BODY_BYTES

logger = logging.getLogger("fastapi_app")

# uri-host [":" port] of RFC 9112, section 3.2, in the words of RFC 3986, section 3.2.2.
HOST = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]"
    r"|\[[Vv][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+\]"
    r"|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?"
)


class RequestCheckMiddleware:
    """Pure ASGI around the routes: host, target and method, and an answer to every crash."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self.app = app
        self.methods: dict[str, set[str]] = {
            route.path: route.methods | {"OPTIONS"} | ({"HEAD"} if "GET" in route.methods else set())
            for route in routes
            if isinstance(route, Route) and route.methods
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what needs no route, and pass on the rest."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            check_host(scope)
            check_target(scope)
            answer = self.check_method(scope)
        except Problem as problem:
            answer = respond(problem)
        if answer is not None:
            await answer(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # Routed as GET; the server, which has seen the request, sends no body.
            scope = {**scope, "method": "GET"}
        try:
            await self.app(scope, receive, send)
        except Exception:  # the one place that turns a crash into an answer; the connection lives on
            logger.exception("The handler of %s failed", scope["path"])
            await respond(Problem(*FAILED))(scope, receive, send)

    def check_method(self, scope: Scope) -> Response | None:
        """Refuse an unknown path or a wrong method, answer OPTIONS; None where a route must answer."""
        # Looked up as it is: Starlette's own pattern would also match a path with a line feed behind it.
        methods = self.methods.get(scope["path"])
        if methods is None:
            raise Problem(*NOT_FOUND)
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers={"Allow": allow(methods)})
        if scope["method"] not in methods:
            return respond(Problem(*METHOD_NOT_ALLOWED), {"Allow": allow(methods)})
        return None


def check_host(scope: Scope) -> None:
    """Refuse a Host that names no host, two of them, and a request of HTTP/1.1 without one."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if not hosts:
        if scope["http_version"] >= "1.1":
            raise Problem(*BAD_HOST)
    elif len(hosts) > 1 or not is_host(hosts[0].decode("latin-1")):
        raise Problem(*BAD_HOST)


def is_host(text: str) -> bool:
    """Whether this is a `uri-host`, which may be empty, with or without a port."""
    match = HOST.fullmatch(text)
    if match is None or match["ipv6"] is None:
        return match is not None
    try:
        socket.inet_pton(socket.AF_INET6, match["ipv6"])
    except OSError:
        return False
    return True


def check_target(scope: Scope) -> None:
    """Refuse a target that is not UTF-8 once its percent-encoding is undone."""
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    if b"%" in path or b"%" in query or not path.isascii() or not query.isascii():
        try:
            unquote_to_bytes(path).decode()
            unquote_to_bytes(query).decode()
        except UnicodeDecodeError:
            raise Problem(*BAD_TARGET) from None


class JSONBodyRequest(Request):
    """A request whose body is one JSON text, whole and uncoded."""

    async def body(self) -> bytes:
        """Read the body, no further than the limit."""
        media_type, _, _ = ",".join(self.headers.getlist("content-type")).partition(";")
        coding = ",".join(self.headers.getlist("content-encoding") or ["identity"])
        if media_type.strip(" \t").lower() != "application/json" or coding.lower() != "identity":
            raise Problem(*UNSUPPORTED_MEDIA_TYPE)
        # uvicorn lets 64 bits through, behind any number of zeros; Python reads no more than 4,300 digits.
        if int(self.headers.get("content-length", "0")[-20:]) > MAX_BODY_BYTES:
            raise Problem(*BODY_TOO_LARGE)
        data = bytearray()
        try:
            async for chunk in self.stream():
                data += chunk
                if len(data) > MAX_BODY_BYTES:
                    raise Problem(*BODY_TOO_LARGE)
        except ClientDisconnect:
            raise Problem(*BODY_TRUNCATED) from None
        if not data:
            raise Problem(*BAD_JSON)  # FastAPI would not call `json`
        self._body = bytes(data)
        return self._body

    async def json(self) -> Any:
        """Read a JSON text, strictly: nothing that RFC 8259 does not allow."""
        try:
            return from_json(self._body, allow_inf_nan=False)
        except ValueError:
            raise Problem(*BAD_JSON) from None


class JSONBodyRoute(APIRoute):
    """A route whose handler, where it takes a body, reads it through that request."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Swap the request; an operation without a body keeps FastAPI's own."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def handle_body(request: Request) -> Response:
            return await handle(JSONBodyRequest(request.scope, request.receive))

        return handle_body
