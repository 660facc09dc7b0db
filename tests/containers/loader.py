"""A client that asks the service again and again until it is stopped; knows nothing of what is in between."""

from contextlib import closing
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from threading import Event, Lock, Thread

from tests.parity.exchange import Address

MESSAGE = b'{"msg":"again"}'
# Method, target, body, and the only right answer.
REQUESTS = (
    ("GET", "/", None, b'{"msg":"Success!"}'),
    ("GET", "/wait?ms=20", None, b'{"msg":"Success!","waited_ms":20}'),
    ("POST", "/echo", MESSAGE, MESSAGE),
)
HEADERS = {"Content-Type": "application/json"}
REST_S = 0.001


class Loader(Thread):
    """One connection, one request at a time; whoever holds `turn` knows that nothing is in flight."""

    def __init__(self, address: Address) -> None:
        super().__init__(daemon=True)
        self.turn = Lock()
        self.answered = 0
        self.faults: list[str] = []
        self._address = address
        self._stopping = Event()

    def run(self) -> None:
        """Ask until told to stop, or until the connection breaks."""
        with closing(HTTPConnection(*self._address, timeout=30)) as connection:
            for method, target, body, expected in cycle(REQUESTS):
                # Outside of the turn, or nobody else would ever get it.
                if self._stopping.wait(REST_S):
                    return
                with self.turn:
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
