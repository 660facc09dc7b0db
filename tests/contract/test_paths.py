"""Which paths are served; which are not stands in tests/parity/corpus/paths.yaml."""

import httpx
import pytest

from tests.contract.answers import SUCCESS


def get(client: httpx.Client, sent: bytes) -> httpx.Response:
    """Send the target as it is; httpx would tidy it up."""
    return client.get("/", extensions={"target": sent})


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
