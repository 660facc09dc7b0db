"""A WSGI app with a fault planted around it."""

import socket
from collections.abc import Callable, Iterable
from functools import partial
from typing import IO, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wsgi import ClosingIterator

from tests.parity.faults.catalogue import Plant
from tests.parity.faults.exchange import Exchange, Request, Response


class Overheard:
    """The body of a request, remembered as far as the app reads it."""

    def __init__(self, body: IO[bytes]) -> None:
        self.body = body
        self.read_so_far = b""

    def read(self, size_bytes: int) -> bytes:
        """Read on."""
        data = self.body.read(size_bytes)
        self.read_so_far += data
        return data


def wrap(app: WSGIApplication, plant: Plant) -> WSGIApplication:
    """Plant a fault around an app that is served by gunicorn."""

    def faulty(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = environ["REQUEST_METHOD"]
        exchange = Exchange(read_request(environ))
        environ["wsgi.input"] = overheard = Overheard(environ["wsgi.input"])
        with plant(exchange):
            forward(exchange.request, environ)
            exchange.response, close = call(app, environ)
            exchange.request.body = overheard.read_so_far
        response = exchange.response
        start_response(f"{response.status} {response.phrase}", list(response.headers.items()))
        # gunicorn drops these two where an app sets them.
        kept = [(name, value) for name, value in response.headers.items() if name in {"date", "server"}]
        server: Any = start_response
        server.__self__.headers += kept
        ends = [close]
        if response.closes:
            # gunicorn ignores an app's `Connection: close`.
            ends.append(partial(environ["gunicorn.socket"].shutdown, socket.SHUT_RDWR))
        sent = response.body if asked != "HEAD" else b""
        return ClosingIterator([sent] if sent else [], ends)

    return faulty


def read_request(environ: WSGIEnvironment) -> Request:
    """Read what a fault may want to know."""
    names = {"CONTENT_TYPE": "content-type"}
    names |= {name: name[5:].replace("_", "-").lower() for name in environ if name.startswith("HTTP_")}
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"].encode("latin-1").decode(errors="replace"),
        query=environ["QUERY_STRING"],
        version=environ["SERVER_PROTOCOL"].removeprefix("HTTP/"),
        headers={name: environ[key] for key, name in names.items() if key in environ},
    )


def forward(request: Request, environ: WSGIEnvironment) -> None:
    """Let the app see what the fault has changed, and everything else untouched."""
    original = read_request(environ)
    environ["REQUEST_METHOD"] = request.method
    environ["QUERY_STRING"] = request.query
    if request.path != original.path:
        environ["PATH_INFO"] = request.path.encode().decode("latin-1")


def call(app: WSGIApplication, environ: WSGIEnvironment) -> tuple[Response, Callable[[], None]]:
    """Return the whole answer, and what the app wants to be called once it is sent."""
    response = Response()

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], object]:
        response.status = int(status[:3])
        response.headers = {name.lower(): value for name, value in headers}
        return response.body.__add__

    pieces = app(environ, start_response)
    response.body = b"".join(pieces)
    return response, getattr(pieces, "close", lambda: None)
