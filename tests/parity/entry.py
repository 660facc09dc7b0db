"""One entry of the corpus as it is written, and the cases that it stands for.

The request is written in one of four ways, always as latin-1, so that every character is one byte:

    send: "GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"   the bytes
    pieces: ["GET / HT", "TP/1.1\\r\\n…"]            the bytes, each piece a packet of its own
    get: "/wait?ms=1"                              GET with this target and `Host: x`
    echo: '{"msg":"a"}'                            POST /echo with this body, as JSON with its length

`patience_s` is how long an answer is waited for that one of the servers never gives.
With `late: true` the pieces come so far apart that the application has answered what it can in between.
`fields` adds header lines to the last two. A long run is written `{repeat: "a", times: 65536}`, alone or in a
list with strings around it.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tests.parity.engine.case import Case, Layer, Level
from tests.parity.engine.exchange import PIECE_PAUSE_S, Answer, End, Response
from tests.parity.expected import expected

LATE_S = 0.1


class Run(BaseModel):
    """The same characters many times."""

    model_config = ConfigDict(extra="forbid")

    repeat: str = Field(min_length=1)
    times: int = Field(ge=1, le=10_000_000)


Text = str | Run | list[str | Run]
Written = str | dict[str, object]


class Entry(BaseModel):
    """An entry as it stands in the file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$")]
    what: Annotated[str, Field(min_length=3, max_length=120)]
    rfc: Annotated[str, Field(pattern=r"^(RFC \d{4}, (section )?[A-Z0-9.]+|contract)$")]
    level: Level
    layer: Layer
    send: Text | None = None
    pieces: list[str] | None = None
    get: str | None = None
    echo: Text | None = None
    fields: list[str] = []
    split: Literal["at every byte"] | None = None
    count: int = Field(default=1, ge=1, le=20)
    half_close: bool = False
    heads: list[bool] | None = None
    late: bool = False
    patience_s: Annotated[int, Field(ge=1)] | None = None
    expect: Written | list[Written] | None = None
    end: Literal["open", "closed"] | None = None

    @model_validator(mode="after")
    def is_one_request(self) -> Self:
        """Refuse an entry that is ambiguous, or that does not say what its layer must."""
        if sum(way is not None for way in (self.send, self.pieces, self.get, self.echo)) != 1:
            raise ValueError("exactly one of send, pieces, get and echo says what is sent")
        if self.late and self.pieces is None:
            raise ValueError("only pieces can be late")
        if self.fields and self.get is None and self.echo is None:
            raise ValueError("fields belong to get and echo")
        if (self.layer == "application") != (self.expect is not None):
            raise ValueError("the application's answer must be there, and the server's must not")
        if self.end is not None and self.expect is None:
            raise ValueError("end belongs to expect")
        if self.split is not None and (self.pieces is not None or self.count > 1):
            raise ValueError("only one whole request can be split")
        if self.heads is not None and len(self.heads) != self.count:
            raise ValueError("heads needs one value for each response")
        if isinstance(self.expect, list) and len(self.expect) != self.count:
            raise ValueError("expect needs one answer for each response")
        return self

    def cases(self) -> Iterator[Case]:
        """Yield the case, or one for every place at which its request is cut and one in single bytes."""
        pieces = self._pieces()
        if self.split is None:
            yield self._case(self.id, pieces)
            return
        request = b"".join(pieces)
        for place in range(1, len(request)):
            yield self._case(f"{self.id}@{place}", (request[:place], request[place:]))
        yield self._case(f"{self.id}@each", tuple(request[i : i + 1] for i in range(len(request))))

    def _case(self, name: str, pieces: tuple[bytes, ...]) -> Case:
        request = b"".join(pieces)
        heads = tuple(self.heads) if self.heads else (request.startswith(b"HEAD "),) * self.count
        family = self.id.partition(".")[0]
        answer = self._answer(heads)
        return Case(
            name, family, self.what, self.rfc, self.level, self.layer,
            pieces, self.count, self.half_close, heads, answer,
            LATE_S if self.late else PIECE_PAUSE_S, self.patience_s,
        )  # fmt: skip

    def _pieces(self) -> tuple[bytes, ...]:
        added = "".join(f"{line}\r\n" for line in self.fields)
        if self.pieces is not None:
            return tuple(in_bytes(piece) for piece in self.pieces)
        if self.send is not None:
            return (in_bytes(self.send),)
        if self.get is not None:
            return (in_bytes(f"GET {self.get} HTTP/1.1\r\nHost: x\r\n{added}\r\n"),)
        body = in_bytes(self.echo or "")
        head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        return (in_bytes(f"{head}{added}Content-Length: {len(body)}\r\n\r\n") + body,)

    def _answer(self, heads: tuple[bool, ...]) -> Answer | None:
        if self.expect is None:
            return None
        written = self.expect if isinstance(self.expect, list) else [self.expect] * self.count
        responses = tuple(_without_body(expected(w), head) for w, head in zip(written, heads, strict=True))
        return Answer(responses, End(self.end or "open"))


def _without_body(response: Response, head: bool) -> Response:
    return Response(response.status, response.headers, b"") if head else response


def in_bytes(text: Text) -> bytes:
    """Return what is sent for a text: latin-1, so that every character is one byte."""
    if isinstance(text, list):
        return b"".join(in_bytes(part) for part in text)
    return text.repeat.encode("latin-1") * text.times if isinstance(text, Run) else text.encode("latin-1")
