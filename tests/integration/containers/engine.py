"""The Docker command line as the tests speak it; must not know what the images are."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).parents[3]


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run a command in the repository and return what it printed; fail with its own words if it fails."""
    result = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=900,
    )
    if result.returncode != 0:
        pytest.fail(
            f"{' '.join(command)}: exit {result.returncode}\n{result.stdout}{result.stderr}", pytrace=False
        )
    return result.stdout.strip()


def succeeds(*command: str) -> bool:
    """Whether the command is there and ends with 0."""
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except FileNotFoundError:
        return False


def docker(*arguments: str) -> str:
    """Run `docker` and return what it printed."""
    return run(["docker", *arguments])


def inspect(thing: str) -> dict[str, Any]:
    """Return what the engine knows about a container or an image."""
    found: list[dict[str, Any]] = json.loads(docker("inspect", thing))
    return found[0]


def python(image: str, code: str) -> str:
    """Run Python code in a new container of the image and return what it printed."""
    return docker("run", "--rm", "--entrypoint", "python", image, "-c", code)


def wait_until(reached: Callable[[], bool], what: str, within_s: float) -> None:
    """Ask until the answer is yes, and fail naming `what` if it is still no at the deadline."""
    deadline = time.monotonic() + within_s
    while not reached():
        if time.monotonic() > deadline:
            pytest.fail(f"Not within {within_s} s: {what}.", pytrace=False)
        time.sleep(0.1)


def unavailable(reason: str) -> NoReturn:
    """Skip for the reason given; in CI, where everything must be there, fail for it."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
