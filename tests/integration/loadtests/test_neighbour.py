"""The neighbour set-up for real: what it counts is what the servers saw, and what it starts has ended."""

import threading
from pathlib import Path

import psutil
import pytest

from loadtests.compare.neighbour import measure, processes_of
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes
from loadtests.results import Neighbour
from tests.integration.loadtests.odd_servers import Reply, plain, serving
from tests.integration.loadtests.ordering import carry_out, generating, order

pytestmark = pytest.mark.full

WAIT_S = 0.05
SETTINGS = Neighbour(
    rounds=1, window_s=0.4, rate_per_s=100, connections=4, waiting=(0, 16), wait_ms=100, threads=8
)


def test_neighbour_counts_what_the_servers_saw(tmp_path: Path) -> None:
    """Each answer but the priming one is a sample: of the window by due moment, or by answer for waits."""
    never = threading.Event()

    def slowly(number: int) -> Reply:
        never.wait(WAIT_S)
        return plain(number)

    with serving() as probed, serving(slowly) as waited, generating(tmp_path) as generator:
        outcome, (probe, waits) = carry_out(
            generator,
            order(
                tmp_path,
                "neighbour",
                probed,
                waited,
                waiting=12,
                rate_per_s=200,
                settle_s=WAIT_S,
                window_s=0.5,
            ),
        )
        assert (probed.accepted, probed.most_open) == (4, 4)
        assert (waited.accepted, waited.most_open) == (12, 12)
        assert probed.asked == probed.answered == len(probe.dues_s) + 4
        assert waited.asked == waited.answered == len(waits.dues_s) + 12
    begin_s, end_s = outcome.begin_s, outcome.begin_s + outcome.window_s
    served, waits_served = outcome.served
    assert served.requests == len(probe.due_within(begin_s, end_s)[0]) > 50
    ends_s = [start_s + took_s for start_s, took_s in zip(waits.starts_s, waits.latencies_s, strict=True)]
    assert waits_served.requests == sum(begin_s <= moment_s < end_s for moment_s in ends_s)
    assert 0.5 < waits_served.requests * WAIT_S / (12 * outcome.window_s) <= 1.1
    assert all(took_s >= WAIT_S for took_s in waits.latencies_s)
    assert served.response is not None
    assert served.late_s is not None
    assert (waits_served.response, waits_served.late_s) == (None, None)
    assert [(one.failures, one.connects) for one in outcome.served] == [(0, 0), (0, 0)]


def test_neighbour_of_the_real_services_reads_each_of_them(tmp_path: Path) -> None:
    """Threads come from the service, waits have their ceiling, memory is there, and no process is left."""
    with Processes(Interruption()) as processes, generating(tmp_path) as generator:
        start = processes_of(processes, None, tmp_path)
        found = list(measure(SETTINGS, start, generator, (None, None), 0, lambda _: None))
        children = psutil.Process().children(recursive=True)
        assert [one for one in children if "_app" in " ".join(one.cmdline())] == []
    assert [(one.title, one.level) for one in found] == [
        *(("Flask, 64 threads", level) for level in (0, 16)),
        *(("Flask, 8 threads", level) for level in (0, 16)),
        *(("FastAPI", level) for level in (0, 16)),
    ]
    assert [(one.failures, one.first_fault) for one in found] == [(0, None)] * 6
    waits_per_s = {one.title: one.waits_per_s for one in found if one.level}
    assert 20 < waits_per_s["Flask, 8 threads"] < 8 / 0.1 * 1.2
    assert waits_per_s["Flask, 64 threads"] > 100
    assert waits_per_s["FastAPI"] > 100
    assert all(one.requests > 10 and one.response for one in found)
    assert all(one.memory_bytes and one.memory_bytes > 20e6 for one in found)
