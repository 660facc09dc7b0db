"""Which paths are served, and which are not."""

import httpx
import pytest

from tests.contract.answers import BAD_TARGET, NOT_FOUND, SUCCESS


def get(client: httpx.Client, sent: bytes, method: str = "GET") -> httpx.Response:
    """Send the target as it is; httpx would tidy it up."""
    return client.request(method, "/", extensions={"target": sent})


@pytest.mark.parametrize("sent", [b"/?", b"/?x", b"/?%20", b"/?%C3%A9", b"/?//", b"/?/healthz"])
def test_the_root_is_found_whatever_the_query(client: httpx.Client, sent: bytes) -> None:
    """The query is no part of the path."""
    response = get(client, sent)

    assert response.status_code == 200
    assert response.content == SUCCESS


@pytest.mark.parametrize("sent", [b"/%68ealthz", b"/health%7A", b"/health%7a", b"/%68%65%61%6c%74%68%7a"])
def test_a_path_is_matched_after_percent_decoding(client: httpx.Client, sent: bytes) -> None:
    """RFC 3986, section 2.3: these are the same path."""
    assert get(client, sent).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"/nowhere",
        b"/index",
        b"/Echo",
        b"/healthz/",
        b"/wait/?ms=1",
        b"//",
        b"//healthz",
        b"///healthz",
        b"/healthz//",
        b"/%2Fhealthz",
        b"/%2F",
        b"/healthz%2F",
        b"/healthz%0A",
        b"/healthz%0D",
        b"/healthz%00",
        b"/healthz%20",
        b"/%20healthz",
        b"/healthz;v=1",
        b"/healthz.json",
        b"/./healthz",
        b"/x/../healthz",
        b"/%2e/healthz",
        b"/wait%3Fms=1",
        b"/healthz%23",
        b"/%2568ealthz",
        b"/health%7",
        b"/%zz",
        b"/%C3%A9",
        b"/%F0%9F%8E%89",
        b"/openapi.json",
        b"/docs",
        b"/redoc",
        b"/static/x",
        b"/favicon.ico",
    ],
)
def test_any_other_path_is_404(client: httpx.Client, sent: bytes) -> None:
    """Exact match: no redirect, no merged slashes, no tidying up."""
    response = get(client, sent)

    assert response.status_code == 404
    assert response.content == NOT_FOUND


@pytest.mark.parametrize(
    "sent",
    [b"/%FF", b"/healthz%FF", b"/%C3", b"/%ED%A0%80", b"/%C0%AF", b"/?%FF", b"/?x=%C3", b"/wait?ms=%FF"],
)
def test_a_target_that_is_not_utf8_is_400(client: httpx.Client, sent: bytes) -> None:
    """The path and the query are UTF-8 once their percent-encoding is undone."""
    response = get(client, sent)

    assert response.status_code == 400
    assert response.content == BAD_TARGET
