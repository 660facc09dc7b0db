"""Where the targets run: as local processes, in containers, or at URLs that somebody else looks after."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from loadtests.results import Facts
from loadtests.targets import Target


@dataclass(frozen=True, slots=True)
class Usage:
    """What a target has used since it began; None where that cannot be seen."""

    cpu_s: float | None
    """CPU time over all its processes, in steps of a nanosecond."""
    throttled_s: float | None
    """For how long a CPU limit has held it back, summed over the cores it wanted."""


class Backend(Protocol):
    """Runs the targets and knows what they cost."""

    def start(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """Bring all of them up and return them at their real URLs.

        Raises:
            Refusal: one of them does not come up; `stop` ends the others.
        """

    def renew(self, targets: Sequence[Target]) -> bool:
        """Replace each by a new instance of itself at the same URL; False where that is not ours to do.

        Raises:
            Refusal: one of them does not come up again.
        """

    def usage(self, target: Target) -> Usage:
        """Return what the target has used so far; takes a fraction of a millisecond."""

    def facts(self, target: Target) -> Facts:
        """Return what is true of it before any load; neither the peak nor cold starts."""

    def peak_bytes(self, target: Target) -> int | None:
        """Return the most memory that it has held at once; None where that cannot be seen."""

    def cold_start_s(self, target: Target) -> float | None:
        """Start another instance, end it, and return the seconds from starting it to its first 200.

        None where that is not ours to do.

        Raises:
            Refusal: it did not come up.
        """

    def settings(self, target: Target) -> dict[str, str | int | bool]:
        """Return how it was told to serve, as far as that is known."""

    def stop(self) -> None:
        """End what was started here and nothing else; a second time there is nothing left to end."""
