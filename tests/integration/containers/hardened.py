"""A container of one image with no more rights than a service needs; must not know which service."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.integration.containers.engine import docker, inspect

# What the compose file gives, and less.
HARDENED = (
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--pids-limit=64",
    "--memory=128m",
    "--memory-swap=128m",
)


@dataclass(frozen=True)
class Running:
    """One container, by its id, and where the engine says that its port is to be reached."""

    id: str
    image: str
    address: str

    @property
    def url(self) -> str:
        """Where its service answers."""
        return f"http://{self.address}"

    def python(self, code: str) -> str:
        """Run Python code inside and return what it printed."""
        return docker("exec", self.id, "python", "-c", code)


@contextmanager
def running(image: str, port: int, *options: str) -> Iterator[Running]:
    """Start a container on a port that the engine chooses, and remove it afterwards."""
    id = docker("run", "--detach", *options, "--publish", f"127.0.0.1::{port}", image)
    try:
        yield Running(id, inspect(id)["Image"], docker("port", id, str(port)))
    finally:
        docker("rm", "--force", id)
