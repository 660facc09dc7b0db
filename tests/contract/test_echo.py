"""`POST /echo`: parse, validate, serialise."""

import json
from typing import Any

import httpx
import pytest

from tests.contract.answers import (
    BODY_TOO_LARGE,
    NO_OBJECT,
    UNSUPPORTED_MEDIA_TYPE,
    WRONG_MSG,
    compact,
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


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=latin-1",
        "application/json ; x=y; x=z",
        "application/json;",
    ],
)
def test_echo_with_json_media_type_is_accepted(client: httpx.Client, content_type: str) -> None:
    """Case and parameters do not matter; a declared charset has no meaning for JSON (RFC 8259, 11)."""
    response = post(client, '{"msg":"é"}'.encode(), **{"content-type": content_type})

    assert response.status_code == 200
    assert response.content == '{"msg":"é"}'.encode()


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/json5",
        "application/problem+json",
        "application/*",
        "application",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json, application/json",
        "application/jsonp",
        "json",
        ";application/json",
    ],
)
def test_echo_with_another_media_type_is_415(client: httpx.Client, content_type: str | None) -> None:
    """Only application/json itself will do."""
    headers = {} if content_type is None else {"content-type": content_type}
    response = client.post("/echo", content=b'{"msg":"a"}', headers=headers)

    assert response.status_code == 415
    assert response.content == UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "identity, gzip", "x", ""])
def test_echo_with_a_content_coding_is_415(client: httpx.Client, coding: str) -> None:
    """A coded body is not read, and neither is one whose coding is not known."""
    response = post(client, b'{"msg":"a"}', **{"content-encoding": coding})

    assert response.status_code == 415
    assert response.content == UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize("coding", ["identity", "Identity"])
def test_echo_with_the_identity_coding_is_accepted(client: httpx.Client, coding: str) -> None:
    """`identity` is no coding."""
    assert post(client, b'{"msg":"a"}', **{"content-encoding": coding}).content == b'{"msg":"a"}'


@pytest.mark.parametrize("body", ["null", "true", "1", "1e3", '"msg"', "[]", '[{"msg":"a"}]', "9" * 4000])
def test_echo_with_no_object_is_422(client: httpx.Client, body: str) -> None:
    """Any other JSON value is one fault of the whole document."""
    response = post(client, body.encode())

    assert response.status_code == 422
    assert response.content == invalid(NO_OBJECT)


@pytest.mark.parametrize("msg", [None, True, 0, 1.5, [], ["a"], {}, {"msg": "a"}, "", "a" * 281, "🎉" * 281])
def test_echo_with_wrong_msg_is_422(client: httpx.Client, msg: Any) -> None:
    """A string of 1 to 280 code points, never coerced."""
    response = post(client, compact({"msg": msg}))

    assert response.status_code == 422
    assert response.content == invalid(WRONG_MSG)


@pytest.mark.parametrize("body", [b"{}", b'{"msg":"a","msg":1}'])
def test_echo_without_a_usable_msg_is_422(client: httpx.Client, body: bytes) -> None:
    """The member is required, and the last of a repeated name is the one that counts."""
    response = post(client, body)

    assert response.status_code == 422
    assert response.content == invalid(WRONG_MSG)


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("extra", "#/extra"),
        ("Msg", "#/Msg"),
        ("", "#/"),
        ("a/b", "#/a~1b"),
        ("m~n", "#/m~0n"),
        ("~1", "#/~01"),
        ("c%d", "#/c%25d"),
        ("e^f", "#/e%5Ef"),
        ('k"l', "#/k%22l"),
        (" ", "#/%20"),
        ("é", "#/%C3%A9"),
        ("a?b#c", "#/a?b%23c"),
        ("-._~!$&'()*+,;=:@", "#/-._~0!$&'()*+,;=:@"),
        ("[0]", "#/%5B0%5D"),
        ("\x00", "#/%00"),
    ],
)
def test_echo_with_another_member_is_422(client: httpx.Client, name: str, pointer: str) -> None:
    """It is named by its JSON pointer as a URI fragment (RFC 6901, section 6)."""
    response = post(client, compact({"msg": "a", name: 1}))

    assert response.status_code == 422
    assert response.content == invalid(no_member(pointer))


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
