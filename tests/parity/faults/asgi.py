"""An ASGI app with a fault planted around it."""

from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.parity.faults.catalogue import Plant
from tests.parity.faults.exchange import Exchange, Request, Response


def wrap(app: ASGIApp, plant: Plant) -> ASGIApp:
    """Plant a fault around an app that is served by uvicorn."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        exchange = Exchange(read_request(scope))
        with plant(exchange):
            exchange.response, exchange.request.body = await call(
                app, forwarded(exchange.request, scope), receive
            )
        response = exchange.response
        headers = [(name.encode(), value.encode("latin-1")) for name, value in response.headers.items()]
        if response.closes:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        # Left unfinished where the length is wrong: uvicorn would raise; it closes either way.
        unfinished = len(response.body) < int(response.headers.get("content-length", 0))
        await send({"type": "http.response.body", "body": response.body, "more_body": unfinished})

    return faulty


def read_request(scope: Scope) -> Request:
    """Read what a fault may want to know."""
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        version=scope["http_version"],
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
    )


def forwarded(request: Request, scope: Scope) -> Scope:
    """Let the app see what the fault has changed, and everything else untouched."""
    changed = {**scope, "method": request.method, "query_string": request.query.encode("latin-1")}
    if request.path != scope["path"]:
        changed |= {"path": request.path, "raw_path": quote(request.path).encode()}
    return changed


async def call(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Response, bytes]:
    """Return the whole answer, and as much of the request's body as the app has read."""
    response = Response()
    read_so_far = bytearray()

    async def overhear() -> Message:
        message = await receive()
        read_so_far.extend(message.get("body", b""))
        return message

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.status = message["status"]
            headers = message.get("headers", [])
            response.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        else:
            response.body += message.get("body", b"")

    await app(scope, overhear, collect)
    return response, bytes(read_so_far)
