"""The Docker command line, spoken so that nothing it starts is lost sight of; knows no target."""

import json
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.errors import Refusal

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class Container:
    """One container, as the engine described it when it was up."""

    id: str
    image: str
    """Its id, which stays the same when a name is given to another image."""
    pid: int
    """Of its first process, in the engine's eyes."""
    addresses: dict[str, str]
    """Where its ports are published on this machine, by their names (`1300/tcp`)."""
    environ: dict[str, str]
    cpus: float | None
    """How many cores' time it may use; None without a limit, as below."""
    memory_bytes: int | None
    cpuset: str | None

    @property
    def options(self) -> list[str]:
        """What `docker run` must be told for another container with the same limits and environment."""
        options = ["--read-only", "--tmpfs", "/tmp"]  # noqa: S108  # in the container
        options += ["--cpus", f"{self.cpus:g}"] if self.cpus else []
        options += ["--memory", str(self.memory_bytes)] if self.memory_bytes else []
        options += ["--cpuset-cpus", self.cpuset] if self.cpuset else []
        for name, value in self.environ.items():
            options += ["--env", f"{name}={value}"]
        return options


def inspect(name: str) -> Container:
    """Ask the engine about a container that runs."""
    found = json.loads(docker("container", "inspect", name))[0]
    host, config = found["HostConfig"], found["Config"]
    return Container(
        id=found["Id"],
        image=found["Image"],
        pid=found["State"]["Pid"],
        addresses={
            port: f"{EVERYWHERE.get(places[0]['HostIp'], places[0]['HostIp'])}:{places[0]['HostPort']}"
            for port, places in found["NetworkSettings"]["Ports"].items()
            if places
        },
        environ=dict(variable.split("=", 1) for variable in config["Env"] if "=" in variable),
        cpus=_cpus(host),
        memory_bytes=host["Memory"] or None,
        cpuset=host["CpusetCpus"] or None,
    )


def image_bytes(image: str) -> int:
    """Return the size of an image, the layers that it shares with others included."""
    size: int = json.loads(docker("image", "inspect", image))[0]["Size"]
    return size


def docker(*arguments: str, root: Path | None = None, text: str | None = None) -> str:
    """Run `docker` to its end, whatever interrupts us meanwhile, and return what it printed.

    Raises:
        Refusal: it is not there, or failed; with its own words.
    """
    # In a thread, which no signal interrupts and the end of the block waits for: once the engine was asked
    # it does as it was told, and only when it has, can it be undone.
    with ThreadPoolExecutor(1) as pool:
        status, output, errors = pool.submit(_ended, arguments, root, text).result()
    if status != 0:
        said = errors.strip().splitlines()
        raise Refusal(f"`docker {' '.join(arguments)}` failed: {said[-1] if said else status}")
    return output


def _ended(arguments: Sequence[str], root: Path | None, text: str | None) -> tuple[int, str, str]:
    process = begin(arguments, root)
    output, errors = process.communicate(text)
    return process.returncode, output, errors


def begin(arguments: Sequence[str], root: Path | None = None) -> "subprocess.Popen[str]":
    """Start `docker` in a session of its own, so that Ctrl-C reaches us alone.

    Raises:
        Refusal: it is not there.
    """
    try:
        return subprocess.Popen(
            ["docker", *arguments],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    except OSError as error:
        raise Refusal(f"The containers need Docker: docker: {error.strerror}.") from None


def _cpus(host: dict[str, Any]) -> float | None:
    """Read the limit in either of the forms in which it can be given."""
    if host["NanoCpus"]:
        return float(host["NanoCpus"]) / 1e9
    if host["CpuQuota"] > 0:
        return float(host["CpuQuota"]) / (host["CpuPeriod"] or 100_000)
    return None
