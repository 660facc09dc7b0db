"""Make load, one order a line: `python -m loadtests.generator`; a process of its own: Locust patches it."""

import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import gevent
from locust import constant
from locust.env import Environment
from locust.event import Events

from loadtests.locustfile import STOP_TIMEOUT_S, TargetUser
from loadtests.orders import Order, Outcome
from loadtests.processes import stolen_s
from loadtests.samples import Samples
from loadtests.scenarios import operation


def main() -> None:
    """Carry out orders until there are no more."""
    for line in sys.stdin:
        outcome = carry_out(Order.model_validate_json(line))
        sys.stdout.write(outcome.model_dump_json() + "\n")
        sys.stdout.flush()


def carry_out(order: Order) -> Outcome:
    """Keep so many requests in flight for settling and window, let them finish, and save the samples."""
    samples = Samples()
    faults: list[str] = []

    def record(response_time: float, exception: BaseException | None, **_: Any) -> None:
        if exception is None:
            # Locust's own start is on the wall clock, which may be set while we measure.
            latency_s = response_time / 1000
            samples.add(perf_counter() - latency_s, latency_s)
        else:
            faults.append(str(exception))

    environment = Environment(
        user_classes=[user_class(order)],
        events=Events(),  # type: ignore[no-untyped-call]
        stop_timeout=STOP_TIMEOUT_S,
        catch_exceptions=False,
    )
    environment.events.request.add_listener(record)  # type: ignore[no-untyped-call]
    runner = environment.create_local_runner()
    runner.start(order.in_flight, spawn_rate=order.in_flight)
    gevent.sleep(order.settle_s)
    begin_s, busy_before_s = perf_counter(), busy_s(order.core)
    gevent.sleep(order.window_s)
    end_s, busy_after_s = perf_counter(), busy_s(order.core)
    runner.quit()
    samples.save(order.samples)
    return Outcome(
        begin_s=begin_s,
        end_s=end_s,
        answered=len(samples.starts_s),
        failed=len(faults),
        first_fault=faults[0] if faults else None,
        busy_share=min(1.0, (busy_after_s - busy_before_s) / (end_s - begin_s)),
    )


def user_class(order: Order) -> type[TargetUser]:
    """Make a user that repeats one operation without a pause."""
    repeated = operation(order.scenario, order.wait_ms)
    call: Callable[[TargetUser], None] = lambda user: user.call(repeated)  # noqa: E731  # Locust takes no partial

    class Repeating(TargetUser):
        target = order.target
        wait_time = constant(0)

    # Set afterwards: the class statement would add to the inherited tasks.
    Repeating.tasks = [call]
    return Repeating


def busy_s(core: int | None) -> float:
    """Return for how long this process ran or wanted to.

    CPU time alone is low where other processes, or other machines on the same host, take the core.
    """
    try:
        running_ns, ready_ns, _ = Path("/proc/self/schedstat").read_text().split()
    except OSError:  # not Linux
        return process_time()
    return (int(running_ns) + int(ready_ns)) / 1e9 + stolen_s(core)


if __name__ == "__main__":
    main()
