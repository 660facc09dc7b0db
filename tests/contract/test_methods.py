"""HEAD, OPTIONS and the methods that a path does not have."""

import httpx
import pytest

from tests.contract.answers import ALLOW_GET, ALLOW_POST, METHOD_NOT_ALLOWED

ALLOW = {"/": ALLOW_GET, "/wait": ALLOW_GET, "/echo": ALLOW_POST, "/healthz": ALLOW_GET}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]
REFUSED = [(path, method) for path, allow in ALLOW.items() for method in METHODS if method not in allow]

# The date may tick between two answers.
VOLATILE = {"date"}


@pytest.mark.parametrize("path", ["/", "/wait?ms=1", "/wait", "/wait?ms=x", "/healthz", "/nowhere", "/%FF"])
def test_head_answers_like_get_without_the_body(client: httpx.Client, path: str) -> None:
    """The same status and headers (RFC 9110, section 9.3.2), for problems too."""
    get, head = client.get(path), client.head(path)

    assert head.status_code == get.status_code
    assert head.content == b""
    assert {k: v for k, v in head.headers.items() if k not in VOLATILE} == {
        k: v for k, v in get.headers.items() if k not in VOLATILE
    }


@pytest.mark.parametrize(("path", "allow"), ALLOW.items())
def test_options_lists_the_methods(client: httpx.Client, path: str, allow: str) -> None:
    """204 with `Allow`, complete and sorted, and nothing about content."""
    response = client.options(path)

    assert response.status_code == 204
    assert response.headers["allow"] == allow
    assert response.content == b""
    assert "content-type" not in response.headers
    assert "content-length" not in response.headers


def test_options_ignores_the_query(client: httpx.Client) -> None:
    """What GET would refuse does not matter to OPTIONS."""
    assert client.options("/wait?ms=x").status_code == 204


@pytest.mark.parametrize(("path", "method"), REFUSED)
def test_another_method_is_405(client: httpx.Client, path: str, method: str) -> None:
    """A known path says which methods it has (RFC 9110, section 15.5.6)."""
    response = client.request(method, path)

    assert response.status_code == 405
    assert response.headers["allow"] == ALLOW[path]
    assert response.content == (b"" if method == "HEAD" else METHOD_NOT_ALLOWED)


def test_method_override_is_ignored(client: httpx.Client) -> None:
    """The request line alone says what the method is."""
    assert client.get("/", headers={"x-http-method-override": "DELETE"}).status_code == 200
