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
        return fault(
            (server, self.status, self.content_type, self.answer),
            (headers.get("server"), status, headers.get("content-type"), body),
        )


Answer = tuple[str | None, int, str | None, bytes]
"""Server, status, content type and body."""


def fault(expected: Answer, found: Answer) -> str | None:
    """Say what is wrong with an answer, or return None; a server is expected only where one is named."""
    names = ("answer is from", "status is", "content type is", "body is")
    for name, wanted, came in zip(names, expected, found, strict=True):
        if wanted != came and (wanted is not None or name != names[0]):
            wanted, came = (one[:80] if isinstance(one, bytes) else one for one in (wanted, came))
            return f"the {name} {came!r} instead of {wanted!r}"
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
