"""Two kept-alive connections that are asked the same at the same time; knows nothing of what is asked."""

from collections import deque
from dataclasses import dataclass, field

from tests.parity.engine.comparator import Difference, compare
from tests.parity.engine.exchange import Address, Answer, Connection, End, Response, Unreadable

TIMEOUT_S = 15.0


@dataclass(slots=True)
class Pair:
    """Connections to both services, opened again after either closes.

    `history` holds the last requests that were sent, the latest at the end: a side that closes without saying
    so is seen at the request after the one that made it close.
    """

    first: Address
    second: Address
    timeout_s: float = TIMEOUT_S
    history: deque[bytes] = field(default_factory=lambda: deque(maxlen=2))
    _connections: tuple[Connection, Connection] | None = field(init=False, default=None)

    def ask(self, request: bytes) -> Difference | None:
        """Send one whole request to both and compare their answers; raises OSError as both do."""
        self.send(request)
        return self.receive()

    def send(self, request: bytes) -> None:
        """Send one whole request to both; `receive` must be next.

        Raises:
            OSError: a service cannot be reached.
        """
        if self._connections is None:
            self._connections = self._connect()
        self.history.append(request)
        for connection in self._connections:
            connection.send([request])

    def receive(self) -> Difference | None:
        """Read and compare the answers to the request that was sent last.

        Raises:
            OSError: neither side gave an answer that can be read, which says nothing about the two.
        """
        assert self._connections is not None
        head = self.history[-1].startswith(b"HEAD ")
        first, second = (_answer(connection, head) for connection in self._connections)
        if first.end != End.OPEN or second.end != End.OPEN:
            self.close()
        if first.end == second.end and first.end in {End.SILENT, End.CONFUSED}:
            request = self.history[-1][:80]
            raise OSError(f"neither gave a readable answer within {self.timeout_s:g} s to {request!r}")
        return compare(first, second)

    def close(self) -> None:
        """Give both connections back; the next request opens new ones."""
        for connection in self._connections or ():
            connection.close()
        self._connections = None

    def _connect(self) -> tuple[Connection, Connection]:
        first = Connection(self.first, self.timeout_s)
        try:
            return first, Connection(self.second, self.timeout_s)
        except OSError:
            first.close()
            raise


def _answer(connection: Connection, head: bool) -> Answer:
    """Read the responses to one request and whether the connection is meant to live on."""
    responses: list[Response] = []
    try:
        while not responses or responses[-1].status < 200:
            response = connection.read(head=head)
            if response is None:
                return Answer(tuple(responses), End.CLOSED)
            responses.append(response)
    except TimeoutError:
        return Answer(tuple(responses), End.SILENT)
    except Unreadable:
        return Answer(tuple(responses), End.CONFUSED)
    closing = b"close" in (responses[-1].header(b"connection") or b"").lower()
    return Answer(tuple(responses), End.CLOSED if closing else End.OPEN)
