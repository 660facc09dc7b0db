"""The operations as load calls them, and what each must answer, byte for byte; sends nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SCENARIOS = ("index", "echo", "wait")
"""What a comparison measures, in the order of its table."""

DEFAULT_WAIT_MS = 20
MAX_WAIT_MS = 10_000


@dataclass(frozen=True, slots=True)
class Operation:
    """One request and its only right answer."""

    name: str
    method: str
    path: str
    answer: bytes
    body: bytes | None = None
    # No coding asked for: what is compared is the body as it was sent.
    headers: dict[str, str] = field(default_factory=lambda: {"Accept-Encoding": "identity"})
    status: int = 200
    content_type: str | None = "application/json"
    delay_s: float = 0.0
    """How long the handler waits for something before it answers."""

    @property
    def request(self) -> str:
        """Method and target, as a reader knows them."""
        return f"{self.method} {self.path}"

    def written(self, host: str) -> bytes:
        """Write the request as HTTP/1.1 sends it; `host` is the value of its Host header."""
        headers = {"Host": host, **self.headers}
        if self.body is not None:
            headers["Content-Length"] = str(len(self.body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + (self.body or b"")

    def fault(self, server: str | None, status: int, headers: Mapping[str, str], body: bytes) -> str | None:
        """Say what is wrong with an answer, or return None; the header names must match in any case.

        `server` is what the Server header must say, None where anything will do.
        """
        if server is not None and headers.get("server") != server:
            return f"the answer is from {headers.get('server')!r} instead of {server!r}"
        if status != self.status:
            return f"the status is {status} instead of {self.status}"
        if headers.get("content-type") != self.content_type:
            return f"the content type is {headers.get('content-type')!r} instead of {self.content_type!r}"
        if body != self.answer:
            return f"the body is {body[:80]!r} instead of {self.answer[:80]!r}"
        return None


INDEX = Operation("index", "GET", "/", b'{"msg":"Success!"}')
HEALTHZ = Operation("healthz", "GET", "/healthz", b'{"status":"ok"}')
ECHO = Operation(
    "echo",
    "POST",
    "/echo",
    # Not only ASCII, so that a server that escapes is seen.
    answer='{"msg":"Grüße, 世界"}'.encode(),
    body='{"msg":"Grüße, 世界"}'.encode(),
    headers={"Accept-Encoding": "identity", "Content-Type": "application/json"},
)


def wait(wait_ms: int) -> Operation:
    """Ask the handler to wait so long, 0 to `MAX_WAIT_MS`."""
    answer = f'{{"msg":"Success!","waited_ms":{wait_ms}}}'.encode()
    return Operation("wait", "GET", f"/wait?ms={wait_ms}", answer, delay_s=wait_ms / 1000)


def operation(scenario: str, wait_ms: int) -> Operation:
    """Return the operation that a scenario repeats."""
    return {"index": INDEX, "echo": ECHO, "wait": wait(wait_ms)}[scenario]
