"""What processes and containers have used; knows no target and starts nothing."""

import ctypes
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path("/")
LIBC = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a target has used since it began; None where that cannot be seen."""

    cpu_s: float | None
    """CPU time over all its processes, in steps of a nanosecond."""
    throttled_s: float | None
    """For how long a CPU limit has held it back, summed over the cores it wanted."""


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

    def peak_bytes(self) -> int | None:
        """Return the sum of the largest resident set sizes of those alive (VmHWM); None where there is none.

        Of several processes that is too much: a shared page counts for each of them, and their peaks need
        not have come at once.
        """
        return _sum(_peak_bytes(pid) for pid in _tree(self._root))

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


class Cgroup:
    """What the kernel accounts for a control group, version 1 or 2; what it does not keep is None."""

    def __init__(self, pid: int, container: str | None = None, *, root: Path = ROOT) -> None:
        """Find the group of a process.

        With a container's id only that container's group will do: where the engine runs in a virtual machine,
        the process id is nobody's or somebody else's here. Without one, the group that is mounted stands for
        one whose name leads nowhere, because we are in a container ourselves.
        """
        paths = _paths(root / "proc" / str(pid) / "cgroup")
        mounts = root / "sys/fs/cgroup"
        self._first = {controller: controller in paths for controller in ("cpu", "memory")}
        """Whether version 1 rules it; both versions can be there at once."""
        self._folders = {
            controller: _folder(mounts / controller, paths[controller], container)
            if first
            else _folder(mounts, paths.get(""), container)
            for controller, first in self._first.items()
        }

    @property
    def visible(self) -> bool:
        """Whether there is anything to read."""
        return any(self._folders.values())

    def throttled_s(self) -> float | None:
        """Return for how many seconds its CPU limit has held it back so far, summed over the cores."""
        name, unit_s = ("throttled_time", 1e-9) if self._first["cpu"] else ("throttled_usec", 1e-6)
        count = _member(self._read("cpu", "cpu.stat"), name)
        return None if count is None else count * unit_s

    def memory_bytes(self) -> int | None:
        """Return its anonymous memory now: what its processes hold, without the files that they have read."""
        return _member(self._read("memory", "memory.stat"), "total_rss" if self._first["memory"] else "anon")

    def peak_bytes(self) -> int | None:
        """Return the most that it has held at once, the page cache of the files that it has read included."""
        text = self._read("memory", "memory.max_usage_in_bytes" if self._first["memory"] else "memory.peak")
        return int(text) if text else None

    def _read(self, controller: str, file: str) -> str:
        folder = self._folders[controller]
        try:
            return (folder / file).read_text() if folder else ""
        except OSError:
            return ""


def _paths(file: Path) -> dict[str, str]:
    """Return the group's path by controller; version 2 has one for all, under an empty name."""
    try:
        lines = [line.split(":", 2) for line in file.read_text().splitlines()]
    except OSError:
        return {}
    return {controller: path for _, controllers, path in lines for controller in controllers.split(",")}


def _folder(mount: Path, path: str | None, container: str | None) -> Path | None:
    if path is None:
        return None
    folder = mount / path.lstrip("/")
    if container is not None:
        return folder if container in path and folder.is_dir() else None
    return folder if folder.is_dir() else mount


def _member(text: str, name: str) -> int | None:
    """Return one number of a file that has a name and a number on each line."""
    for line in text.splitlines():
        key, _, number = line.partition(" ")
        if key == name:
            return int(number)
    return None


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


def _peak_bytes(pid: int) -> int | None:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmHWM")), None)


def _sum(amounts: Iterable[int | None]) -> int | None:
    """Add them up; None where there are none."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None
