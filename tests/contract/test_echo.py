"""`POST /echo`: parse, validate, serialise."""

import json

import httpx
import pytest

from tests.contract.answers import (
    BODY_TOO_LARGE,
    WRONG_MSG,
    invalid,
    no_member,
)

LIMIT_BYTES = 65536


def post(client: httpx.Client, body: bytes, **headers: str) -> httpx.Response:
    """Send a body as application/json unless told otherwise."""
    return client.post("/echo", content=body, headers={"content-type": "application/json", **headers})


@pytest.mark.parametrize(
    "msg",
    [
        "a",
        "Hello",
        "¡Éxito! 🎉",
        'quote " backslash \\ slash / <b>&',
        "\x00\x1f\x7f\u0080\u2028\u2029\ufeff\uffff",
        "tab\tline\nreturn\r",
        "a" * 280,
        "🎉" * 280,
        "e\u0301" * 140,
        " ",
    ],
)
def test_echo_answers_the_message(client: httpx.Client, msg: str) -> None:
    """1 to 280 code points come back as UTF-8, escaped only where JSON must."""
    response = post(client, json.dumps({"msg": msg}).encode())

    assert response.status_code == 200
    assert json.loads(response.content) == {"msg": msg}


def test_echo_with_many_faults_lists_them_in_order(client: httpx.Client) -> None:
    """`msg` first, then the other members in the order sent."""
    response = post(client, b'{"z":1,"msg":"","a":{"b":1},"m":null,"z":2}')

    assert response.status_code == 422
    assert response.content == invalid(WRONG_MSG, no_member("#/z"), no_member("#/a"), no_member("#/m"))


def test_echo_never_answers_with_the_input(client: httpx.Client) -> None:
    """A refused value does not come back."""
    response = post(client, b'{"msg":["s3cret"],"extra":"s3cret"}')

    assert response.status_code == 422
    assert b"s3cret" not in response.content


def test_echo_with_a_body_at_the_limit_is_accepted(client: httpx.Client) -> None:
    """65536 bytes are not too many."""
    response = post(client, b'{"msg":"a"}'.ljust(LIMIT_BYTES))

    assert response.status_code == 200
    assert response.content == b'{"msg":"a"}'


@pytest.mark.parametrize("size_bytes", [LIMIT_BYTES + 1, 10 * LIMIT_BYTES])
def test_echo_with_a_body_over_the_limit_is_413(client: httpx.Client, size_bytes: int) -> None:
    """One byte more is too many; the connection is given up: gunicorn closes where so much is unread."""
    response = post(client, b'{"msg":"a"}'.ljust(size_bytes), connection="close")

    assert response.status_code == 413
    assert response.content == BODY_TOO_LARGE


@pytest.mark.parametrize(
    ("size_bytes", "status", "answer"),
    [(LIMIT_BYTES, 200, b'{"msg":"a"}'), (LIMIT_BYTES + 1, 413, BODY_TOO_LARGE)],
)
def test_echo_with_a_chunked_body_is_held_to_the_same_limit(
    client: httpx.Client, size_bytes: int, status: int, answer: bytes
) -> None:
    """With no length declared the bytes are counted as they are read."""
    body = b'{"msg":"a"}'.ljust(size_bytes)
    chunks = (body[i : i + 5000] for i in range(0, size_bytes, 5000))
    headers = {"content-type": "application/json", "connection": "close"}
    response = client.post("/echo", content=chunks, headers=headers)

    assert response.status_code == status
    assert response.content == answer


def test_echo_refused_leaves_the_connection_usable(client: httpx.Client) -> None:
    """After a fault in the body the same connection serves the next request."""
    first = post(client, b"{")
    second = post(client, b'{"msg":"a"}')

    assert first.extensions["network_stream"] is second.extensions["network_stream"]
    assert second.content == b'{"msg":"a"}'
