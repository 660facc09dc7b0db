"""HTTP as the contract has it, where FastAPI's own behaviour differs; knows no operation."""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

import fastapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from fastapi_app.problems import (
    BAD_JSON,
    BAD_TARGET,
    BODY_TOO_LARGE,
    BODY_TRUNCATED,
    FAILED,
    INVALID,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    allow,
    describe,
    respond,
)

logger = logging.getLogger("fastapi_app")

Model = TypeVar("Model", bound=BaseModel)


class Request(fastapi.Request):
    """A request whose body is one JSON text, whole and uncoded."""

    @property
    def is_json(self) -> bool:
        """Whether the body is declared as plain `application/json`; parameters do not matter."""
        media_type, _, _ = ",".join(self.headers.getlist("content-type")).partition(";")
        codings = self.headers.getlist("content-encoding") or ["identity"]
        return (
            media_type.strip(" \t").lower() == "application/json" and ",".join(codings).lower() == "identity"
        )

    async def body(self) -> bytes:
        """Read the body, no further than the limit."""
        if not self.is_json:
            raise Problem(*UNSUPPORTED_MEDIA_TYPE)
        limit: int = self.app.state.max_body_bytes
        if int(self.headers.get("content-length", 0)) > limit:
            raise Problem(*BODY_TOO_LARGE)
        data = bytearray()
        try:
            async for chunk in self.stream():
                data += chunk
                if len(data) > limit:
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


class Route(APIRoute):
    """A route whose handler, where it takes a body, reads it through our request."""

    def get_route_handler(self) -> Callable[[fastapi.Request], Coroutine[Any, Any, Response]]:
        """Swap the request; an operation without a body keeps FastAPI's own."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def handle_body(request: fastapi.Request) -> Response:
            return await handle(Request(request.scope, request.receive))

        return handle_body


class Protocol:
    """Pure ASGI around the routes: targets, methods, and an answer to every crash."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self.methods: dict[str, set[str]] = {
            route.path: route.methods | {"OPTIONS"} | ({"HEAD"} if "GET" in route.methods else set())
            for route in routes
            if isinstance(route, APIRoute) and route.methods
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what needs no route, and pass on the rest."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = self.answer(scope)
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

    def answer(self, scope: Scope) -> Response | None:
        """Refuse a target that is not UTF-8, an unknown path or a wrong method; list the methods."""
        if not is_utf8(scope["raw_path"], scope["query_string"]):
            return respond(Problem(*BAD_TARGET))
        # Looked up as it is: Starlette's own pattern would also match a path with a line feed behind it.
        methods = self.methods.get(scope["path"])
        if methods is None:
            return respond(Problem(*NOT_FOUND))
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers={"Allow": allow(methods)})
        if scope["method"] not in methods:
            return respond(Problem(*METHOD_NOT_ALLOWED), {"Allow": allow(methods)})
        return None


def is_utf8(path: bytes, query: bytes) -> bool:
    """Whether the target is UTF-8 once its percent-encoding is undone."""
    if b"%" not in path and b"%" not in query and path.isascii() and query.isascii():
        return True
    try:
        unquote_to_bytes(path).decode()
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        return False
    return True


def read_query(model: type[Model]) -> Callable[[fastapi.Request], Awaitable[Model]]:
    """Make the dependency that validates the query; the model gets the list of each parameter's values."""

    async def read(request: fastapi.Request) -> Model:
        values = {name: request.query_params.getlist(name) for name in model.model_fields}
        try:
            return model.model_validate(values)
        except ValidationError as error:
            faults = [describe("query", fault["loc"], fault["type"]) for fault in error.errors()]
            raise Problem(*INVALID, faults) from None

    return read


def query_parameters(model: type[BaseModel]) -> dict[str, Any]:
    """Describe those parameters for the OpenAPI document."""
    properties = model.model_json_schema()["properties"].items()
    parameters = [{"name": n, "in": "query", "required": True, "schema": schema} for n, schema in properties]
    return {"parameters": parameters}
