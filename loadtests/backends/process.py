"""The targets as processes of this machine, all on the same core."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from loadtests.backends import Instance, Usage, configuration
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
        started = []
        for target in targets:
            port = self._ports.get(target.name) or free_port()
            target = replace(target, url=f"http://127.0.0.1:{port}")
            process, log = self._run(target, {})
            await_answer(target, START_TIMEOUT_S, lambda process=process, log=log: _failure(process, log))  # type: ignore[misc]
            self._look_at(target, process)
            started.append(target)
        return tuple(started)

    def renew(self, targets: Sequence[Target], hash_seed: int | None) -> tuple[Instance, ...]:
        """End each process and start another at the same port; they owe nobody an answer."""
        for target in targets:
            self._processes.end(self._running.pop(target.name), signal.SIGKILL)
        return tuple(Instance(target, self._renewed(target, hash_seed)) for target in targets)

    def _renewed(self, target: Target, hash_seed: int | None) -> float:
        begin_s = time.perf_counter()
        process, log = self._run(target, {} if hash_seed is None else {"PYTHONHASHSEED": str(hash_seed)})
        cold_start_s = seconds_to_answer(target, begin_s, lambda: _failure(process, log))
        self._look_at(target, process)
        return cold_start_s

    def _look_at(self, target: Target, process: subprocess.Popen[bytes]) -> None:
        """Account for a process from now on; before it has answered it may be in another control group."""
        self._trees[target.name] = Tree(process.pid)
        self._cgroups[target.name] = Cgroup(process.pid)

    def _run(self, target: Target, environ: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], Path]:
        log = self._logs / f"{target.name}.log"
        place = ["--host", "127.0.0.1", "--port", str(address(target.url)[1])]
        with log.open("wb") as output:
            process = self._processes.start(
                [*self._commands[target.name], *place],
                core=self._core,
                environ={**self._environ, **environ},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._running[target.name] = process
        return process, log

    def usage(self, target: Target) -> Usage:
        """Look at the process and its workers; what holds back their control group holds back all targets."""
        return Usage(self._trees[target.name].cpu_s(), self._cgroups[target.name].throttled_s())

    def facts(self, target: Target) -> Facts:
        """Look at the package where we run ourselves."""
        return Facts.model_validate({"target": target.name, **collect(self._commands[target.name][-1])})

    def memory_bytes(self, target: Target) -> int | None:
        """Add up the proportional set sizes of the process and its workers."""
        return self._trees[target.name].memory_bytes()

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
