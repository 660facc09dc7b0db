"""The neighbour that comes and goes, as a process and as what it does with its time."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from loadtests.backends.tree import Tree
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes, cores
from loadtests.selftest import burner
from tests.integration.loadtests.locust import wait_until

COMMAND = [sys.executable, "-m", "loadtests.selftest.burner"]


class Enough(Exception):
    """Ends what goes on for ever."""


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Own what the test starts."""
    with Processes(Interruption()) as owner:
        yield owner


def spells(seed: int, count: int, monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Return for how long it is quiet and then busy, on a clock that a look moves on by a hundredth."""
    now_s, found = [0.0], list[tuple[float, float]]()
    quiet_s = [0.0]

    def sleep(seconds: float) -> None:
        if quiet_s[0]:
            found.append((quiet_s[0], now_s[0]))
        if len(found) == count:
            raise Enough
        quiet_s[0], now_s[0] = seconds, 0.0

    def monotonic() -> float:
        now_s[0] += 0.01
        return now_s[0]

    with monkeypatch.context() as patch:
        patch.setattr(burner, "sleep", sleep)
        patch.setattr(burner, "monotonic", monotonic)
        patch.setattr(sys, "argv", ["burner", str(seed)])
        with pytest.raises(Enough):
            burner.main()
    return found


def test_burner_is_quiet_and_busy_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as it says, and hardly ever for as long as the last time."""
    found = spells(1, 40, monkeypatch)
    for quiet_s, busy_s in found:
        assert burner.QUIET_S[0] <= quiet_s <= burner.QUIET_S[1]
        assert burner.BUSY_S[0] <= busy_s <= burner.BUSY_S[1] + 0.05
    for lengths_s, (least_s, most_s) in zip(
        zip(*found, strict=True), (burner.QUIET_S, burner.BUSY_S), strict=True
    ):
        assert len({round(one_s, 2) for one_s in lengths_s}) > 20
        assert max(lengths_s) - min(lengths_s) > 0.5 * (most_s - least_s)


def test_burner_of_the_same_seed_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """And of another seed something else."""
    first, again, other = (spells(seed, 5, monkeypatch) for seed in (3, 3, 4))
    assert first == again != other


def test_burner_takes_the_core_that_it_is_given_until_it_is_ended(processes: Processes) -> None:
    """It uses more than starting could; what owns it ends it."""
    process = processes.start([*COMMAND, "1"], core=cores()[0], stdout=subprocess.DEVNULL)
    tree = Tree(process.pid)
    wait_until("it is busy", lambda: (tree.cpu_s() or 0.0) > 0.4)
    assert process.poll() is None
    processes.end(process)
    assert process.poll() is not None
