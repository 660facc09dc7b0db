"""Whether a service answers, wherever it runs."""

import httpx


def answers(url: str) -> bool:
    """Whether it says at this address that it is healthy."""
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
