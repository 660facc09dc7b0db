"""A request whose framing is valid, in parts that can be changed one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

Header = tuple[bytes, bytes]
FRAMING = {b"content-length", b"transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; `headers` are all but those of the framing, `chunks` is 0 for `Content-Length`."""

    method: str
    target: str
    headers: Sequence[Header]
    body: bytes | None = None
    chunks: int = 0

    @classmethod
    def of(cls, written: bytes) -> "Request":
        """Read a request that was written here; its chunks have no extensions and no trailers."""
        head, _, rest = written.partition(b"\r\n\r\n")
        request_line, *lines = head.split(b"\r\n")
        method, target, _ = request_line.decode().split(" ", 2)
        headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
        framing = {name.lower() for name, _ in headers} & FRAMING
        others = [header for header in headers if header[0].lower() not in FRAMING]
        if b"transfer-encoding" in framing:
            return cls(method, target, others, *_joined(rest))
        return cls(method, target, others, rest if framing else None)

    def written(self) -> bytes:
        """Write the request as it is sent."""
        lines = [f"{self.method} {self.target} HTTP/1.1".encode()]
        lines += [name + b": " + value for name, value in self.headers]
        if self.body is None:
            return b"\r\n".join([*lines, b"", b""])
        if not self.chunks:
            return b"\r\n".join([*lines, b"Content-Length: %d" % len(self.body), b"", self.body])
        size = len(self.body) // self.chunks + 1
        pieces = [self.body[begin : begin + size] for begin in range(0, len(self.body), size)]
        framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        return b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", framed + b"0\r\n", b""])


def _joined(framed: bytes) -> tuple[bytes, int]:
    """Join the chunks of a body, and count them."""
    pieces = []
    while size := int(framed[: (end := framed.index(b"\r\n"))], 16):
        pieces.append(framed[end + 2 : end + 2 + size])
        framed = framed[end + 2 + size + 2 :]
    return b"".join(pieces), max(1, len(pieces))
