"""The targets as processes of this machine, all on the same core."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from loadtests.backends import Usage, configuration
from loadtests.backends.cgroup import Cgroup
from loadtests.backends.facts import collect
from loadtests.backends.health import START_TIMEOUT_S, await_answer, free_port, seconds_to_answer
from loadtests.backends.tree import Tree
from loadtests.host.processes import Processes
from loadtests.results import Facts
from loadtests.targets import Target, address


class ProcessBackend:
    """A command for each target, by its name; the command's last word is the package that it serves.

    `--host` and `--port` are added to it. A port of 0, or none, stands for any free one. What
    they say is kept in `logs`, a file for each; `environ` is added to the environment of each.
    """

    def __init__(
        self,
        processes: Processes,
        core: int | None,
        commands: Mapping[str, Sequence[str]],
        ports: Mapping[str, int],
        logs: Path,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._processes = processes
        self._core = core
        self._commands = commands
        self._ports = ports
        self._logs = logs
        # A line for each request is never part of what is measured, whatever the shell says.
        self._environ = {"ACCESS_LOG": "0", **(environ or {})}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._trees: dict[str, Tree] = {}
        self._cgroups: dict[str, Cgroup] = {}

    def start(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """Start one after the other."""
        return tuple(self._start(target) for target in targets)

    def renew(self, targets: Sequence[Target]) -> bool:
        """End each process and start another at the same port."""
        for target in targets:
            self._processes.end(self._running.pop(target.name))
            self._start_at(address(target.url)[1], target)
        return True

    def _start(self, target: Target) -> Target:
        port = self._ports.get(target.name) or free_port()
        return self._start_at(port, replace(target, url=f"http://127.0.0.1:{port}"))

    def _start_at(self, port: int, target: Target) -> Target:
        log = self._logs / f"{target.name}.log"
        process = self._run(target, port, log)
        self._running[target.name] = process
        await_answer(target, START_TIMEOUT_S, lambda: _failure(process, log))
        self._trees[target.name] = Tree(process.pid)
        self._cgroups[target.name] = Cgroup(process.pid)
        return target

    def _run(self, target: Target, port: int, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return self._processes.start(
                [*self._commands[target.name], "--host", "127.0.0.1", "--port", str(port)],
                core=self._core,
                environ=self._environ,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def usage(self, target: Target) -> Usage:
        """Look at the process and its workers; what holds back their control group holds back all targets."""
        return Usage(self._trees[target.name].cpu_s(), self._cgroups[target.name].throttled_s())

    def facts(self, target: Target) -> Facts:
        """Look at the running process, and at the package where we run ourselves."""
        memory_bytes = self._trees[target.name].memory_bytes()
        static = collect(self._commands[target.name][-1])
        return Facts.model_validate({"target": target.name, "memory_idle_bytes": memory_bytes, **static})

    def peak_bytes(self, target: Target) -> int | None:
        """Add up the peaks of the process and its workers: see there for what that overstates."""
        return self._trees[target.name].peak_bytes()

    def cold_start_s(self, target: Target) -> float | None:
        """Run the same command on a free port and the same core."""
        port = free_port()
        log = self._logs / f"{target.name}-cold.log"
        begin_s = time.perf_counter()
        process = self._run(target, port, log)
        try:
            again = replace(target, url=f"http://127.0.0.1:{port}")
            return seconds_to_answer(again, begin_s, lambda: _failure(process, log))
        finally:
            # It owes nobody an answer, and an orderly end would take as long as the start.
            self._processes.end(process, signal.SIGKILL)

    def settings(self, target: Target) -> dict[str, str | int | bool]:
        """Ask the command itself, which has read the same environment."""
        command = [*self._commands[target.name], configuration.OPTION]
        environ = {**os.environ, **self._environ}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30)
        return configuration.parse(done.stdout) if done.returncode == 0 else {}

    def stop(self) -> None:
        """End the processes, in the order in which they were started."""
        for process in self._running.values():
            self._processes.end(process)
        self._running.clear()


def _failure(process: subprocess.Popen[bytes], log: Path) -> str | None:
    """Return a process's last words once it has ended."""
    if process.poll() is None:
        return None
    said = log.read_text(errors="replace").strip().splitlines()
    return said[-1] if said else f"it ended with status {process.returncode} and said nothing"
