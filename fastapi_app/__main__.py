"""Serve the FastAPI app in production form: `python -m fastapi_app`."""

import json
import os
import signal
import socket
import sys
from copy import deepcopy
from dataclasses import asdict
from typing import Any

from fastapi_app.health import is_healthy
from fastapi_app.settings import Settings, parse_settings


def main() -> None:
    """Do what the command line asks for."""
    settings = parse_settings(sys.argv[1:], os.environ)
    if settings.check:
        sys.exit(0 if is_healthy(settings) else 1)
    if settings.print_config:
        print(json.dumps(asdict(settings)))
        return
    claim_port(settings)
    serve(settings)


def claim_port(settings: Settings) -> None:
    """Exit with status 2 and one sentence where the server would fail to listen."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            place = f"{settings.host} port {settings.port}"
            sys.stderr.write(f"python -m fastapi_app: cannot listen on {place}: {error.strerror}\n")
            sys.exit(2)


def serve(settings: Settings) -> None:
    """Run uvicorn until a signal ends it."""
    import uvicorn

    # uvicorn raises the signal again when it has shut down; gunicorn ends with status 0, and so do we.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    factory = "create_development_app" if settings.reload else "create_app"
    log_config = deepcopy(uvicorn.config.LOGGING_CONFIG)
    # A line for a request does not depend on LOG_LEVEL, as with gunicorn, and begins without one.
    log_config["loggers"]["uvicorn.error"]["level"] = settings.log_level.upper()
    log_config["formatters"]["access"] = {"format": "%(message)s"}
    options = uvicorn_options(settings)
    uvicorn.run(f"fastapi_app.app:{factory}", factory=True, log_config=log_config, log_level=None, **options)


def uvicorn_options(settings: Settings) -> dict[str, Any]:
    """Say every setting of uvicorn that affects an answer or its speed."""
    return {
        "host": settings.host,
        "port": settings.port,
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "workers": settings.workers,
        "timeout_keep_alive": settings.keep_alive_s,
        "timeout_graceful_shutdown": settings.graceful_timeout_s,
        # No header of a proxy is believed.
        "proxy_headers": False,
        "reload": settings.reload,
        "access_log": settings.access_log,
    }


if __name__ == "__main__":
    main()
