"""Clients that ask the service again and again until they are stopped; know nothing of what is in between."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from threading import Event, Thread

from tests.parity.engine.exchange import Address

MESSAGE = b'{"msg":"again"}'
# Method, target, body, and the only right answer.
REQUESTS = (
    ("GET", "/", None, b'{"msg":"Success!"}'),
    ("GET", "/wait?ms=20", None, b'{"msg":"Success!","waited_ms":20}'),
    ("POST", "/echo", MESSAGE, MESSAGE),
)
HEADERS = {"Content-Type": "application/json"}


class Loader(Thread):
    """One connection, one request at a time, without a pause."""

    def __init__(self, address: Address) -> None:
        super().__init__(daemon=True)
        self.answered = 0
        self.faults: list[str] = []
        self._address = address
        self._stopping = Event()

    def run(self) -> None:
        """Ask until told to stop, or until the connection breaks."""
        with closing(HTTPConnection(*self._address, timeout=30)) as connection:
            for method, target, body, expected in cycle(REQUESTS):
                if self._stopping.is_set():
                    return
                try:
                    connection.request(method, target, body, HEADERS if body else {})
                    response = connection.getresponse()
                    answer = response.status, response.read()
                except (OSError, HTTPException) as error:
                    self.faults.append(f"{method} {target}: {error!r}")
                    return
                if answer != (200, expected):
                    self.faults.append(f"{method} {target}: {answer}")
                self.answered += 1

    def stop(self) -> None:
        """Let it end."""
        self._stopping.set()
        self.join(30)


class Load:
    """So many clients at once."""

    def __init__(self, address: Address, clients: int) -> None:
        self._loaders = [Loader(address) for _ in range(clients)]

    @property
    def answered(self) -> int:
        """The number of answers so far."""
        return sum(loader.answered for loader in self._loaders)

    @property
    def faults(self) -> list[str]:
        """What was answered wrongly or not at all."""
        return [fault for loader in self._loaders for fault in loader.faults]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ask until the end of the block."""
        for loader in self._loaders:
            loader.start()
        try:
            yield
        finally:
            for loader in self._loaders:
                loader.stop()
