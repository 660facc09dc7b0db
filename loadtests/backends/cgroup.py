"""What the kernel accounts for a container; knows no target and starts nothing."""

from pathlib import Path

ROOT = Path("/")


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
