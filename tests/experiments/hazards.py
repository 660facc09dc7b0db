"""What one client can do to all others when no proxy stands in front: `make hazards`.

Each hazard asks a service that has been started for it alone, over the loopback interface, with a bounded
number of connections. What is printed is what the server's design makes of it, not how fast a machine is.
"""

import argparse
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile

import psutil

from tests.contract.wire import read_response
from tests.services import COMMANDS, free_port, start, stop, wait_until_it_answers

INDEX = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CLOSING = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
ECHO = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n"
REFUSED = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"

IDLE = {
    "nothing sent": (b"", b""),
    "answered": (INDEX, b""),
    "body after its refusal": (REFUSED, b"body"),
    "stray CRLF after an answer": (INDEX, b"\r\n"),
    "half a request behind a whole one": (INDEX + INDEX[:9], b""),
}
"""Ways to leave a connection idle: what is sent first, and what is sent when that has been answered."""

HELD = {
    "nothing sent": (b"", b""),
    "half a head": (INDEX[:9], b""),
    "half a body": (ECHO + b"{", b""),
    "stray CRLF after an answer": (INDEX, b"\r\n"),
}
"""Ways to leave a request unfinished, in the same form."""

SETTLE_S = 0.3
ANSWER_TIMEOUT_S = 60
ASK_EVERY_S = 0.02
LINGER_EVERY_S = 2.0
WARM_UP_CONNECTIONS = 200

# The services' own commands have no option for it; what matters here beside it is as they set it.
SHORT_KEEP_ALIVE = {
    "flask": [
        *("gunicorn", "flask_app.app:create_app()", "--worker-class", "gthread", "--threads", "64"),
        *("--http-parser", "python", "--no-control-socket"),
    ],
    "fastapi": [
        *("uvicorn", "fastapi_app.app:create_app", "--factory", "--loop", "uvloop", "--http", "httptools"),
        *("--ws", "none", "--no-proxy-headers", "--no-access-log"),
    ],
}
KEEP_ALIVE_OPTIONS = {"flask": "--keep-alive", "fastapi": "--timeout-keep-alive"}


@dataclass(frozen=True, slots=True)
class Service:
    """A service that has been started: its first process, and the port on which it listens."""

    pid: int
    port: int

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_TIMEOUT_S)

    def memory_bytes(self) -> int:
        """Return the resident memory of all its processes."""
        process = psutil.Process(self.pid)
        return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))


@dataclass(frozen=True, slots=True)
class Lingering:
    """How many answers a client got in equal times, alone and beside one that does not close."""

    duration_s: float
    undisturbed: int
    disturbed: int

    @property
    def share(self) -> float:
        """The answers that were left, of those that there could have been."""
        return self.disturbed / self.undisturbed

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"{self.disturbed} answers in {self.duration_s:g} s beside one client that does not close, "
            f"{self.undisturbed} without it ({self.share:.0%})"
        )


@dataclass(frozen=True, slots=True)
class Idle:
    """After how many seconds each kind of idle connection was closed; None where it was left open."""

    keep_alive_s: int
    patience_s: float
    closed_s: dict[str, float | None]

    @property
    def left_open(self) -> set[str]:
        """The kinds that no timer ended."""
        return {kind for kind, seconds in self.closed_s.items() if seconds is None}

    def __str__(self) -> str:
        """Say it in a line."""
        closed = [f"{kind} ({s:.1f} s)" for kind, s in self.closed_s.items() if s is not None]
        left_open = [kind for kind in self.closed_s if kind in self.left_open]
        return (
            f"keep-alive {self.keep_alive_s} s; closed: {', '.join(closed) or 'none'}; "
            f"still open after {self.patience_s:g} s: {', '.join(left_open) or 'none'}"
        )


@dataclass(frozen=True, slots=True)
class Resets:
    """By how much the service grew over equal numbers of connections, closed properly and reset."""

    connections: int
    closed_bytes: int
    reset_bytes: int

    @property
    def kb_per_close(self) -> float:
        """What one connection cost that was closed properly."""
        return self.closed_bytes / self.connections / 1000

    @property
    def kb_per_reset(self) -> float:
        """What one connection cost that was reset."""
        return self.reset_bytes / self.connections / 1000

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"{self.kb_per_reset:.1f} kB kept for each of {self.connections:,} connections that were reset "
            f"after their answer, {self.kb_per_close:.1f} kB for each that was closed"
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long a request took behind clients that had asked for a delay and were gone."""

    clients: int
    delay_s: float
    next_s: float

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"the next request took {self.next_s:.2f} s after {self.clients} clients "
            f"had asked for a wait of {self.delay_s:g} s and left"
        )


@dataclass(frozen=True, slots=True)
class Held:
    """How long a request took beside as many unfinished ones of each kind; None: longer than was waited."""

    clients: int
    patience_s: float
    answered_s: dict[str, float | None]

    @property
    def stopped_by(self) -> set[str]:
        """The kinds beside which nobody was served."""
        return {kind for kind, seconds in self.answered_s.items() if seconds is None}

    def __str__(self) -> str:
        """Say it in a line."""
        told = [
            f"{kind} {'no answer' if seconds is None else f'{seconds:.1f} s'}"
            for kind, seconds in self.answered_s.items()
        ]
        return (
            f"a request beside {self.clients} connections, answered within {self.patience_s:g} s: "
            f"{', '.join(told)}"
        )


@contextmanager
def serving(name: str, keep_alive_s: int | None = None) -> Iterator[Service]:
    """Start a service on a free port, in production form unless a keep-alive is given; stop it afterwards."""
    port = free_port()
    # A file, not a pipe, which would fill up where a service logs every request.
    with TemporaryFile("w+") as output:
        process = start(command(name, port, keep_alive_s), output=output)
        try:
            try:
                wait_until_it_answers(port, process)
            except RuntimeError as error:
                output.seek(0)
                raise RuntimeError(f"{name}: {error}{output.read()}") from None
            yield Service(process.pid, port)
        finally:
            stop(process)


def command(name: str, port: int, keep_alive_s: int | None) -> list[str]:
    """Return the command that serves it."""
    if keep_alive_s is None:
        return [*COMMANDS[name], "--port", str(port)]
    place = ["--bind", f"127.0.0.1:{port}"] if name == "flask" else ["--port", str(port)]
    keep_alive = [KEEP_ALIVE_OPTIONS[name], str(keep_alive_s)]
    return [sys.executable, "-m", *SHORT_KEEP_ALIVE[name], *place, *keep_alive]


def lingering(name: str, duration_s: float = 10.0) -> Lingering:
    """Count the answers that a client gets alone, and beside one that does not close when it is told to."""
    with serving(name) as service:
        undisturbed = answers(service, duration_s, linger=False)
        return Lingering(duration_s, undisturbed, answers(service, duration_s, linger=True))


def answers(service: Service, duration_s: float, *, linger: bool) -> int:
    """Ask at a steady pace on one connection; return how many requests were answered in time."""
    answered = 0
    with ExitStack() as stack:
        connection = stack.enter_context(service.connect())
        begin_s = time.monotonic()
        lingering_from_s = begin_s
        while (left_s := begin_s + duration_s - time.monotonic()) > 0:
            if linger and time.monotonic() >= lingering_from_s:
                stack.enter_context(service.connect()).sendall(CLOSING)
                lingering_from_s += LINGER_EVERY_S
            connection.settimeout(left_s)
            connection.sendall(INDEX)
            try:
                read_response(connection)
            except TimeoutError:
                break
            answered += 1
            time.sleep(ASK_EVERY_S)
    return answered


def idle(name: str, keep_alive_s: int = 1, patience_s: float = 8.0) -> Idle:
    """Leave connections idle in several ways and see which are closed.

    gunicorn's keep-alive of a fresh connection begins when it has waited 5 s for a first byte.
    """
    closed_s: dict[str, float | None] = dict.fromkeys(IDLE)
    with (
        serving(name, keep_alive_s) as service,
        ExitStack() as stack,
        selectors.DefaultSelector() as selector,
    ):
        idle_since_s = {}
        for kind, (first, later) in IDLE.items():
            connection = stack.enter_context(service.connect())
            if first:
                connection.sendall(first)
                read_response(connection)
            connection.sendall(later)
            idle_since_s[kind] = time.monotonic()
            selector.register(connection, selectors.EVENT_READ, kind)
        end_s = time.monotonic() + patience_s
        while selector.get_map() and (left_s := end_s - time.monotonic()) > 0:
            for key, _ in selector.select(left_s):
                ready: socket.socket = key.fileobj  # type: ignore[assignment]  # what was registered
                if is_closed(ready):
                    closed_s[key.data] = time.monotonic() - idle_since_s[key.data]
                    selector.unregister(ready)
    return Idle(keep_alive_s, patience_s, closed_s)


def is_closed(ready: socket.socket) -> bool:
    """Read what has come; whether that was the end."""
    try:
        return not ready.recv(4096)
    except ConnectionResetError:
        return True


def resets(name: str, connections: int = 2_000) -> Resets:
    """Let so many connections be answered once and then close them, and as many again and reset them."""
    with serving(name) as service:
        # What the first requests of all bring into memory is no connection's.
        ask_once(service, WARM_UP_CONNECTIONS, reset=False)
        begin_bytes = service.memory_bytes()
        ask_once(service, connections, reset=False)
        closed_bytes = service.memory_bytes()
        ask_once(service, connections, reset=True)
        return Resets(connections, closed_bytes - begin_bytes, service.memory_bytes() - closed_bytes)


def ask_once(service: Service, connections: int, *, reset: bool) -> None:
    """Ask once on each of so many connections, one after the other; the last is always closed properly."""
    for number in range(connections):
        with closing(service.connect()) as connection:
            connection.sendall(INDEX)
            read_response(connection)
            if reset and number < connections - 1:
                reset_when_closed(connection)


def reset_when_closed(connection: socket.socket) -> None:
    """Let closing it drop everything and tell the peer so, at once."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def waiting(name: str, clients: int = 70, delay_ms: int = 5_000) -> Waiting:
    """Let clients ask for a delay and reset; time the next request on a new connection."""
    request = b"GET /wait?ms=%d HTTP/1.1\r\nHost: x\r\n\r\n" % delay_ms
    with serving(name) as service:
        for _ in range(clients):
            with closing(service.connect()) as connection:
                connection.sendall(request)
                # Linux still hands over what came before the reset.
                reset_when_closed(connection)
        begin_s = time.monotonic()
        with closing(service.connect()) as connection:
            connection.sendall(INDEX)
            read_response(connection)
        return Waiting(clients, delay_ms / 1000, time.monotonic() - begin_s)


def held(name: str, clients: int = 64, patience_s: float = 8.0, kinds: Sequence[str] = tuple(HELD)) -> Held:
    """Leave as many requests unfinished as Flask has threads, and time another one beside them."""
    return Held(clients, patience_s, {kind: beside(name, clients, patience_s, *HELD[kind]) for kind in kinds})


def beside(name: str, clients: int, patience_s: float, first: bytes, later: bytes) -> float | None:
    """Return how long a request takes beside those; None where it is not answered in time."""
    with serving(name) as service, ExitStack() as stack:
        for _ in range(clients):
            connection = stack.enter_context(service.connect())
            connection.sendall(first)
            if later:
                read_response(connection)
                connection.sendall(later)
        # A connection that was answered is given a thread once more has come on it, which takes a moment.
        time.sleep(SETTLE_S)
        begin_s = time.monotonic()
        new = stack.enter_context(service.connect())
        new.settimeout(patience_s)
        new.sendall(INDEX)
        try:
            read_response(new)
        except TimeoutError:
            return None
        return time.monotonic() - begin_s


HAZARDS: dict[str, Callable[[str], Lingering | Idle | Resets | Waiting | Held]] = {
    "held": held,
    "lingering": lingering,
    "idle": idle,
    "resets": resets,
    "waiting": waiting,
}


def main() -> int:
    """Print a line for each hazard and service."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.experiments.hazards", description=(__doc__ or "").partition(":")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(HAZARDS)}; default: all")
    names: list[str] = parser.parse_args().names
    unknown = [name for name in names if name not in HAZARDS]
    if unknown:
        sys.stderr.write(f"{parser.prog}: there is no hazard {unknown[0]!r}, only {', '.join(HAZARDS)}\n")
        return 2
    try:
        for hazard in names or HAZARDS:
            for service in COMMANDS:
                print(f"{hazard:9}  {service:7}  {HAZARDS[hazard](service)}", flush=True)
    except (OSError, RuntimeError) as error:
        sys.stderr.write(f"{parser.prog}: a service cannot be asked: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write(f"{parser.prog}: stopped before the end\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
