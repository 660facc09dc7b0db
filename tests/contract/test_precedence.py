"""Which answer wins when a request is wrong in several ways."""

import httpx
import pytest

from tests.contract.answers import (
    BAD_HOST,
    BAD_JSON,
    BAD_TARGET,
    BODY_TOO_LARGE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
)

LARGE = b"{".ljust(65537)
JSON = "application/json"


@pytest.mark.parametrize(
    ("method", "sent", "media_type", "body", "status", "answer"),
    [
        ("POST", b"/nowhere%FF", "text/plain", LARGE, 400, BAD_TARGET),
        ("PUT", b"/echo?%FF", "text/plain", LARGE, 400, BAD_TARGET),
        ("OPTIONS", b"/?%FF", JSON, b"", 400, BAD_TARGET),
        ("PUT", b"/nowhere", "text/plain", LARGE, 404, NOT_FOUND),
        ("OPTIONS", b"/nowhere", JSON, b"", 404, NOT_FOUND),
        ("PUT", b"/echo", "text/plain", LARGE, 405, METHOD_NOT_ALLOWED),
        ("POST", b"/wait?ms=x", JSON, LARGE, 405, METHOD_NOT_ALLOWED),
        ("POST", b"/echo", "text/plain", LARGE, 415, UNSUPPORTED_MEDIA_TYPE),
        ("POST", b"/echo", "text/plain", b"", 415, UNSUPPORTED_MEDIA_TYPE),
        ("POST", b"/echo", JSON, LARGE, 413, BODY_TOO_LARGE),
        ("POST", b"/echo", JSON, b'{"msg":7', 400, BAD_JSON),
    ],
)
def test_the_first_fault_in_the_contracts_order_is_answered(
    client: httpx.Client, method: str, sent: bytes, media_type: str, body: bytes, status: int, answer: bytes
) -> None:
    """Target, path, method, media type, size, JSON, rules: in this order."""
    # Closed, because what gunicorn need not read of a large body makes it close anyway.
    headers = {"content-type": media_type, "connection": "close"}
    response = client.request(method, "/", content=body, headers=headers, extensions={"target": sent})

    assert response.status_code == status
    assert response.content == answer


@pytest.mark.parametrize("sent", [b"/nowhere%FF", b"/?%FF", b"/nowhere", b"/echo"])
def test_a_host_that_is_none_is_answered_before_everything_else(client: httpx.Client, sent: bytes) -> None:
    """Whoever is not named cannot be asked for a path."""
    response = client.request("PUT", "/", headers={"host": "a b"}, extensions={"target": sent})

    assert (response.status_code, response.content) == (400, BAD_HOST)
