"""Orders for the load generator against the odd servers, and what comes of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loadtests.compare.harness import aim
from loadtests.generator.messages import Mode, Order, Outcome
from loadtests.generator.process import Generator
from loadtests.generator.samples import Samples
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes
from loadtests.scenarios import INDEX
from loadtests.targets import Target
from tests.integration.loadtests.odd_servers import OddServer, TurningServer

CONNECTIONS = 4
"""To each server, where an order says no other number; each is primed by one request that is no sample."""


@contextmanager
def generating(folder: Path, *options: str) -> Iterator[Generator]:
    """Run a load generator, not pinned, until the end of the block."""
    with Processes(Interruption()) as processes:
        yield Generator(processes, None, folder / "generator.log", *options)


def order(folder: Path, mode: Mode, *servers: OddServer | TurningServer, **changes: Any) -> Order:
    """Load these servers, which are called odd-0, odd-1 and so on, for a short while."""
    values = {
        "mode": mode,
        "aims": tuple(
            aim(Target(f"odd-{number}", f"Odd {number}", "odd", server.url), INDEX)
            for number, server in enumerate(servers)
        ),
        "connections": CONNECTIONS,
        "settle_s": 0.04,
        "window_s": 0.16,
        "timeout_s": 5.0,
        "core": None,
        "samples": tuple(folder / f"odd-{number}.f64" for number in range(len(servers))),
        **changes,
    }
    return Order.model_validate(values)


def carry_out(
    generator: Generator, order: Order, at_edge: Callable[[], None] = lambda: None
) -> tuple[Outcome, list[Samples]]:
    """Return the outcome, and the samples of each server."""
    outcome = generator.carry_out(order, at_edge)
    return outcome, [Samples.load(path) for path in order.samples or ()]
