"""`GET /`: the headline operation."""

import httpx

from tests.contract.answers import SUCCESS
from tests.services import Target


def test_index_answers_success(client: httpx.Client) -> None:
    """The answer is 18 bytes, the same everywhere."""
    response = client.get("/")

    assert response.status_code == 200
    assert response.content == SUCCESS


def test_index_has_exactly_these_headers(client: httpx.Client, target: Target) -> None:
    """Type, length and the server's bare name; date and connection belong to the server."""
    headers = {k: v for k, v in client.get("/").headers.items() if k not in {"date", "connection"}}

    assert headers == {
        "content-type": "application/json",
        "content-length": "18",
        "server": target.server,
    }


def test_index_ignores_unknown_parameters(client: httpx.Client) -> None:
    """Query parameters that the contract does not name change nothing."""
    response = client.get("/?ms=abc&x=1&x=2&%20=")

    assert response.status_code == 200
    assert response.content == SUCCESS


def test_index_ignores_a_body(client: httpx.Client) -> None:
    """A body on GET is ignored, whatever it is, and the connection can be used again."""
    for body in (b"{", b"\xff" * 60_000):
        response = client.request("GET", "/", content=body, headers={"content-type": "application/json"})

        assert response.status_code == 200
        assert response.content == SUCCESS


def test_index_answers_again_on_the_same_connection(client: httpx.Client) -> None:
    """Keep-alive: a hundred requests need one connection."""
    streams = {id(client.get("/").extensions["network_stream"]) for _ in range(100)}

    assert len(streams) == 1
