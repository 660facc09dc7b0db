"""One request as bytes, sent on a connection of its own, and what it is there for."""

from dataclasses import dataclass
from typing import Literal

from tests.parity.engine.exchange import PIECE_PAUSE_S, Answer

Level = Literal["MUST", "SHOULD", "MAY", "choice"]
Layer = Literal["application", "server"]


@dataclass(frozen=True, slots=True)
class Case:
    """One request as bytes, and what it is there for; `expected` is set where the application answers."""

    id: str
    family: str
    what: str
    rfc: str
    level: Level
    layer: Layer
    pieces: tuple[bytes, ...]
    count: int
    half_close: bool
    heads: tuple[bool, ...]
    expected: Answer | None
    pause_s: float = PIECE_PAUSE_S
    patience_s: float | None = None

    @property
    def request(self) -> bytes:
        """All the bytes that are sent."""
        return b"".join(self.pieces)
