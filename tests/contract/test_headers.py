"""Request headers that must not matter."""

import httpx
import pytest

from tests.contract.answers import NOT_FOUND, SUCCESS, UNSUPPORTED_MEDIA_TYPE

HOSTS = [
    b"",
    b".",
    b"..",
    b"a..b",
    b"a" * 64 + b".example",
    b"xn--a",
    b"[",
    b"a b",
    b"a/b",
    b":80",
    b"*",
    b"\xe9",
]
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


@pytest.mark.parametrize("host", HOSTS)
def test_index_for_any_host_answers(client: httpx.Client, host: bytes) -> None:
    """The service has no names of its own; a host that is no domain name is not its business."""
    response = client.get("/", headers=httpx.Headers([(b"Host", host)]))

    assert (response.status_code, response.content) == (200, SUCCESS)


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
