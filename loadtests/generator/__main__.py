"""Make load, one order a line: `python -m loadtests.generator`; a process of its own: Locust patches it.

With `--workers N` it is a Locust master with N workers here, or with `--expect-workers N` waits for workers
that are started elsewhere by `python -m loadtests.generator --join HOST:PORT`.
"""

import argparse
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import gevent
from gevent.socket import wait_read
from locust.event import Events

from loadtests.generator.coordinator import Coordinator
from loadtests.generator.messages import Order
from loadtests.generator.users import LoadEnvironment, LoadUser
from loadtests.generator.worker import Worker


def main() -> None:
    """Carry out orders until there are no more, or those of a master."""
    options = _parser().parse_args()
    # Samples are numbers in arrays: there is nothing to collect, but looking for it takes milliseconds.
    gc.disable()
    environment = LoadEnvironment(
        user_classes=[LoadUser],
        events=Events(),  # type: ignore[no-untyped-call]
        stop_timeout=0,  # users end by themselves; Locust lets a worker rest so long after each order
        catch_exceptions=False,
    )
    if options.join:
        if options.leash:
            gevent.spawn(_end_with_stdin)
        host, _, port = options.join.rpartition(":")
        worker = environment.create_worker_runner(host, int(port))
        Worker(environment, worker)
        worker.greenlet.join()
        return
    expected = options.workers or options.expect_workers
    if expected:
        # Workers of our own need no port that others can reach.
        master = environment.create_master_runner("127.0.0.1" if options.workers else "*", options.port)
        # Nobody else tells workers elsewhere that it is over.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        try:
            with _workers(options.workers, options.port, options.cores):
                _obey(Coordinator(environment, master, expected))
        finally:
            master.quit()
        return
    runner = environment.create_local_runner()
    coordinator = Coordinator(environment, runner, 0)
    Worker(environment, runner)
    _obey(coordinator)


def _end_with_stdin() -> None:
    """End at once when the master does, killed or not; missing heartbeats are noticed after a minute."""
    wait_read(sys.stdin.fileno())  # nothing is ever written there
    os._exit(1)


def _obey(coordinator: Coordinator) -> None:
    for line in iter(sys.stdin.readline, ""):
        outcome = coordinator.carry_out(Order.model_validate_json(line))
        sys.stdout.write(outcome.model_dump_json() + "\n")
        sys.stdout.flush()


@contextmanager
def _workers(count: int, port: int, cores: Sequence[int]) -> Iterator[None]:
    """Run workers here, each on the next of these cores, where there are any."""
    command = [sys.executable, "-m", "loadtests.generator", "--join", f"127.0.0.1:{port}", "--leash"]
    # Nothing of theirs may stand among our answers.
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(count):
            if cores:
                os.sched_setaffinity(0, {cores[number % len(cores)]})
            processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr))
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.generator",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    role = parser.add_mutually_exclusive_group()
    role.add_argument("--workers", type=int, default=0, metavar="N", help="start so many workers here")
    role.add_argument("--expect-workers", type=int, default=0, metavar="N", help="wait for so many workers")
    role.add_argument("--join", metavar="HOST:PORT", help="be a worker of the master there")
    parser.add_argument(
        "--leash", action="store_true", help="with --join: end as soon as standard input does"
    )
    parser.add_argument(
        "--cores", type=int, nargs="+", default=[], metavar="N", help="with --workers: where they run"
    )
    parser.add_argument("--port", type=int, default=5557, help="of the master (%(default)s)")
    return parser


if __name__ == "__main__":
    main()
