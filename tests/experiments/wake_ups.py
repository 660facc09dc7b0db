"""Why one generator gets more out of a server than another: `python -m tests.experiments.wake_ups`.

One closed-loop client on bare sockets loads each service alone. It turns an answer into the next request at
once, or stays busy for a while first; and it either sleeps until an answer comes, as every generator does, or
asks the kernel again and again and never sleeps. Nothing else differs: what the server pays for a request
follows from how often the client has to be woken, and from how often the server itself goes to sleep.
"""

import argparse
import os
import re
import resource
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import psutil

from loadtests.backends.health import START_TIMEOUT_S, await_answer, free_port
from loadtests.backends.tree import Tree
from loadtests.errors import Refusal
from loadtests.host.interruption import Interrupted, Interruption
from loadtests.host.processes import Processes, cores
from loadtests.inference import ratio
from loadtests.scenarios import INDEX
from loadtests.targets import Target, address, authority, targets
from tests.services import COMMANDS

LEVELS = (1, 16)
"""Requests in flight."""
ROUNDS = 7
SETTLE_S = 0.15
WINDOW_S = 0.6
TIMEOUT_S = 10
RECEIVED_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Client:
    """How a client behaves between an answer and the next request."""

    title: str
    turn_s: float = 0.0
    """How long it is busy before it sends again."""
    sleeps: bool = True


CLIENTS = (
    Client("answers at once"),
    Client("busy 25 µs first", 25e-6),
    Client("busy 50 µs first", 50e-6),
    Client("never sleeps", sleeps=False),
)


class Service:
    """One of the two as a process, alone on the servers' core with the other, which rests meanwhile."""

    def __init__(self, processes: Processes, core: int, target: Target) -> None:
        self.target = replace(target, url=f"http://127.0.0.1:{free_port()}")
        self.address = address(self.target.url)
        command = [*COMMANDS[target.name], "--host", "127.0.0.1", "--port", str(self.address[1])]
        quiet = subprocess.DEVNULL
        process = processes.start(command, core=core, environ={"ACCESS_LOG": "0"}, stdout=quiet, stderr=quiet)
        await_answer(self.target, START_TIMEOUT_S, lambda: None if process.poll() is None else "it has ended")
        self._tree = Tree(process.pid)
        self._processes = [
            one.pid for one in (psutil.Process(process.pid), *psutil.Process(process.pid).children())
        ]

    def cpu_s(self) -> float:
        """Return the CPU time that it has used.

        Raises:
            Refusal: it has ended.
        """
        cpu_s = self._tree.cpu_s()
        if cpu_s is None:
            raise Refusal(f"{self.target.title} has ended")
        return cpu_s

    def sleeps(self) -> int:
        """Return how often its threads have gone to sleep: switches that they wanted."""
        texts = [
            status.read_text()
            for pid in self._processes
            for status in Path(f"/proc/{pid}/task").glob("*/status")
        ]
        return sum(
            int(re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE)[0]) for text in texts
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one window, each for one request."""

    server_cpu_s: float
    server_sleeps: float
    client_sleeps: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each client, level and service."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.experiments.wake_ups",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(arguments)
    server_core, core = cores()
    if server_core is None or core is None:
        sys.stderr.write(f"{parser.prog}: two cores are needed, one for the service and one for the client\n")
        return 2
    interruption = Interruption()
    try:
        with interruption.handle_signals(), Processes(interruption) as processes:
            services = [Service(processes, server_core, target) for target in targets({})]
            os.sched_setaffinity(0, {core})
            print(f"{'in flight':19}{'client':20}{'CPU µs':>8}  {'÷ first':17}{'server':>8}{'client':>8}")
            for service in services:
                for level in LEVELS:
                    print("\n".join(compared(service, level)), flush=True)
    except (Refusal, OSError) as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return 2
    except Interrupted:
        sys.stderr.write(f"{parser.prog}: stopped before the end\n")
        return 130
    print("CPU of the server; how often server and client went to sleep; all for one request")
    print(f"medians of {ROUNDS} rounds; ratios from pairs of rounds, with their 95 % intervals")
    return 0


def compared(service: Service, level: int) -> list[str]:
    """Let all clients load a service in turn; return a line for each."""
    found: dict[Client, list[Reading]] = {client: [] for client in CLIENTS}
    for number in range(ROUNDS):
        for client in CLIENTS[:: 1 if number % 2 else -1]:
            found[client].append(load(service, level, client))
    first = [reading.server_cpu_s for reading in found[CLIENTS[0]]]
    written = []
    for client, readings in found.items():
        costs = [reading.server_cpu_s for reading in readings]
        interval = ratio(first, costs)
        assert interval is not None, "seven rounds are enough"
        written.append(
            f"{service.target.title:8} {level:8}  {client.title:20}{median(costs) * 1e6:8.0f}  "
            f"{interval.estimate:.2f} [{interval.low:.2f}, {interval.high:.2f}]"
            f"{median(reading.server_sleeps for reading in readings):8.2f}"
            f"{median(reading.client_sleeps for reading in readings):8.2f}"
        )
    return written


def load(service: Service, level: int, client: Client) -> Reading:
    """Keep a request in flight on each connection, and read the clocks of the window that follows settling.

    Raises:
        Refusal: the service has ended, or does not answer.
    """
    request = INDEX.written(authority(service.target.url))
    with ExitStack() as stack, select.epoll() as poll:
        connections = {}
        for _ in range(level):
            connection = stack.enter_context(socket.create_connection(service.address, TIMEOUT_S))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            # Asked once alone: a connection that has been answered is one that the server has accepted.
            connection.sendall(request)
            while not ends(connection.recv(RECEIVED_BYTES)):
                pass
            poll.register(connection, select.EPOLLIN)
            connections[connection.fileno()] = connection
        for connection in connections.values():
            connection.sendall(request)
        repeat(poll, connections, request, client, SETTLE_S)
        cpu_s, sleeps, own = service.cpu_s(), service.sleeps(), _own_sleeps()
        answers = repeat(poll, connections, request, client, WINDOW_S)
        return Reading(
            (service.cpu_s() - cpu_s) / answers,
            (service.sleeps() - sleeps) / answers,
            (_own_sleeps() - own) / answers,
        )


def repeat(
    poll: select.epoll,
    connections: Mapping[int, socket.socket],
    request: bytes,
    client: Client,
    duration_s: float,
) -> int:
    """Turn every answer into a request for a while; return how many answers there were.

    Raises:
        ConnectionError: the server closed a connection.
        TimeoutError: nothing has come for long.
    """
    answers, timeout_s = 0, TIMEOUT_S if client.sleeps else 0
    end_s = time.perf_counter() + duration_s
    while time.perf_counter() < end_s:
        ready = poll.poll(timeout_s)
        if client.sleeps and not ready:
            raise TimeoutError(f"no answer came within {TIMEOUT_S} s")
        for number, _ in ready:
            connection = connections[number]
            if ends(connection.recv(RECEIVED_BYTES)):
                again_s = time.perf_counter() + client.turn_s
                while time.perf_counter() < again_s:
                    pass
                connection.sendall(request)
                answers += 1
    return answers


def ends(received: bytes) -> bool:
    """Whether an answer ends here; its head and its body may come in two pieces.

    Raises:
        ConnectionError: the server closed the connection.
    """
    if not received:
        raise ConnectionError("the service closed a connection")
    return received.endswith(INDEX.answer)


def _own_sleeps() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


if __name__ == "__main__":
    sys.exit(main())
