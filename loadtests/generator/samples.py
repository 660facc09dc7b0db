"""Raw samples: when each request was due, when it began, how long it took; knows nothing of who made them."""

import sys
from array import array
from dataclasses import dataclass, field
from pathlib import Path


def _floats() -> "array[float]":
    return array("d")


@dataclass(frozen=True, slots=True)
class Samples:
    """Three columns in seconds, a row for each verified answer as they came; the clock is `perf_counter`.

    In a closed loop nothing is due: a request is due when it begins.
    """

    dues_s: "array[float]" = field(default_factory=_floats)
    starts_s: "array[float]" = field(default_factory=_floats)
    latencies_s: "array[float]" = field(default_factory=_floats)

    def add(self, due_s: float, start_s: float, latency_s: float) -> None:
        """Append one request."""
        self.dues_s.append(due_s)
        self.starts_s.append(start_s)
        self.latencies_s.append(latency_s)

    def due_within(self, begin_s: float, end_s: float) -> tuple[list[float], list[float]]:
        """Return the latencies of what was due in `[begin_s, end_s)`: from sending, and from the due one."""
        rows = [
            (latency_s, start_s + latency_s - due_s)
            for due_s, start_s, latency_s in zip(self.dues_s, self.starts_s, self.latencies_s, strict=True)
            if begin_s <= due_s < end_s
        ]
        return [service for service, _ in rows], [response for _, response in rows]

    def save(self, path: Path) -> None:
        """Write little-endian doubles, one column after the other.

        Raises:
            OSError: the file cannot be written.
        """
        with path.open("wb") as file:
            for column in (self.dues_s, self.starts_s, self.latencies_s):
                file.write(_little_endian(column).tobytes())

    @classmethod
    def load(cls, path: Path) -> "Samples":
        """Read what `save` wrote."""
        everything = _floats()
        everything.frombytes(path.read_bytes())
        everything = _little_endian(everything)
        rows = len(everything) // 3
        return cls(everything[:rows], everything[rows : 2 * rows], everything[2 * rows :])


def _little_endian(column: "array[float]") -> "array[float]":
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column
