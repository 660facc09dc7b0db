"""The images, built from this tree, and the compose file brought up from exactly them."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from shutil import which
from typing import Any

import pytest

from tests.integration.containers.engine import ROOT, docker, inspect, run, succeeds, unavailable, wait_until
from tests.integration.containers.health import answers

# As the compose file names the images, and the two that have a shell beside them.
TARGETS = {
    "flask": "flask-app",
    "fastapi": "fastapi-app",
    "flask-debug": "flask-app-debug",
    "fastapi-debug": "fastapi-app-debug",
    "locust": "locust-load",
    "tests": "contract-tests",
}
PORTS = {"flask": 1300, "fastapi": 1301, "locust": 8089}
# Compose v1 is tried wherever it is installed; v2 must be there.
COMPOSE_COMMANDS = ["docker compose", *(["docker-compose"] if which("docker-compose") else [])]


@dataclass(frozen=True)
class Container:
    """One running service of the compose file."""

    service: str
    id: str

    @cached_property
    def url(self) -> str:
        """Where the service answers on this machine."""
        return f"http://{docker('port', self.id, str(PORTS[self.service]))}"

    def python(self, code: str) -> str:
        """Run Python code inside and return what it printed."""
        return docker("exec", self.id, "python", "-c", code)

    def state(self) -> dict[str, Any]:
        """Return everything the engine knows about it now."""
        return inspect(self.id)


@pytest.fixture(scope="session")
def base_image() -> str:
    """Return the name of the image that the Dockerfile starts from; say which command is missing if it is."""
    if not succeeds("docker", "info"):
        unavailable("Container tests need a Docker engine that answers: run .ci/engine as root.")
    line = re.search(r"^ARG BASE=(\S+)$", (ROOT / "docker/Dockerfile").read_text(), re.MULTILINE)
    assert line
    if not succeeds("docker", "image", "inspect", line[1]):
        unavailable(
            f"Container tests need the base image {line[1]}: run .ci/base-image (pulls it or makes it)."
        )
    return line[1]


@pytest.fixture(scope="session")
def images(base_image: str) -> dict[str, str]:
    """Build every image from this tree, all at once; return their ids by target."""
    build = ["docker", "build", "--quiet", "--file", "docker/Dockerfile", "--build-arg", f"BASE={base_image}"]
    commands = [[*build, "--target", target, "--tag", name, "."] for target, name in TARGETS.items()]
    with ThreadPoolExecutor(len(commands)) as pool:
        return dict(zip(TARGETS, pool.map(run, commands), strict=True))


@pytest.fixture(scope="session", params=COMPOSE_COMMANDS)
def stack(request: pytest.FixtureRequest, images: dict[str, str]) -> Iterator[dict[str, Container]]:
    """Bring the compose file up, on free ports, by each Compose there is; return its containers."""
    command: list[str] = request.param.split()
    if not succeeds(*command, "version"):
        unavailable(f"Container tests need `{request.param}`: run .ci/compose.")
    assert images
    # The documented defaults are tested, not a .env of this machine; port 0 lets the engine choose.
    command += ["--env-file", ".env.example", "--project-name", f"containers-test-{os.getpid()}"]
    free = {f"{service.upper()}_PORT": "0" for service in PORTS}
    try:
        run([*command, "up", "--detach", "--no-build"], free)
        ids = {service: run([*command, "ps", "--quiet", service], free) for service in PORTS}
        yield {service: Container(service, id) for service, id in ids.items()}
    finally:
        run([*command, "down", "--volumes", "--timeout", "5"], free)


@pytest.fixture(params=["flask", "fastapi"])
def app(request: pytest.FixtureRequest, stack: dict[str, Container]) -> Container:
    """Return each of the two services in turn."""
    container = stack[request.param]
    wait_until(lambda: answers(container.url), f"{request.param} answers at {container.url}", within_s=30)
    return container
