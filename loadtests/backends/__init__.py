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


@dataclass(frozen=True, slots=True)
class Instance:
    """A target that has just been started, or could not be."""

    target: Target
    """At the URL at which it listens now."""
    cold_start_s: float | None
    """From starting it to its first 200; None where it was not ours to start."""


class Backend(Protocol):
    """Runs the targets and knows what they cost."""

    def start(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """Bring all of them up and return them at their real URLs.

        Raises:
            Refusal: one of them does not come up; `stop` ends the others.
        """

    def renew(self, targets: Sequence[Target], hash_seed: int | None) -> tuple[Instance, ...]:
        """Replace each by a new instance of itself, started one after the other in this order.

        Where that is not ours to do, they are left as they are. `hash_seed` is PYTHONHASHSEED, where it can
        be chosen.

        Raises:
            Refusal: one of them does not come up.
        """

    def usage(self, target: Target) -> Usage:
        """Return what the target has used so far; takes a fraction of a millisecond."""

    def facts(self, target: Target) -> Facts:
        """Return what is true of it whatever the load."""

    def memory_bytes(self, target: Target) -> int | None:
        """Return the memory that it holds now, each page counted once; None where that cannot be seen."""

    def settings(self, target: Target) -> dict[str, str | int | bool]:
        """Return how it was told to serve, as far as that is known."""

    def stop(self) -> None:
        """End what was started here and nothing else; a second time there is nothing left to end."""
