"""HTTP as the contract has it, where Flask's own behaviour differs; knows no operation."""

import re
import socket
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

import flask
from flask import Flask, Response
from flask.json.provider import JSONProvider
from gunicorn.http.errors import ParseException
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json
from werkzeug.exceptions import ClientDisconnected
from werkzeug.routing import MapAdapter

from flask_app.problems import (
    BAD_HOST,
    BAD_JSON,
    BAD_TARGET,
    BODY_TOO_LARGE,
    BODY_TRUNCATED,
    INVALID,
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    allow,
    describe,
)
from flask_app.schemas import MAX_BODY_BYTES

Model = TypeVar("Model", bound=BaseModel)

# uri-host [":" port] of RFC 9112, section 3.2, in the words of RFC 3986, section 3.2.2.
HOST = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]"
    r"|\[[Vv][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+\]"
    r"|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?"
)


class StrictJSONProvider(JSONProvider):
    """The JSON reader and writer that both services use: strict, compact, UTF-8, in the order given."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Write models and plain values."""
        return to_json(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Read a JSON text; raises ValueError for anything that RFC 8259 does not allow."""
        return from_json(s, allow_inf_nan=False)


class ContractFlask(Flask):
    """Flask with the contract's JSON, and its answer to OPTIONS."""

    json_provider_class = StrictJSONProvider

    def create_url_adapter(self, request: flask.Request | None) -> MapAdapter | None:
        """Route by path and method alone: Werkzeug would answer a request to upgrade with 400."""
        if request is None:
            return super().create_url_adapter(request)
        return self.url_map.bind("", path_info=request.path, default_method=request.method)

    def make_default_options_response(self) -> Response:
        """Answer OPTIONS with the methods and no content."""
        response = super().make_default_options_response()
        response.status_code = 204
        response.headers["Allow"] = allow(response.allow)
        del response.headers["Content-Type"]
        return response


def check_host() -> None:
    """Refuse a Host that names no host, and a request of HTTP/1.1 without one; gunicorn refuses two."""
    environ = flask.request.environ
    host: str | None = environ.get("HTTP_HOST")
    if host is None:
        if environ["SERVER_PROTOCOL"] >= "HTTP/1.1":
            raise Problem(*BAD_HOST)
    elif not is_host(host):
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


def check_target() -> None:
    """Refuse a target that is not UTF-8, and one that Werkzeug would repair to another path."""
    path: str = flask.request.environ["PATH_INFO"]
    query: str = flask.request.environ["QUERY_STRING"]
    if not path.isascii() or "%" in query or not query.isascii():
        try:
            path.encode("latin-1").decode()
            unquote_to_bytes(query.encode("latin-1")).decode()
        except UnicodeDecodeError:
            raise Problem(*BAD_TARGET) from None
    if path.startswith("//"):
        raise Problem(*NOT_FOUND)


def read_query(model: type[Model]) -> Model:
    """Validate the query; where a parameter is repeated, the last one counts."""
    return validate(model, dict(flask.request.args.items(multi=True)), "query")


def read_json_body(model: type[Model]) -> Model:
    """Read the body, no further than the limit, and validate it; it must be one JSON text, whole and uncoded.

    Werkzeug would cut a chunked body off at a limit, and hand over a truncated one, without an error.
    """
    request = flask.request
    coding = request.headers.get("Content-Encoding", "identity")
    if request.mimetype != "application/json" or coding.lower() != "identity":
        raise Problem(*UNSUPPORTED_MEDIA_TYPE)
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise Problem(*BODY_TOO_LARGE)
    try:
        data = request.stream.read(MAX_BODY_BYTES + 1)
    except (OSError, ParseException, ClientDisconnected):
        raise Problem(*BODY_TRUNCATED) from None
    if len(data) > MAX_BODY_BYTES:
        raise Problem(*BODY_TOO_LARGE)
    if request.content_length not in (None, len(data)):
        raise Problem(*BODY_TRUNCATED)
    try:
        value = flask.json.loads(data)
    except ValueError:
        raise Problem(*BAD_JSON) from None
    return validate(model, value, "body")


def validate(model: type[Model], value: Any, place: str) -> Model:
    """Make the model of what was sent; `place` is where it was found, the query or the body."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = [describe(place, fault["loc"], fault["type"]) for fault in error.errors()]
        raise Problem(*INVALID, faults) from None
