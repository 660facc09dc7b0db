"""Raw samples: when each request began and how long it took; knows nothing of who made them."""

import sys
from array import array
from dataclasses import dataclass, field
from pathlib import Path


def _floats() -> "array[float]":
    return array("d")


@dataclass(frozen=True, slots=True)
class Samples:
    """Two columns in seconds, a row for each verified answer as they came; the clock is `perf_counter`."""

    starts_s: "array[float]" = field(default_factory=_floats)
    latencies_s: "array[float]" = field(default_factory=_floats)

    def add(self, start_s: float, latency_s: float) -> None:
        """Append one request."""
        self.starts_s.append(start_s)
        self.latencies_s.append(latency_s)

    def within(self, begin_s: float, end_s: float) -> list[float]:
        """Return, sorted, the latencies of the requests that were answered in `[begin_s, end_s)`."""
        rows = zip(self.starts_s, self.latencies_s, strict=True)
        return sorted(latency for start, latency in rows if begin_s <= start + latency < end_s)

    def save(self, path: Path) -> None:
        """Write little-endian doubles: every start, then every latency."""
        with path.open("wb") as file:
            for column in (self.starts_s, self.latencies_s):
                _little_endian(column).tofile(file)

    @classmethod
    def load(cls, path: Path) -> "Samples":
        """Read what `save` wrote."""
        both = _floats()
        both.frombytes(path.read_bytes())
        both = _little_endian(both)
        half = len(both) // 2
        return cls(both[:half], both[half:])


def _little_endian(column: "array[float]") -> "array[float]":
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column
