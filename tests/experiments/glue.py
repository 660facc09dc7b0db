"""Compare each app with five lines on the same server, both loaded at once with equal requests: `make glue`.

A duet: both servers share one core and get the same requests in turn, so that whatever disturbs the machine
disturbs both alike. One round is one second; the figure is CPU time per request on `GET /`.
"""

import os
import socket
import sys
import time
from contextlib import ExitStack
from http.client import HTTPResponse
from statistics import geometric_mean

from loadtests.backends.tree import Tree
from loadtests.host.processes import cores
from loadtests.inference import ratio
from tests.services import COMMANDS, free_port, start, stop

STARTS = 7
"""Pairs of processes, one after the other: a start is one observation (DECISIONS.md, 17)."""
ROUNDS = 4
"""Of each start."""
ROUND_S = 1.0
CONNECTIONS = 8
START_TIMEOUT_S = 30
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
VARIANT = [sys.executable, "-m", "tests.experiments.bare"]
FIVE_LINES = {name: [*VARIANT, name] for name in COMMANDS}
COMPARED = {
    "Flask: ours": ("flask", COMMANDS["flask"]),
    "FastAPI: ours": ("fastapi", COMMANDS["fastapi"]),
    "FastAPI: five lines in an included router": ("fastapi", [*VARIANT, "fastapi-in-a-router"]),
    "FastAPI: ours without router and telemetry": (
        "fastapi",
        [*VARIANT, "fastapi-without-router-and-telemetry"],
    ),
}


def main() -> int:
    """Print a line for each variant: CPU time per request over that of five lines."""
    server_core, generator_core = cores()
    if server_core is None or generator_core is None:
        sys.stderr.write(
            "tests.experiments.glue: two cores are needed, one for both servers and one for the requests\n"
        )
        return 2
    os.sched_setaffinity(0, {generator_core})
    for name, (reference, command) in COMPARED.items():
        costs = [duet(FIVE_LINES[reference], command, server_core, start) for start in range(STARTS)]
        interval = ratio([a for a, _ in costs], [b for _, b in costs])
        assert interval is not None
        print(
            f"{name:42}  {interval.estimate:.3f} [{interval.low:.3f}, {interval.high:.3f}] times five lines",
            flush=True,
        )
    print(f"CPU per GET /, both loaded at once; {STARTS} starts of {ROUNDS} rounds of {ROUND_S:g} s")
    return 0


def duet(first: list[str], second: list[str], core: int, start_number: int) -> tuple[float, float]:
    """Load two services at once; return microseconds of CPU per request of each over one start of both.

    Which one is started first changes from start to start.
    """
    commands = (first, second) if start_number % 2 == 0 else (second, first)
    with ExitStack() as stack:
        ports = free_port(), free_port()
        processes = []
        for command, port in zip(commands, ports, strict=True):
            process = start([*command, "--port", str(port)])
            stack.callback(stop, process)
            os.sched_setaffinity(process.pid, {core})
            processes.append(process)
        pairs = [tuple(stack.enter_context(connect(port)) for port in ports) for _ in range(CONNECTIONS)]
        trees = [Tree(process.pid) for process in processes]
        load(pairs, ROUND_S * 2)
        rounds = []
        for _ in range(ROUNDS):
            before_s = [tree.cpu_s() or 0.0 for tree in trees]
            requests = load(pairs, ROUND_S)
            after_s = [tree.cpu_s() or 0.0 for tree in trees]
            rounds.append(
                [(end - begin) / requests * 1e6 for begin, end in zip(before_s, after_s, strict=True)]
            )
        one, other = (geometric_mean(costs) for costs in zip(*rounds, strict=True))
        return (one, other) if start_number % 2 == 0 else (other, one)


def load(pairs: list[tuple[socket.socket, ...]], duration_s: float) -> int:
    """Keep one request in flight on each connection; return how many each service has answered."""
    requests = 0
    order = 1
    end_s = time.monotonic() + duration_s
    while time.monotonic() < end_s:
        # Who is asked first takes turns: the second one finds the core awake, which is worth several percent.
        order = -order
        for pair in pairs:
            for connection in pair[::order]:
                connection.sendall(REQUEST)
        for pair in pairs:
            for connection in pair[::order]:
                read(connection)
        requests += len(pairs)
    return requests


def read(connection: socket.socket) -> None:
    """Read one answer; the connection carries nothing else."""
    received = b""
    while not received.endswith((b'{"msg":"Success!"}', b'{"msg":"Success!"}\n')):
        chunk = connection.recv(4096)
        if not chunk:
            raise ConnectionError("the service closed the connection")
        received += chunk


def connect(port: int) -> socket.socket:
    """Open a connection as soon as the service listens and answers."""
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            connection.sendall(REQUEST)
            response = HTTPResponse(connection)
            response.begin()
            response.read()
            return connection
        except OSError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
