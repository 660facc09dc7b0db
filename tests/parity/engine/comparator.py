"""When two answers are the same, and how a difference is shown.

Dropped before comparing, because it belongs to the server alone or HTTP gives it no meaning for the client:
`Date` (RFC 9110, 6.6.1), `Server` (10.2.4), `Connection` and `Keep-Alive` (7.6.1), the reason phrase (RFC
9112, 4), the case of header names (RFC 9110, 5.1) and the order of headers with different names (5.3). One
number in gunicorn's own page for a request line that is too long, how much of it had been read by then, which
depends on how TCP cut it, is compared as `N`.
Everything else is compared exactly: the number of responses, the version and status of each, each other
header with its value, every byte of the body, and whether the connection lives on. How a body was framed
shows in its headers only.
"""

import re
from dataclasses import dataclass, replace
from itertools import zip_longest

from tests.parity.engine.exchange import Answer, Response

DROPPED = {b"date", b"server", b"connection", b"keep-alive"}
READ_SO_FAR = re.compile(rb"(?<=Request Line is too large \()\d+(?= &gt; \d+\))")
CONTEXT_BYTES = 40


@dataclass(frozen=True, slots=True)
class Difference:
    """Two answers as compared, and where they part; `offset` counts bytes of the text compared."""

    offset: int
    first: bytes
    second: bytes

    def __str__(self) -> str:
        """Show both sides around the first byte that differs."""
        begin = max(0, self.offset - CONTEXT_BYTES)
        end = self.offset + CONTEXT_BYTES
        return (
            f"first difference at byte {self.offset}:\n"
            f"  A …{self.first[begin:end]!r}\n"
            f"  B …{self.second[begin:end]!r}\n"
            f"A answered\n{_indented(self.first)}\n"
            f"B answered\n{_indented(self.second)}"
        )


def compare(first: Answer, second: Answer) -> Difference | None:
    """Return where two answers differ, or None where they are the same."""
    a, b = normalised(first), normalised(second)
    if a == b:
        return None
    pairs = enumerate(zip_longest(a, b))
    offset = next(number for number, (left, right) in pairs if left != right)
    return Difference(offset, a, b)


def normalised(answer: Answer) -> bytes:
    """Write an answer without what is dropped, headers sorted by name; equal text means equal answers."""
    return b"".join(map(_written, map(steady, answer.responses))) + f"({answer.end})".encode()


def summary(answer: Answer) -> str:
    """Say in one line what came: status, media type and length of each response, then open or closed."""
    parts = []
    for response in map(steady, answer.responses):
        media_type = (response.header(b"content-type") or b"no type").decode("latin-1")
        # Said only where it is not the usual one.
        version = "" if response.version == b"HTTP/1.1" else f"{response.version.decode('latin-1')} "
        parts.append(f"{version}{response.status} {media_type} {len(response.body)} B")
    return ", ".join([*parts, str(answer.end)])


def steady(response: Response) -> Response:
    """Return a response without the number that depends on how TCP cut the request."""
    body = READ_SO_FAR.sub(b"N", response.body)
    if body == response.body:
        return response
    before, after = (str(len(text)).encode() for text in (response.body, body))
    headers = tuple(
        (name, after if (name.lower(), value) == (b"content-length", before) else value)
        for name, value in response.headers
    )
    return replace(response, headers=headers, body=body)


def _written(response: Response) -> bytes:
    kept = [(name.lower(), value) for name, value in response.headers if name.lower() not in DROPPED]
    # Sorted by name only: the order of equal names has a meaning (RFC 9110, 5.3).
    lines = [name + b": " + value for name, value in sorted(kept, key=lambda header: header[0])]
    return b"\r\n".join([b"%b %d" % (response.version, response.status), *lines, b"", response.body, b""])


def _indented(text: bytes) -> str:
    return "\n".join(f"  {line}" for line in text.decode("utf-8", "backslashreplace").splitlines())
