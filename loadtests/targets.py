"""The two services as load sees them; knows no framework and sends nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Target:
    """A service at a URL.

    `server` is what its `Server` header must say, so that nobody else is measured; None: anything will do.
    """

    name: str
    """Unique in a comparison, where two instances of one service may be compared."""
    title: str
    server: str | None
    url: str
    service: str = ""
    """Which of our services this is an instance of; empty for services of one's own."""


def targets(environ: Mapping[str, str]) -> tuple[Target, Target]:
    """Return control and candidate, at FLASK_URL and FASTAPI_URL or on their usual ports of this machine."""
    flask_url = environ.get("FLASK_URL") or "http://127.0.0.1:1300"
    fastapi_url = environ.get("FASTAPI_URL") or "http://127.0.0.1:1301"
    return (
        Target("flask", "Flask", "gunicorn", flask_url.rstrip("/"), "flask"),
        Target("fastapi", "FastAPI", "uvicorn", fastapi_url.rstrip("/"), "fastapi"),
    )


def second_instance(target: Target) -> Target:
    """Return another instance of the same service, which has yet to be started."""
    return replace(target, name=f"{target.name}-again", title=f"{target.title} (again)")


def address(url: str) -> tuple[str, int]:
    """Return host and port of an http:// URL.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"{url} is no http:// URL")
    return parts.hostname, parts.port or 80


def authority(url: str) -> str:
    """Return what the Host header says for an http:// URL."""
    host, port = address(url)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
