"""What one core of a load generator can do, ours beside Locust's own users and wrk: `make bench-generator`.

All load the same null server, in turn, round after round; the figure is requests for a second of the
generator's CPU time. Ours checks every answer byte for byte, the others check nothing.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from loadtests.backends.health import START_TIMEOUT_S, await_answer, free_port
from loadtests.compare.harness import aim
from loadtests.compare.strangers import WRK, read_wrk, wrk_options
from loadtests.generator.messages import Order
from loadtests.generator.process import Generator
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes, cores
from loadtests.inference import ratio
from loadtests.scenarios import INDEX
from loadtests.targets import Target
from tests.experiments.locust_users import USERS

ROUNDS = 7
WINDOW_S = 1.5
REFERENCE = "FastHttpUser"
WANTED = 3.5
"""Times the reference; with less, the generator would be measured instead of FastAPI."""

Measure = Callable[[], float]


def main() -> int:
    """Print a line for each generator; the status is 1 where ours surely falls short of what is wanted."""
    server_core, core = cores()
    if server_core is None or core is None:
        sys.stderr.write("tests.experiments.generators: two cores are needed, one for each side\n")
        return 2
    with Processes(Interruption()) as processes, tempfile.TemporaryDirectory() as folder:
        target = Target("null", "null", None, f"http://127.0.0.1:{free_port()}")
        port = target.url.rpartition(":")[2]
        server = processes.start(
            [sys.executable, "-m", "loadtests.selftest.null_server", "--port", port], core=server_core
        )
        await_answer(target, START_TIMEOUT_S, lambda: None if server.poll() is None else "it has ended")
        measures: dict[str, Measure] = {
            "ours": Ours(processes, core, target, Path(folder)),
            "FastHttpUser": lambda: locust_user("FastHttpUser", target.url, core),
            "HttpUser": lambda: locust_user("HttpUser", target.url, core),
        }
        if WRK.program:
            measures["wrk"] = lambda: wrk(target.url, core)
        found: dict[str, list[float]] = {name: [] for name in measures}
        for number in range(ROUNDS):
            for name in list(measures)[:: 1 if number % 2 else -1]:
                found[name].append(measures[name]())
    low = 0.0
    for name, values in found.items():
        interval = ratio(found[REFERENCE], values)
        assert interval is not None
        sys.stdout.write(
            f"{name:13} {median(values):9,.0f} requests/s of one core, ÷ {REFERENCE} "
            f"{interval.estimate:.2f} [{interval.low:.2f}, {interval.high:.2f}]\n"
        )
        low = interval.high if name == "ours" else low
    return 1 if low < WANTED else 0


class Ours:
    """The comparison's own generator, which stays between rounds."""

    def __init__(self, processes: Processes, core: int, target: Target, folder: Path) -> None:
        self._generator = Generator(processes, core, folder / "generator.log")
        self._order = Order(
            mode="closed",
            aims=(aim(target, INDEX),),
            connections=USERS,
            settle_s=0.5,
            window_s=WINDOW_S,
            timeout_s=10,
            core=core,
            samples=(folder / "samples.f64",),
        )

    def __call__(self) -> float:
        """Measure once."""
        outcome = self._generator.carry_out(self._order, lambda: None)
        served = outcome.served[0]
        assert served.failures == 0, served.first_fault
        return served.requests / outcome.cpu_s


def locust_user(kind: str, url: str, core: int) -> float:
    """Measure one of Locust's users in a process of its own."""
    command = [sys.executable, "-m", "tests.experiments.locust_users", kind, url, str(WINDOW_S)]
    done = subprocess.run(
        ["taskset", "--cpu-list", str(core), *command], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    return float(found["requests"] / found["cpu_s"])


def wrk(url: str, core: int) -> float:
    """Measure wrk, whose start and end are in the figure."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", *wrk_options(USERS, 2, url)]
    done = subprocess.run(
        ["taskset", "--cpu-list", str(core), *command], capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    requests = read_wrk(done.stdout).requests
    return requests / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    sys.exit(main())
