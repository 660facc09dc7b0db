"""How long a container takes from being created to its first answer, and what it has used by then."""

import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from loadtests.backends.cold_start import cold_started

SOCKET = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


@dataclass(frozen=True)
class Start:
    """One cold start: seconds from creating the container to a 200; CPU seconds and bytes used by then."""

    took_s: float
    cpu_s: float
    memory_bytes: int


def starts(ports: Mapping[str, int], rounds: int) -> dict[str, list[Start]]:
    """Start a container of each image in every round, in turning order, one at a time.

    `ports` says for each image where its service listens inside.
    """
    found: dict[str, list[Start]] = {image: [] for image in ports}
    for number in range(rounds):
        for image in _turned(list(ports), number):
            found[image].append(_start(image, ports[image]))
    return found


def _turned(images: Sequence[str], number: int) -> Sequence[str]:
    """Go forth and back, so that whatever drifts meets all alike."""
    return images if number % 2 == 0 else images[::-1]


def _start(image: str, port: int) -> Start:
    name = f"cold-start-{uuid.uuid4().hex[:12]}"
    with cold_started(name, image, port) as started:
        used = _used(name)
    return Start(started.seconds, used["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9, _memory_bytes(used))


def _used(container: str) -> dict[str, Any]:
    with httpx.Client(transport=httpx.HTTPTransport(uds=SOCKET), base_url="http://docker") as engine:
        answer = engine.get(f"/containers/{container}/stats", params={"stream": "false", "one-shot": "true"})
        used: dict[str, Any] = answer.raise_for_status().json()
        return used


def _memory_bytes(used: Mapping[str, Any]) -> int:
    """Leave out file pages that nobody uses any more, as `docker stats` does; cgroups 1 and 2 differ."""
    memory = used["memory_stats"]
    unused = memory["stats"].get("total_inactive_file", memory["stats"].get("inactive_file", 0))
    return int(memory["usage"] - unused)
