"""`GET /healthz`: what the health checks ask."""

import httpx

from tests.contract.answers import HEALTHY


def test_healthz_answers_ok(client: httpx.Client) -> None:
    """The service is up when it can say so."""
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.content == HEALTHY
