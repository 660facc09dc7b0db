"""The two services as real processes on free ports, or at the URLs that are given."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import urlsplit

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 40


@dataclass(frozen=True)
class Target:
    """One of the two services at a URL; `server` is what its `Server` header must say."""

    name: str
    server: str
    url: str

    @property
    def address(self) -> tuple[str, int]:
        """Where to connect to."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 80


SERVERS = {"flask": "gunicorn", "fastapi": "uvicorn"}
COMMANDS = {"flask": [sys.executable, "-m", "flask_app"], "fastapi": [sys.executable, "-m", "fastapi_app"]}


@contextmanager
def running(name: str, *options: str, environ: Mapping[str, str] | None = None) -> Iterator[Target]:
    """Start a service on a free port in production form, and stop it afterwards."""
    port = free_port()
    # A file, not a pipe: nobody reads while it runs, and every thread that logs to a full pipe waits.
    with TemporaryFile("w+") as output:
        process = start([*COMMANDS[name], "--port", str(port), *options], environ, output=output)
        try:
            try:
                wait_until_it_answers(port, process)
            except RuntimeError as error:
                output.seek(0)
                raise RuntimeError(f"{error}{output.read()}") from None
            yield Target(name, SERVERS[name], f"http://127.0.0.1:{port}")
        finally:
            stop(process)


def start(
    command: list[str],
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    output: IO[str] | int = subprocess.PIPE,
) -> subprocess.Popen[str]:
    """Start a process in a session of its own, its output caught, none of our variables inherited."""
    own = {"HOST", "PORT", "THREADS", "WEB_CONCURRENCY", "LOG_LEVEL", "ACCESS_LOG"}
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    return subprocess.Popen(
        command,
        env={**inherited, **(environ or {})},
        cwd=directory,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def stop(process: subprocess.Popen[str]) -> str:
    """End a process that is still running and return what it wrote to its pipe, if it has one."""
    if process.poll() is None:
        process.terminate()
    try:
        output, _ = process.communicate(timeout=STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    return output or ""


def wait_until_it_answers(port: int, process: subprocess.Popen[str], host: str = "127.0.0.1") -> None:
    """Poll `/healthz`; fail at once, with its output, when the process has ended."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with status {process.returncode}:\n{stop(process)}")
        connection = HTTPConnection(host, port, timeout=1)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError(f"it did not answer within {START_TIMEOUT_S} s:\n{stop(process)}")


def free_port() -> int:
    """Find a port that nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
