"""Which answer wins when a request is wrong in several ways."""

import httpx
import pytest

from tests.contract.answers import (
    BAD_HOST,
)

LARGE = b"{".ljust(65537)
JSON = "application/json"


@pytest.mark.parametrize("sent", [b"/nowhere%FF", b"/?%FF", b"/nowhere", b"/echo"])
def test_a_host_that_is_none_is_answered_before_everything_else(client: httpx.Client, sent: bytes) -> None:
    """Whoever is not named cannot be asked for a path."""
    response = client.request("PUT", "/", headers={"host": "a b"}, extensions={"target": sent})

    assert (response.status_code, response.content) == (400, BAD_HOST)
