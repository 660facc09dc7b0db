"""What the kernel accounts for a container: files of both versions, and a real container."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.backends.cgroup import Cgroup
from tests.integration.containers.conftest import base_image
from tests.integration.containers.engine import docker, inspect
from tests.integration.loadtests.locust import wait_until

__all__ = ["base_image"]

MB = 1_000_000
CONTAINER = "0123456789abcdef" * 4


def write(folder: Path, **files: str) -> None:
    """Write a control group's files; two underscores stand for a dot in their names."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def lay_out(root: Path, version: int, group: str, place: str) -> None:
    """Write what a kernel shows of process 7, which it says is in `group`, and of the group in `place`."""
    process = root / "proc" / "7"
    process.mkdir(parents=True)
    mounts = root / "sys/fs/cgroup"
    if version == 2:
        (process / "cgroup").write_text(f"0::{group}\n")
        write(
            mounts / place,
            cpu__stat="usage_usec 2500000\nuser_usec 2000000\nnr_throttled 3\nthrottled_usec 1500000\n",
            memory__stat="anon 30000000\nfile 9000000\ntotal_rss 1\n",
            memory__current="1\n",
        )
        return
    (process / "cgroup").write_text(
        f"12:cpu,cpuacct:{group}\n4:memory:{group}\n1:name=systemd:/\n0::/other\n"
    )
    write(mounts / "cpu" / place, cpu__stat="nr_periods 9\nnr_throttled 3\nthrottled_time 1500000000\n")
    write(
        mounts / "memory" / place,
        memory__stat="cache 9000000\nrss 1\nanon 1\ntotal_rss 30000000\n",
    )


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "group", [f"/docker/{CONTAINER}", f"/system.slice/docker-{CONTAINER}.scope"], ids=["cgroupfs", "systemd"]
)
def test_cgroup_of_a_container_is_read_in_either_version(version: int, group: str, tmp_path: Path) -> None:
    """Seconds and bytes, whatever the kernel counts in; both engines' ways of naming groups."""
    lay_out(tmp_path, version, group, group.lstrip("/"))
    cgroup = Cgroup(7, CONTAINER, root=tmp_path)
    assert cgroup.visible
    assert cgroup.throttled_s() == pytest.approx(1.5)
    assert cgroup.memory_bytes() == 30 * MB


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("group", "place"),
    [
        ("/docker/another", "docker/another"),
        (f"/docker/{CONTAINER}", "docker/elsewhere"),
    ],
    ids=["somebody else's", "not here"],
)
def test_cgroup_that_is_not_the_containers_is_unknown(
    version: int, group: str, place: str, tmp_path: Path
) -> None:
    """Where the engine runs in a virtual machine, the process id is somebody else's here: None, not zero."""
    lay_out(tmp_path, version, group, place)
    cgroup = Cgroup(7, CONTAINER, root=tmp_path)
    assert not cgroup.visible
    assert (cgroup.throttled_s(), cgroup.memory_bytes()) == (None, None)


@pytest.mark.parametrize("version", [1, 2])
def test_cgroup_of_a_process_that_is_in_a_container_with_us_is_the_mounted_one(
    version: int, tmp_path: Path
) -> None:
    """The name is the host's and leads nowhere; what is mounted is our container's group."""
    lay_out(tmp_path, version, "/docker/ours", "")
    assert Cgroup(7, root=tmp_path).throttled_s() == pytest.approx(1.5)


def test_cgroup_of_a_kernel_that_keeps_no_such_account_is_unknown(tmp_path: Path) -> None:
    """The root group of version 2 has no limit."""
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / "proc/7/cgroup").write_text("0::/\n")
    write(tmp_path / "sys/fs/cgroup", cpu__stat="usage_usec 1\n", memory__stat="anon 5\n")
    cgroup = Cgroup(7, root=tmp_path)
    assert (cgroup.throttled_s(), cgroup.memory_bytes()) == (None, 5)


def test_cgroup_on_a_system_without_any_is_unknown(tmp_path: Path) -> None:
    """No /proc, no answer."""
    cgroup = Cgroup(7, root=tmp_path)
    assert not cgroup.visible
    assert (cgroup.throttled_s(), cgroup.memory_bytes()) == (None, None)


@pytest.fixture
def container(base_image: str) -> Iterator[str]:
    """Run a container that holds 32 MB and wants a core, but may use a fifth of one."""
    code = "piece = bytearray(b'x') * (32 << 20)\nwhile True: pass"
    limits = ("--cpus", "0.2", "--memory", "128m")
    id = docker("run", "--detach", *limits, "--entrypoint", "python", base_image, "-c", code)
    yield id
    docker("rm", "--force", id)


def test_cgroup_of_a_real_container_shows_memory_and_throttling(container: str) -> None:
    """On this machine's own layout, whichever version that is."""
    pid = inspect(container)["State"]["Pid"]
    cgroup = Cgroup(pid, container)
    assert cgroup.visible
    wait_until("it holds 32 MB", lambda: (cgroup.memory_bytes() or 0) > 32 << 20)
    assert (cgroup.memory_bytes() or 0) < 128 << 20
    throttled_s = cgroup.throttled_s()
    assert throttled_s is not None
    wait_until("it is held back", lambda: (cgroup.throttled_s() or 0) > throttled_s)
    assert not Cgroup(os.getpid(), container).visible
