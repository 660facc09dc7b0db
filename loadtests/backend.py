"""Where the two targets run: as local processes, in containers, or at URLs that somebody else looks after."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import httpx
import psutil

from loadtests.errors import Refusal
from loadtests.processes import Processes, cpu_s
from loadtests.targets import Target

START_TIMEOUT_S = 30
CONTAINER_PORTS = {"flask": 1300, "fastapi": 1301}


class Backend(Protocol):
    """Runs the targets and knows what they cost."""

    def start(self, targets: tuple[Target, Target]) -> tuple[Target, Target]:
        """Bring both up and return them at their real URLs; raise Refusal where that fails."""

    def cpu_s(self, target: Target) -> float | None:
        """Return the CPU seconds that the target has used since it began; None where that cannot be seen."""

    def stop(self) -> None:
        """End what `start` began and nothing else."""


class ProcessBackend:
    """`python -m flask_app` and `python -m fastapi_app` on this machine, both on the same core."""

    def __init__(self, processes: Processes, core: int | None, ports: Sequence[int], logs: Path) -> None:
        self._processes = processes
        self._core = core
        self._ports = ports
        self._logs = logs
        self._pids: dict[str, int] = {}

    def start(self, targets: tuple[Target, Target]) -> tuple[Target, Target]:
        """Start each on its port; 0 stands for any free one."""
        control, candidate = (self._start(*pair) for pair in zip(targets, self._ports, strict=True))
        return control, candidate

    def _start(self, target: Target, port: int) -> Target:
        port = port or free_port()
        target = replace(target, url=f"http://127.0.0.1:{port}")
        log = self._logs / f"{target.name}.log"
        with log.open("wb") as output:
            process = self._processes.start(
                [sys.executable, "-m", f"{target.name}_app", "--host", "127.0.0.1", "--port", str(port)],
                core=self._core,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        await_answer(target, START_TIMEOUT_S, process, log)
        self._pids[target.name] = process.pid
        return target

    def cpu_s(self, target: Target) -> float | None:
        """Sum over the process and its workers."""
        return cpu_s(self._pids[target.name])

    def stop(self) -> None:
        """Nothing to do: the processes end with their owner."""


class ComposeBackend:
    """The services of compose.yaml; those that were not running are started, and stopped afterwards."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._undo: list[str] = []
        self._pids: dict[str, int | None] = {}

    def start(self, targets: tuple[Target, Target]) -> tuple[Target, Target]:
        """Bring up what is missing; images that exist are taken as they are."""
        running = self._compose("ps", "--services", "--filter", "status=running").split()
        missing = [target.name for target in targets if target.name not in running]
        if missing:
            # Noted before it happens, so that an interruption is undone, too. Others there are left alone.
            self._undo = ["rm", "--stop", "--force", *missing] if running else ["down"]
            self._compose("up", "--detach", *missing)
        control, candidate = (self._find(target) for target in targets)
        return control, candidate

    def _find(self, target: Target) -> Target:
        address = self._compose("port", target.name, str(CONTAINER_PORTS[target.name])).strip()
        target = replace(target, url=f"http://{address.replace('0.0.0.0', '127.0.0.1')}")
        await_answer(target, START_TIMEOUT_S)
        container = self._compose("ps", "--quiet", target.name).strip()
        inspected = json.loads(_run(["docker", "inspect", container], self._root))
        self._pids[target.name] = _visible(inspected[0]["State"]["Pid"], target)
        return target

    def cpu_s(self, target: Target) -> float | None:
        """Sum over the container's processes, where the engine runs on this machine."""
        pid = self._pids[target.name]
        return None if pid is None else cpu_s(pid)

    def stop(self) -> None:
        """Stop and remove the containers that we started."""
        if self._undo:
            self._compose(*self._undo)

    def _compose(self, *arguments: str) -> str:
        return _run(["docker", "compose", *arguments], self._root)


class UrlBackend:
    """Services that already run; what they cost cannot be seen."""

    def start(self, targets: tuple[Target, Target]) -> tuple[Target, Target]:
        """Only look whether they answer."""
        for target in targets:
            await_answer(target, timeout_s=0)
        return targets

    def cpu_s(self, target: Target) -> float | None:  # noqa: ARG002  # the protocol's signature
        """Not known here."""
        return None

    def stop(self) -> None:
        """Nothing was started."""


def await_answer(
    target: Target,
    timeout_s: float,
    process: subprocess.Popen[bytes] | None = None,
    log: Path | None = None,
) -> None:
    """Ask `/healthz` until the right server answers.

    Raises:
        Refusal: it has not in time, its process ended, or another server answers.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            answer = httpx.get(f"{target.url}/healthz", timeout=2, trust_env=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
        else:
            server = answer.headers.get("server")
            if server != target.server:
                raise Refusal(
                    f"{target.url} is not {target.title}: "
                    f"its Server header is {server!r}, not {target.server!r}."
                )
            if answer.status_code == 200:
                return
            reason = f"/healthz has status {answer.status_code}"
        if process and process.poll() is not None:
            said = log.read_text(errors="replace").strip().splitlines() if log else []
            raise Refusal(f"{target.title} did not start: {said[-1] if said else process.returncode}")
        if time.monotonic() >= deadline:
            raise Refusal(f"{target.title} does not answer at {target.url} ({reason}).")
        time.sleep(0.05)


def free_port() -> int:
    """Find a port that nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _run(command: list[str], root: Path) -> str:
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=os.environ)
    except OSError as error:
        raise Refusal(f"The containers need Docker: {command[0]}: {error.strerror}.") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Refusal(f"`{' '.join(command)}` failed: {said[-1] if said else done.returncode}")
    return done.stdout


def _visible(pid: int, target: Target) -> int | None:
    """Return the process id if it is the container's here too, and not in some virtual machine."""
    try:
        command = psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError):
        return None
    return pid if any(f"{target.name}_app" in word for word in command) else None
