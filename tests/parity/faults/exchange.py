"""A request and its answer as a fault sees them, the same for both frameworks."""

from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(slots=True)
class Request:
    """What was asked; method, path and query reach the app as they are when it is called."""

    method: str
    path: str  # percent-decoded
    query: str  # as it was sent
    version: str  # "1.0" or "1.1"
    headers: dict[str, str]  # names in lower case
    body: bytes = b""  # as much as the app has read of it, known once it has answered


@dataclass(slots=True)
class Response:
    """What is answered; names of headers in lower case."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    closes: bool = False  # whether the connection ends behind it

    def rewrite(self, body: bytes) -> None:
        """Exchange the body; an answer to HEAD has none, and says the length it would have."""
        if "content-length" in self.headers:
            length = int(self.headers["content-length"]) + len(body) - len(self.body)
            self.headers["content-length"] = str(length)
            self.body = body

    def become(self, status: int, body: bytes, media_type: str = "application/problem+json") -> None:
        """Turn into another answer, keeping the headers that do not describe its content."""
        self.status = status
        self.headers |= {"content-type": media_type, "content-length": str(len(body))}
        self.body = body

    @property
    def phrase(self) -> str:
        """Return the reason phrase that belongs to the status."""
        return HTTPStatus(self.status).phrase


@dataclass(slots=True)
class Exchange:
    """One request and, once the app has answered, its response."""

    request: Request
    response: Response = field(default_factory=Response)
