"""What the FastAPI app answers when its server reports a client that left in the middle of a body."""

import asyncio
from typing import Any

from fastapi_app.app import create_app
from tests.contract.answers import BODY_TRUNCATED


def test_echo_of_a_client_that_left_is_400() -> None:
    """uvicorn closes the socket first, so only the app's own interface can show the answer."""
    sent: list[dict[str, Any]] = []
    received: list[dict[str, Any]] = [
        {"type": "http.request", "body": b'{"msg":', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return received.pop(0)

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/echo",
        "raw_path": b"/echo",
        "query_string": b"",
        "root_path": "",
        "http_version": "1.1",
        "headers": [(b"host", b"x"), (b"content-type", b"application/json"), (b"content-length", b"99")],
    }
    asyncio.run(create_app()(scope, receive, send))

    assert sent[0]["status"] == 400
    assert sent[1]["body"] == BODY_TRUNCATED
