"""How much of everything a comparison measures; the one place where its lengths are chosen."""

from dataclasses import dataclass
from typing import Literal

from loadtests.results import Capacity, Efficiency, Latency

Name = Literal["quick", "default", "thorough"]

CONNECTIONS = 8
"""To each target in the efficiency set-up: enough that neither server idles for long."""
PROCESSES = 7
"""How many of each target are measured, one after the other: as many observations as seven rounds."""
MAX_CONNECTIONS = 128
"""In an open loop."""


@dataclass(frozen=True, slots=True)
class Preset:
    """The three set-ups, and how often a target is started for its cold start."""

    efficiency: Efficiency
    capacity: Capacity
    latency: Latency
    cold_starts: int
    warmup_s: float


# An interval at 95 % needs six rounds, and three scenarios at once a seventh (analysis/warnings.py).
PRESETS: dict[Name, Preset] = {
    "quick": Preset(
        Efficiency(rounds=7, round_s=1.0, connections=CONNECTIONS),
        Capacity(rounds=7, window_s=0.15, settle_s=0.08, in_flight=(64,)),
        Latency(rounds=7, window_s=0.25, settle_s=0.05, shares=(0.5,), connections=MAX_CONNECTIONS),
        cold_starts=3,
        warmup_s=0.5,
    ),
    "default": Preset(
        Efficiency(rounds=21, round_s=1.0, connections=CONNECTIONS),
        Capacity(rounds=7, window_s=0.15, settle_s=0.08, in_flight=(1, 2, 4, 8, 16, 32, 64, 128)),
        Latency(rounds=7, window_s=0.6, settle_s=0.1, shares=(0.25, 0.5, 0.75), connections=MAX_CONNECTIONS),
        cold_starts=10,
        warmup_s=1.0,
    ),
    "thorough": Preset(
        Efficiency(rounds=63, round_s=1.0, connections=CONNECTIONS),
        Capacity(rounds=12, window_s=1.0, settle_s=0.3, in_flight=(1, 2, 4, 8, 16, 32, 64, 128)),
        Latency(rounds=12, window_s=2.5, settle_s=0.2, shares=(0.25, 0.5, 0.75), connections=MAX_CONNECTIONS),
        cold_starts=20,
        warmup_s=2.0,
    ),
}
