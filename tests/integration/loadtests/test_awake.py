"""Processes of least weight that keep cores from sleeping, beside others that want the same core."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from loadtests.compare.plan import ROOT
from loadtests.errors import Refusal
from loadtests.host import awake as awake_module
from loadtests.host.awake import Awake, idle_s
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes
from tests.integration.loadtests.locust import wait_until

AUTOGROUP = Path("/proc/self/autogroup")
BUSY = """
import sys, time
while True:
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    print(time.process_time(), flush=True)
"""
# Without the capability that lets root weigh its groups as often as it likes; elsewhere nothing changes.
OTHERS = """
import ctypes, json, os, sys
import psutil
from loadtests.host.awake import Awake
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes
if sys.argv[1] == "weak":
    ctypes.CDLL(None).prctl(24, 21, 0, 0, 0)
with Processes(Interruption()) as processes:
    Awake(processes, [int(core) for core in sys.argv[2:]])
    print(json.dumps([child.pid for child in psutil.Process().children()]), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def core() -> int:
    """Choose a core on which this process may run."""
    return min(os.sched_getaffinity(0))


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Own what the test starts."""
    with Processes(Interruption()) as owner:
        yield owner


def spinning() -> list[psutil.Process]:
    """Return the processes of this one that spin."""
    return [child for child in psutil.Process().children() if awake_module.SPIN in child.cmdline()]


@contextmanager
def elsewhere(kind: str, *cores: int) -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    """Keep cores awake from another process; yield it and the ids of what it has started."""
    with subprocess.Popen(
        [sys.executable, "-c", OTHERS, kind, *map(str, cores)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        yield process, json.loads(process.stdout.readline())


def assert_least(pid: int) -> None:
    """Check that a process gives way to every other one, as a member of its group and as a group."""
    assert os.sched_getscheduler(pid) == os.SCHED_IDLE
    if AUTOGROUP.exists():
        assert Path(f"/proc/{pid}/autogroup").read_text().endswith("nice 19\n")


def test_awake_has_a_process_of_least_weight_on_each_core(processes: Processes) -> None:
    """Pinned to it; its time is known by the core, and that of a core that sleeps is nothing."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    awake = Awake(processes, cores)

    assert [child.cpu_affinity() for child in spinning()] == [[core] for core in cores]
    for child in spinning():
        assert_least(child.pid)
    for core in cores:
        before_s = awake.cpu_s(core)
        wait_until(f"core {core} is kept awake", lambda: awake.cpu_s(core) > before_s)  # noqa: B023
    assert (awake.cpu_s(None), awake.cpu_s(4096)) == (0.0, 0.0)


def test_awake_without_cores_starts_nothing(processes: Processes) -> None:
    """Nobody asked for it."""
    assert Awake(processes, ()).cpu_s(0) == 0.0
    assert spinning() == []


def test_awake_gives_way_to_whoever_wants_the_core(processes: Processes, core: int) -> None:
    """A busy process in a group of its own gets twenty times as much of it, however many others there are."""
    awake = Awake(processes, [core])
    busy = processes.start([sys.executable, "-c", BUSY], core=core, stdout=subprocess.PIPE)
    assert busy.stdout
    begin_s, before_s = float(busy.stdout.readline()), awake.cpu_s(core)
    for _ in range(8):
        end_s = float(busy.stdout.readline())
    spun_s = awake.cpu_s(core) - before_s

    assert end_s - begin_s > 0.7
    assert spun_s < 0.05 * (end_s - begin_s)


def test_awake_of_whoever_is_not_root_keeps_every_core_awake() -> None:
    """The kernel lets others weigh a group ten times a second only, and two are started at once."""
    with elsewhere("weak", *sorted(os.sched_getaffinity(0))[:2]) as (process, pids):
        assert len(pids) == min(2, len(os.sched_getaffinity(0)))
        for pid in pids:
            assert_least(pid)
        process.communicate()
    assert process.returncode == 0


def test_awake_where_the_system_forbids_it_is_refused(
    processes: Processes, core: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was promised and is not so would be written into the results."""
    monkeypatch.setattr(awake_module, "SPIN", "raise PermissionError(1, 'Operation not permitted')")
    with pytest.raises(Refusal) as refusal:
        Awake(processes, [core])
    assert str(refusal.value) == (
        "A core cannot be kept awake here (PermissionError: [Errno 1] Operation not permitted): "
        "do without it (--no-keep-awake)."
    )


def test_awake_ends_with_its_owner(core: int) -> None:
    """On leaving, none of them is left."""
    with Processes(Interruption()) as processes:
        Awake(processes, [core])
        [child] = spinning()
    assert not child.is_running()


def test_awake_ends_when_its_parent_is_killed(core: int) -> None:
    """Nobody can end it in order then, and it would spin for ever."""
    with elsewhere("strong", core) as (process, [pid]):
        child = psutil.Process(pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        try:
            wait_until("it has ended", lambda: not psutil.pid_exists(pid))
        finally:
            with suppress(psutil.NoSuchProcess):
                child.kill()


def test_idle_of_a_core_goes_on_only_while_nobody_runs_there(processes: Processes, core: int) -> None:
    """Keeping it awake leaves nothing of it; it is counted in hundredths of a second."""
    assert idle_s(None) is None
    Awake(processes, [core])
    before_s, begin_s = idle_s(core), time.monotonic()
    assert before_s is not None
    busy = processes.start([sys.executable, "-c", BUSY], core=core, stdout=subprocess.PIPE)
    assert busy.stdout
    for _ in range(4):
        busy.stdout.readline()
    after_s = idle_s(core)
    assert after_s is not None
    assert 0 <= after_s - before_s < 0.1 * (time.monotonic() - begin_s) + 0.02
