"""Find the number of threads that serves Flask best: `make threads`.

One service for each number, all on one core, loaded one after the other in every round. More threads raise
the ceiling of `wait` (threads ÷ delay), and take turns at the interpreter.
"""

import os
import selectors
import socket
import sys
import time
from contextlib import ExitStack
from statistics import median

from loadtests.host.processes import cores
from tests.experiments.glue import connect
from tests.services import COMMANDS, free_port, start, stop

THREADS = (4, 8, 16, 32, 48, 64, 96)
ROUNDS = 11
WINDOW_S = 1.0
CONNECTIONS = 128
WAIT_MS = 50
REQUESTS = {
    "index": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "wait": b"GET /wait?ms=50 HTTP/1.1\r\nHost: x\r\n\r\n",
}


def main() -> int:
    """Print requests per second on both operations for each number of threads."""
    server_core, generator_core = cores()
    if server_core is None or generator_core is None:
        sys.stderr.write("tests.experiments.threads: two cores are needed\n")
        return 2
    os.sched_setaffinity(0, {generator_core})
    rates: dict[tuple[int, str], list[float]] = {(n, name): [] for n in THREADS for name in REQUESTS}
    with ExitStack() as stack:
        services = {}
        for number in THREADS:
            port = free_port()
            process = start([*COMMANDS["flask"], "--port", str(port), "--threads", str(number)])
            stack.callback(stop, process)
            connect(port).close()
            for pid in (process.pid, *children(process.pid)):
                os.sched_setaffinity(pid, {server_core})
            services[number] = port
        for turn in range(ROUNDS):
            for number in THREADS if turn % 2 else reversed(THREADS):
                for name, request in REQUESTS.items():
                    rates[number, name].append(throughput(services[number], request))
    ceiling = 1000 / WAIT_MS
    sys.stdout.write(f"threads  index /s   wait {WAIT_MS} ms /s   its ceiling /s\n")
    for number in THREADS:
        index, wait = (median(rates[number, name]) for name in REQUESTS)
        sys.stdout.write(f"{number:7} {index:9.0f} {wait:14.0f} {min(number, CONNECTIONS) * ceiling:16.0f}\n")
    sys.stdout.write(f"medians of {ROUNDS} rounds of {WINDOW_S:g} s, {CONNECTIONS} kept-alive connections\n")
    return 0


def children(pid: int) -> list[int]:
    """Return the worker processes of a service."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def throughput(port: int, request: bytes) -> float:
    """Load a service with one request in flight on each connection; return answers per second."""
    answers = 0
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            connection.sendall(request)
            selector.register(connection, selectors.EVENT_READ)
        begin_s = time.monotonic()
        while (elapsed_s := time.monotonic() - begin_s) < WINDOW_S:
            for key, _ in selector.select(timeout=1):
                ready: socket.socket = key.fileobj  # type: ignore[assignment]  # what was registered
                received = ready.recv(4096)
                if not received:
                    raise ConnectionError("the service closed the connection")
                # The body is a piece of its own or comes with the headers; either way it ends in a brace.
                if received.endswith(b"}"):
                    answers += 1
                    ready.sendall(request)
    return answers / elapsed_s


if __name__ == "__main__":
    sys.exit(main())
