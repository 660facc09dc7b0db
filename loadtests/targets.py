"""The two services as load sees them; knows no framework and sends nothing."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A service at a URL; `server` is what its `Server` header must say, so that nobody else is measured."""

    name: str
    title: str
    server: str
    url: str


def targets(environ: Mapping[str, str]) -> tuple[Target, Target]:
    """Return control and candidate, at FLASK_URL and FASTAPI_URL or on their usual ports of this machine."""
    flask_url = environ.get("FLASK_URL") or "http://127.0.0.1:1300"
    fastapi_url = environ.get("FASTAPI_URL") or "http://127.0.0.1:1301"
    return (
        Target("flask", "Flask", "gunicorn", flask_url.rstrip("/")),
        Target("fastapi", "FastAPI", "uvicorn", fastapi_url.rstrip("/")),
    )
