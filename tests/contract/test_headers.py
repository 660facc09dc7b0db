"""Host, which must name a host, and request headers that must not matter."""

import socket

import httpx
import pytest

from tests.contract.answers import BAD_HOST, NOT_FOUND, SUCCESS, UNSUPPORTED_MEDIA_TYPE
from tests.contract.wire import read_response
from tests.services import Target

PROXIED: list[dict[str, str]] = [
    {"SCRIPT_NAME": "/wait"},
    {"PATH_INFO": "/wait"},
    {"X-Forwarded-Ssl": "on", "X-Forwarded-Proto": "http"},
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Prefix": "/wait", "X-Forwarded-Host": "..", "X-Forwarded-For": "x"},
]
# What others answer with a page, with 206, 304 or 412, with a coded body, or with headers of their own.
OBEYED_ELSEWHERE = [
    {"Accept": "text/html"},
    {"Accept": "application/xml, */*;q=0"},
    {"Accept-Encoding": "gzip, br, identity;q=0"},
    {"If-Match": '"x"'},
    {"If-None-Match": "*"},
    {"Origin": "http://example.org"},
    {"Range": "bytes=0-0"},
]


def test_index_without_a_host_is_400_but_in_http_1_0(target: Target) -> None:
    """Only HTTP/1.1 demands the header; an invalid one is refused in HTTP/1.0 as well."""
    assert answer(target, b"GET / HTTP/1.1\r\n\r\n") == (400, BAD_HOST)
    assert answer(target, b"GET / HTTP/1.0\r\n\r\n") == (200, SUCCESS)
    assert answer(target, b"GET / HTTP/1.0\r\nHost: a b\r\n\r\n") == (400, BAD_HOST)


def answer(target: Target, request: bytes) -> tuple[int, bytes]:
    """Send a request on a connection of its own."""
    with socket.create_connection(target.address, timeout=10) as connection:
        connection.sendall(request)
        return read_response(connection)


@pytest.mark.parametrize("headers", PROXIED, ids=lambda headers: ", ".join(headers))
def test_index_with_a_proxys_headers_answers(client: httpx.Client, headers: dict[str, str]) -> None:
    """Nobody is believed to be a proxy, not even a client on the same machine."""
    response = client.get("/", headers=headers)

    assert (response.status_code, response.content) == (200, SUCCESS)


@pytest.mark.parametrize(("path", "status", "answer"), [("/", 200, SUCCESS), ("/nowhere", 404, NOT_FOUND)])
@pytest.mark.parametrize("headers", OBEYED_ELSEWHERE, ids=lambda headers: ": ".join(*headers.items()))
def test_headers_that_others_obey_change_nothing(
    client: httpx.Client, headers: dict[str, str], path: str, status: int, answer: bytes
) -> None:
    """No negotiation, no conditions, no ranges, no origins: neither a success nor a problem changes."""
    response = client.get(path, headers=headers)

    assert (response.status_code, response.content) == (status, answer)


@pytest.mark.parametrize(
    "media_type", [b"application/json\xa0", b"\xa0application/json", b"application/json\x85"]
)
def test_echo_with_other_whitespace_around_the_media_type_is_415(
    client: httpx.Client, media_type: bytes
) -> None:
    """Only space and tab may stand around it (RFC 9110, section 5.6.3), not what Unicode takes for space."""
    headers = httpx.Headers([(b"Content-Type", media_type)])

    response = client.post("/echo", content=b'{"msg":"a"}', headers=headers)

    assert (response.status_code, response.content) == (415, UNSUPPORTED_MEDIA_TYPE)
