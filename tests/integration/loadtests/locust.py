"""Locust as a process of its own, driven through the HTTP interface of its page."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.services import free_port, start, stop

COMMAND = [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py"]
TIMEOUT_S = 60


def wait_until(what: str, holds: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> None:
    """Poll until it holds.

    Raises:
        AssertionError: it does not in time.
    """
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.02)


@dataclass(frozen=True)
class Page:
    """The page of a running Locust."""

    client: httpx.Client
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return str(self.client.base_url)

    def start(self, *user_classes: str, users: int = 2, **fields: str) -> None:
        """Press the page's start button with these fields."""
        form = {
            "user_count": str(users),
            "spawn_rate": str(users),
            "user_classes": list(user_classes),
            **fields,
        }
        answer = self.client.post("/swarm", data=form).raise_for_status().json()
        assert answer["success"], answer

    def stop(self) -> None:
        """Press the page's stop button and wait until every user has ended."""
        self.client.post("/stop").raise_for_status()
        wait_until("Locust has stopped", lambda: self.requests()["state"] == "stopped")

    def requests(self) -> dict[str, Any]:
        """Return the page's statistics."""
        found: dict[str, Any] = self.client.get("/stats/requests").raise_for_status().json()
        return found

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the table's rows by name, without the sum."""
        return {row["name"]: row for row in self.requests()["stats"] if row["name"] != "Aggregated"}


@contextmanager
def locust_page(flask_url: str, fastapi_url: str, **environ: str) -> Iterator[Page]:
    """Run Locust with the class picker on a free port."""
    port = free_port()
    command = [*COMMAND, "--class-picker", "--web-host", "127.0.0.1", "--web-port", str(port)]
    process = start(command, {"FLASK_URL": flask_url, "FASTAPI_URL": fastapi_url, **environ})
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            wait_until("Locust's page answers", lambda: _answers(client, process))
            yield Page(client, process)
    finally:
        stop(process)


def run_headless(
    environ: Mapping[str, str], *options: str, seconds: int = 2
) -> subprocess.CompletedProcess[str]:
    """Run Locust without its page; its status is 1 when a request has failed."""
    command = [
        *COMMAND,
        "--headless",
        "--users",
        "4",
        "--spawn-rate",
        "4",
        "--run-time",
        f"{seconds}s",
        *options,
    ]
    process = start(command, environ)
    try:
        output, _ = process.communicate(timeout=TIMEOUT_S)
    finally:
        stop(process)
    return subprocess.CompletedProcess(command, process.returncode, output)


def _answers(client: httpx.Client, process: subprocess.Popen[str]) -> bool:
    assert process.poll() is None, f"Locust has ended:\n{stop(process)}"
    try:
        return client.get("/").is_success
    except httpx.TransportError:
        return False
