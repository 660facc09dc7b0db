"""The processes that a comparison starts: pinned, timed, and ended without exception."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Self

import psutil

from loadtests.host.interruption import Interruption

STOP_TIMEOUT_S = 8


class Processes:
    """Owns every process that it starts; on leaving, none of them is left."""

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        """Own nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all of them, the last resort included, whatever signal comes meanwhile."""
        with self._interruption.deferred():
            for process in self._running:
                _signal_group(process, signal.SIGTERM)
            for process in self._running:
                _end(process)
            self._running.clear()

    def start(
        self,
        command: Sequence[str],
        *,
        core: int | None = None,
        environ: Mapping[str, str] | None = None,
        stdin: int | None = subprocess.DEVNULL,
        stdout: int | IO[bytes] | None = None,
        stderr: int | IO[bytes] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process in a session of its own, so that Ctrl-C reaches us alone and we end it in order."""
        with self._interruption.deferred(), _pinned(core):
            process = subprocess.Popen(
                command,
                env={**os.environ, **(environ or {})},
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
            self._running.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes], by: signal.Signals = signal.SIGTERM) -> None:
        """End one of them now; nothing happens to one that has been ended.

        An interruption loses nothing: until it has ended, it is still ours.
        """
        if process in self._running:
            _signal_group(process, by)
            _end(process)
            self._running.remove(process)


def stolen_s(core: int | None) -> float:
    """Return for how long this virtual machine wanted a core and did not get it, in seconds; 0 where unknown.

    Without a core: the mean over all.
    """
    counts = psutil.cpu_times(percpu=True)
    chosen = counts if core is None else counts[core : core + 1]
    return sum(getattr(count, "steal", 0.0) for count in chosen) / len(chosen)


def cores() -> tuple[int | None, int | None]:
    """Choose a core for the servers and another for the generator; none where there are not two."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[-1]) if len(usable) > 1 else (None, None)


@contextmanager
def _pinned(core: int | None) -> Iterator[None]:
    """Move this thread to the core for the moment in which a child inherits it."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT_S)
    # Whoever is left in the session, a worker whose master has died for one.
    _signal_group(process, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with suppress(BrokenPipeError):
                stream.close()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
