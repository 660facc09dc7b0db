"""Serve the Flask app in production form: `python -m flask_app`."""

import json
import os
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flask_app.health import is_healthy
from flask_app.settings import Settings, parse_settings


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
            sys.stderr.write(f"python -m flask_app: cannot listen on {place}: {error.strerror}\n")
            sys.exit(2)


def serve(settings: Settings) -> None:
    """Run gunicorn until a signal ends it."""
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
        def load_config(self) -> None:
            for name, value in gunicorn_options(settings).items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            # In each worker, so that `--reload` sees every change.
            from flask_app.app import create_app

            return create_app()

    Server().run()


def gunicorn_options(settings: Settings) -> dict[str, Any]:
    """Say every setting of gunicorn that affects an answer or its speed."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    shared_memory = Path("/dev/shm")  # noqa: S108  # heartbeats on a disk can stall a worker
    return {
        "bind": f"{host}:{settings.port}",
        # gthread, because `sync` has no keep-alive and would measure TCP connections.
        "worker_class": "gthread",
        "workers": settings.workers,
        "threads": settings.threads,
        "keepalive": settings.keep_alive_s,
        "graceful_timeout": settings.graceful_timeout_s,
        # The parser in Python, also where gunicorn's faster one happens to be installed: they do not agree on
        # everything, and the parity suite has looked at this one.
        "http_parser": "python",
        "limit_request_line": 8190,
        # uvicorn has no limits on headers, so none would be the same: gunicorn's own, which protect a thread.
        "limit_request_fields": 100,
        "limit_request_field_size": 8190,
        # No header of a proxy is believed: gunicorn would let SCRIPT_NAME change the path.
        "forwarded_allow_ips": "",
        "worker_tmp_dir": str(shared_memory) if shared_memory.is_dir() else None,
        "control_socket_disable": True,
        "reload": settings.reload,
        "accesslog": "-" if settings.access_log else None,
        "access_log_format": '%(h)s:%({remote_port}e)s - "%(r)s" %(s)s',  # uvicorn's
        "loglevel": settings.log_level,
    }


if __name__ == "__main__":
    main()
