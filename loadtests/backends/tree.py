"""What a process and its descendants have used; knows no target and starts nothing."""

import ctypes
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

LIBC = ctypes.CDLL(None)


class Tree:
    """A process and all its descendants, those that have ended included.

    CPU time comes from the POSIX clock of each process, not from schedstat: it counts nanoseconds as well,
    and every thread, also those that have ended, where /proc/<pid>/schedstat knows one thread. Either lags
    behind a thread that runs this very moment by the scheduler's tick at most (1 to 10 ms).
    """

    def __init__(self, pid: int) -> None:
        self._root = pid
        self._own_s: dict[int, float] = {}
        """CPU time of each living process, when it was last looked at."""
        self._gone_s = 0.0
        """The same of those that have ended."""
        self._reaped_s = 0.0
        """What those that have ended used in all; counted in hundredths of a second."""
        self._total_s = 0.0
        self._newest: bytes | None = None

    def cpu_s(self) -> float | None:
        """Return the CPU seconds of all of them so far, never fewer than before; None once the root is gone.

        What a process used between the last look and its end is known to 20 ms.
        """
        newest = _newest_pid()
        if newest is None or newest != self._newest or not self._look():
            self._newest = newest
            self._walk()
            self._look()
        if self._root not in self._own_s:
            return None
        total_s = sum(self._own_s.values()) + max(self._gone_s, self._reaped_s)
        self._total_s = max(self._total_s, total_s)
        return self._total_s

    def memory_bytes(self) -> int | None:
        """Return the memory that they hold now; None where it cannot be seen.

        The proportional set size, in which a shared page counts once; where the system has none or keeps it
        from us, the resident set size, in which it counts for every process.
        """
        return _sum(_memory_bytes(pid) for pid in _tree(self._root))

    def _look(self) -> bool:
        """Read the clocks; False where somebody has ended."""
        all_there = True
        for pid in list(self._own_s):
            try:
                self._own_s[pid] = _clock_s(pid)
            except ProcessLookupError:
                self._gone_s += self._own_s.pop(pid)
                all_there = False
        return all_there

    def _walk(self) -> None:
        """Find out anew who belongs to it."""
        living = _tree(self._root)
        self._gone_s += sum(self._own_s[pid] for pid in self._own_s.keys() - set(living))
        self._own_s = {pid: self._own_s.get(pid, 0.0) for pid in living}
        self._reaped_s = max(self._reaped_s, sum(_reaped_s(pid) for pid in living))


def _newest_pid() -> bytes | None:
    """Return the id that was given last: while it stays the same, no process or thread has been started."""
    try:
        return Path("/proc/loadavg").read_bytes().rsplit(b" ", 1)[1]
    except OSError:
        return None


def _tree(root: int) -> list[int]:
    """Return the root, if it lives, and its descendants."""
    if not psutil.pid_exists(root):
        return []
    if not os.path.exists(f"/proc/{root}/task/{root}/children"):
        try:
            return [root, *(process.pid for process in psutil.Process(root).children(recursive=True))]
        except psutil.NoSuchProcess:
            return []
    # From the kernel's own lists: psutil looks at every process of the machine, which takes milliseconds.
    found = [root]
    for pid in found:
        found += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    found = []
    for thread in _threads(pid):
        # A thread, or all of them, may have ended meanwhile.
        with suppress(OSError):
            found += [int(child) for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split()]
    return found


def _threads(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def _clock_s(pid: int) -> float:
    clock = ctypes.c_int()
    try:
        error = LIBC.clock_getcpuclockid(pid, ctypes.byref(clock))
    except AttributeError:  # macOS has no such call
        return _times(pid, "user", "system")
    if error:
        raise ProcessLookupError(pid)
    try:
        return time.clock_gettime(clock.value)
    except OSError:
        raise ProcessLookupError(pid) from None


def _times(pid: int, *names: str) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        raise ProcessLookupError(pid) from None
    return float(sum(getattr(times, name) for name in names))


def _reaped_s(pid: int) -> float:
    """Return what its ended children, and theirs, have used."""
    try:
        return _times(pid, "children_user", "children_system")
    except ProcessLookupError:
        return 0.0


def _memory_bytes(pid: int) -> int | None:
    try:
        process = psutil.Process(pid)
        try:
            return int(process.memory_full_info().pss)
        except (psutil.AccessDenied, AttributeError):
            return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return None


def _sum(amounts: Iterable[int | None]) -> int | None:
    """Add them up; None where there are none."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None
