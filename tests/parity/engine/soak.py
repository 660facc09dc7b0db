"""The long run: ask both services one generated request after another until they differ.

`python -m tests.parity.engine.soak` starts both services, or takes running ones, and ends with status 0 when
every pair of answers was the same, 1 when one was not, 2 when a service could not be asked.
"""

import argparse
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice

from tests.parity.engine import generation
from tests.parity.engine.command import command
from tests.parity.engine.comparator import Difference, compare
from tests.parity.engine.exchange import Address, exchange
from tests.parity.engine.pair import TIMEOUT_S, Pair
from tests.parity.engine.reduction import reduced
from tests.services import SERVERS, Target, running

REPORT_EVERY_S = 2.0
CONNECT_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class Failure:
    """Two answers that differ; `alone` says whether the request shows it on connections of its own."""

    request: bytes
    difference: Difference
    alone: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run saw."""

    pairs: int
    seconds: float
    failure: Failure | None

    @property
    def pairs_per_second(self) -> float:
        """How fast both were asked."""
        return self.pairs / self.seconds


def soak(
    first: Address,
    second: Address,
    requests: Iterator[bytes],
    pairs: int,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Ask both up to so many requests, stop at the first difference and reduce the request that caused it.

    Raises:
        OSError: a service cannot be reached.
    """
    begin = time.perf_counter()
    pair = Pair(first, second)
    asked = 0
    difference: Difference | None = None
    try:
        # Each request is made while both are still busy with the one before.
        for request in chain(islice(requests, pairs), [None]):
            if asked:
                difference = pair.receive()
                on_progress(asked)
            if difference is not None or request is None:
                break
            pair.send(request)
            asked += 1
    finally:
        pair.close()
    seconds = time.perf_counter() - begin
    if difference is None:
        return Outcome(asked, seconds, None)
    return Outcome(asked, seconds, explain(first, second, [*pair.history][::-1], difference))


def explain(first: Address, second: Address, suspects: list[bytes], seen: Difference) -> Failure:
    """Find the smallest request with a difference of its own; on failing that, report what was seen."""

    def differs(request: bytes) -> Difference | None:
        return compare(*(exchange(address, [request], timeout_s=TIMEOUT_S) for address in (first, second)))

    for suspect in suspects:
        if differs(suspect) is not None:
            smallest = reduced(suspect, lambda request: differs(request) is not None)
            return Failure(smallest, differs(smallest) or seen, alone=True)
    return Failure(suspects[0], seen, alone=False)


def report(outcome: Outcome, first: Address, second: Address) -> str:
    """Say what was seen, and how to see it again."""
    rate = f"{outcome.pairs_per_second:,.0f} a second"
    asked = f"{outcome.pairs:,} pairs of answers in {outcome.seconds:.1f} s, {rate}"
    failure = outcome.failure
    if failure is None:
        return f"{asked}: no difference"
    place = (
        "alone on a new connection"
        if failure.alone
        else "seen once, on a connection that had been used before"
    )
    return "\n".join(
        [
            f"{asked}: the last was different",
            f"the smallest such request, {place}:",
            *(f"  {line!r}" for line in failure.request.splitlines(keepends=True)),
            str(failure.difference),
            "repeat it by hand:",
            f"  A: {command(first, [failure.request])}",
            f"  B: {command(second, [failure.request])}",
        ]
    )


def main() -> int:
    """Run from the command line and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.parity.engine.soak", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--pairs", type=int, default=20_000, help="requests to send to both (%(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="repeat the run that printed this seed")
    for name in SERVERS:
        parser.add_argument(
            f"--{name}-url", help=f"ask the service that runs here instead of starting {name}_app"
        )
    options = parser.parse_args()
    seed = secrets.randbelow(10**9) if options.seed is None else options.seed
    began = reported = time.monotonic()

    def progress(asked: int) -> None:
        nonlocal reported
        now = time.monotonic()
        if now - reported >= REPORT_EVERY_S:
            reported = now
            print(f"{asked:,} of {options.pairs:,} pairs, {asked / (now - began):,.0f} a second", flush=True)

    print(f"seed {seed}", flush=True)
    with ExitStack() as services:
        try:
            first, second = (address(services, name, getattr(options, f"{name}_url")) for name in SERVERS)
            began = time.monotonic()
            requests = generation.requests(seed, "localhost")
            outcome = soak(first, second, requests, options.pairs, progress)
        except (OSError, RuntimeError) as error:
            sys.stderr.write(f"{parser.prog}: a service cannot be asked: {error}\n")
            return 2
        except KeyboardInterrupt:
            sys.stderr.write(f"{parser.prog}: stopped before the end; no difference so far\n")
            return 130
    print(report(outcome, first, second))
    if outcome.failure is None:
        return 0
    print(f"repeat the run:\n  {parser.prog} --seed {seed} --pairs {outcome.pairs}")
    return 1


def address(services: ExitStack, name: str, url: str | None) -> Address:
    """Return where a service listens, starting it where no URL is given.

    Raises:
        OSError: nobody listens at the URL.
        RuntimeError: the service that was started does not answer.
    """
    if url is None:
        return services.enter_context(running(name)).address
    target = Target(name, SERVERS[name], url)
    try:
        socket.create_connection(target.address, timeout=CONNECT_TIMEOUT_S).close()
    except OSError as error:
        raise OSError(f"{url}: {error.strerror or error}") from None
    return target.address


if __name__ == "__main__":
    sys.exit(main())
