"""The compose file's gateway profile on free ports: nginx, and replicas of both services behind it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.integration.containers.engine import docker, run, wait_until
from tests.integration.containers.health import answers
from tests.parity.engine.exchange import Address

PORTS = {"flask": 8300, "fastapi": 8301}


class Gateway:
    """The profile while it is up."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._command, self._environment = command, environment
        (self.id,) = self.containers("gateway")

    def containers(self, service: str) -> list[str]:
        """Return the ids of a service's containers."""
        return run([*self._command, "ps", "--quiet", service], self._environment).split()

    def address(self, service: str) -> Address:
        """Say where a service is reached through the gateway."""
        host, port = docker("port", self.id, str(PORTS[service])).split(":")
        return host, int(port)

    def url(self, service: str) -> str:
        """Say the same as a URL."""
        return "http://{}:{}".format(*self.address(service))

    def await_answer(self, service: str) -> None:
        """Wait until a service answers through the gateway."""
        url = self.url(service)
        wait_until(lambda: answers(url), f"{service} answers at {url}", within_s=30)

    def restart(self) -> None:
        """Let nginx look up the replicas again: it asks for names when it starts."""
        docker("restart", "--time", "1", self.id)


@contextmanager
def up(replicas: dict[str, int], *options: str) -> Iterator[Gateway]:
    """Bring the profile up with so many replicas of each service; the options are those of `compose up`."""
    command = ["docker", "compose", "--env-file", ".env.example", "--profile", "gateway"]
    command += ["--project-name", f"gateway-test-{os.getpid()}"]
    names = ("FLASK_PORT", "FASTAPI_PORT", "GATEWAY_FLASK_PORT", "GATEWAY_FASTAPI_PORT")
    environment = dict.fromkeys(names, "0")
    scale = [word for name, number in replicas.items() for word in ("--scale", f"{name}={number}")]
    try:
        run([*command, "up", "--detach", *options, *scale, "flask", "fastapi", "gateway"], environment)
        gateway = Gateway(command, environment)
        for service in PORTS:
            gateway.await_answer(service)
        yield gateway
    finally:
        run([*command, "down", "--volumes", "--timeout", "5"], environment)
