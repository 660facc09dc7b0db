"""HTTP as the contract has it, where Flask's own behaviour differs; knows no operation."""

from contextlib import suppress
from functools import partial
from typing import IO, Any, TypeVar
from urllib.parse import unquote_to_bytes

import flask
from flask import Flask, Response
from flask.json.provider import JSONProvider
from gunicorn.http.errors import ParseException
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json
from werkzeug.routing import MapAdapter

from flask_app.problems import (
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

Model = TypeVar("Model", bound=BaseModel)

MAX_DRAINED_BYTES = 1_048_576
PIECE_BYTES = 65_536


class JSON(JSONProvider):
    """The JSON reader and writer that both services use: strict, compact, UTF-8, in the order given."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Write models and plain values."""
        return to_json(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Read a JSON text; raises ValueError for anything that RFC 8259 does not allow."""
        return from_json(s, allow_inf_nan=False)


class Request(flask.Request):
    """A request whose body is one JSON text, whole and uncoded."""

    @property
    def is_json(self) -> bool:
        """Whether the body is declared as plain `application/json`; parameters do not matter."""
        coding = self.headers.get("Content-Encoding", "identity")
        return self.mimetype == "application/json" and coding.lower() == "identity"

    def get_data(self, *_: Any, **__: Any) -> Any:
        """Read the body, no further than the limit; Werkzeug and gunicorn would accept a truncated one."""
        limit: int = flask.current_app.config["MAX_CONTENT_LENGTH"]
        if (self.content_length or 0) > limit:
            raise Problem(*BODY_TOO_LARGE)
        try:
            data: bytes = self.environ["wsgi.input"].read(limit + 1)
        except (OSError, ParseException):
            raise Problem(*BODY_TRUNCATED) from None
        if len(data) > limit:
            raise Problem(*BODY_TOO_LARGE)
        if self.content_length not in (None, len(data)):
            raise Problem(*BODY_TRUNCATED)
        return data

    def on_json_loading_failed(self, e: ValueError | None) -> Any:
        """Refuse the body: with no error it was not JSON by its headers."""
        raise Problem(*(BAD_JSON if e else UNSUPPORTED_MEDIA_TYPE))


class Application(Flask):
    """Flask with the contract's targets, methods and JSON."""

    request_class = Request
    json_provider_class = JSON

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url_map.merge_slashes = False
        self.before_request(check_target)
        self.after_request(drain_later)

    def create_url_adapter(self, request: flask.Request | None) -> MapAdapter | None:
        """Route by path and method alone: Werkzeug would refuse some hosts, and upgrades to WebSocket."""
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


def drain_later(response: Response) -> Response:
    """Once the answer is sent, read what is left of a body, within reason.

    gunicorn announces keep-alive, but closes a connection on which 64 KiB or more were left unread.
    """
    environ = flask.request.environ
    if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
        response.call_on_close(partial(drain, environ["wsgi.input"]))
    return response


def drain(body: IO[bytes]) -> None:
    """Read a body to its end, or to the size at which it is better to close the connection."""
    with suppress(OSError, ParseException):
        for _ in range(MAX_DRAINED_BYTES // PIECE_BYTES):
            if not body.read(PIECE_BYTES):
                return


def read_query(model: type[Model]) -> Model:
    """Validate the query; each parameter is given to the model as the list of its values."""
    values = {name: flask.request.args.getlist(name) for name in model.model_fields}
    return _validate(model, values, "query")


def read_body(model: type[Model]) -> Model:
    """Validate the JSON body."""
    return _validate(model, flask.request.get_json(), "body")


def _validate(model: type[Model], value: Any, place: str) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = [describe(place, fault["loc"], fault["type"]) for fault in error.errors()]
        raise Problem(*INVALID, faults) from None
