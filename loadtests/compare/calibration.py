"""What the load generator can do at most: against a server that does nothing."""

import subprocess
import sys

from loadtests.backends.health import START_TIMEOUT_S, await_answer, free_port
from loadtests.compare.harness import aim
from loadtests.generator.messages import Order
from loadtests.generator.process import Generator
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes
from loadtests.results import Settings
from loadtests.scenarios import INDEX
from loadtests.targets import Target

CONNECTIONS = 64
WINDOW_S = 0.8
SETTLE_S = 0.2
TIMEOUT_S = 5.0


def calibrate(generator: Generator, settings: Settings, interruption: Interruption) -> float:
    """Return the requests a second that the generator makes in a closed loop on a server that only answers.

    The null server is on the servers' core, so that nothing but the server differs from what is measured.
    """
    port = free_port()
    target = Target("null", "null", None, f"http://127.0.0.1:{port}")
    with Processes(interruption) as processes:
        command = [sys.executable, "-m", "loadtests.selftest.null_server", "--port", str(port)]
        process = processes.start(command, core=settings.server_core, stdout=subprocess.DEVNULL)
        await_answer(target, START_TIMEOUT_S, lambda: "it has ended" if process.poll() is not None else None)
        order = Order(
            mode="closed",
            aims=(aim(target, INDEX),),
            connections=CONNECTIONS,
            settle_s=SETTLE_S,
            window_s=WINDOW_S,
            timeout_s=TIMEOUT_S,
            core=settings.generator_core,
            samples=None,
        )
        outcome = generator.carry_out(order, lambda: None)
    return outcome.served[0].requests / outcome.window_s
