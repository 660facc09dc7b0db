"""Keeping cores from sleeping: on each a process that only runs where nobody else wants to."""

import sys
import time
from collections.abc import Iterable
from ctypes import CDLL, byref, c_int
from subprocess import PIPE

import psutil

from loadtests.errors import Refusal
from loadtests.host.processes import Processes

SPIN = """
import os, pathlib, sys, time
parent = os.getppid()
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
# A session of its own is a group of its own, which would get half of the core whatever its members want.
group = pathlib.Path("/proc/self/autogroup")
while group.exists():
    try:
        group.write_text("19")
        break
    except BlockingIOError:  # all users but root together may do this ten times a second
        time.sleep(0.02)
sys.stdout.write("\\n")
sys.stdout.close()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""


class Awake:
    """The processes that spin, a core each.

    A core that sleeps takes tens of microseconds to wake up, in a virtual machine more, and whoever is idle
    more often pays for it more often. What the spinning costs the servers is measured: DECISIONS.md, 17.
    """

    def __init__(self, processes: Processes, cores: Iterable[int]) -> None:
        """Start them.

        Raises:
            Refusal: the system does not let one of them be of least weight.
        """
        self._clocks: dict[int, int] = {}
        for core in cores:
            process = processes.start([sys.executable, "-c", SPIN], core=core, stdout=PIPE, stderr=PIPE)
            assert process.stdout
            assert process.stderr
            if not process.stdout.readline():
                said = process.stderr.read().decode(errors="replace").strip().splitlines()
                raise Refusal(
                    f"A core cannot be kept awake here ({said[-1] if said else 'without a word'}): "
                    "do without it (--no-keep-awake)."
                )
            self._clocks[core] = process.pid

    def cpu_s(self, core: int | None) -> float:
        """Return how long the one on a core has run so far; 0 where there is none."""
        if core not in self._clocks:
            return 0.0
        clock = c_int()
        CDLL(None).clock_getcpuclockid(self._clocks[core], byref(clock))
        return time.clock_gettime(clock.value)


def idle_s(core: int | None) -> float | None:
    """Return for how long a core has had nothing to do since the machine started; None where unknown."""
    if core is None:
        return None
    times = psutil.cpu_times(percpu=True)[core]
    return float(times.idle + getattr(times, "iowait", 0.0))
