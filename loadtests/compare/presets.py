"""How much of everything a comparison measures; the one place where its lengths are chosen."""

from dataclasses import dataclass
from typing import Literal

from loadtests.results import Capacity, Efficiency, Latency, Neighbour, Stopping

Name = Literal["quick", "default", "thorough"]

CONNECTIONS = 8
"""To each target in the efficiency set-up: enough that neither server idles for long."""
MAX_CONNECTIONS = 64
"""In an open loop."""
PLATEAU = (8, 16, 32, 64)
"""In flight: with fewer a turn of the generator shows, with more there is nothing to gain."""
WAITING_PLATEAU = (128,)
"""For a handler that waits: with fewer in flight, arithmetic (in flight ÷ delay) is the limit."""
SWEEP = (1, 2, 4, 8, 16, 32, 64, 128)


@dataclass(frozen=True, slots=True)
class Preset:
    """The three set-ups, and when there have been enough units."""

    efficiency: Efficiency
    capacity: Capacity
    latency: Latency
    stopping: Stopping
    warmup_s: float
    scenarios: tuple[str, ...] | None = None
    """Those that are measured where nothing else is asked for; None: all."""


_SHORT = {
    "efficiency": Efficiency(rounds=1, round_s=1.0, connections=CONNECTIONS),
    "capacity": Capacity(window_s=0.12, settle_s=0.04, sweep=()),
    "latency": Latency(window_s=0.4, settle_s=0.04, shares=(0.5,), connections=MAX_CONNECTIONS),
    "stopping": Stopping(least_units=3, most_units=12, limit_s=None, cpu_width=None, throughput_width=None),
    "warmup_s": 0.3,
}

# Short units: one more of them says more than a longer one does, because the interval of three or four is
# wide however exact each is (loadtests/inference.py).
PRESETS: dict[Name, Preset] = {
    "quick": Preset(**_SHORT, scenarios=("index",)),  # type: ignore[arg-type]
    "default": Preset(**_SHORT),  # type: ignore[arg-type]
    "thorough": Preset(
        Efficiency(rounds=2, round_s=1.0, connections=CONNECTIONS),
        Capacity(window_s=0.25, settle_s=0.05, sweep=SWEEP),
        Latency(window_s=1.2, settle_s=0.1, shares=(0.25, 0.5, 0.75), connections=MAX_CONNECTIONS),
        Stopping(least_units=10, most_units=100, limit_s=1800, cpu_width=0.01, throughput_width=0.03),
        warmup_s=0.3,
    ),
}

NEIGHBOUR = Neighbour(
    rounds=2,
    window_s=1.5,
    rate_per_s=400,
    connections=8,
    waiting=(0, 32, 64, 128, 256),
    wait_ms=500,
    threads=256,
)
"""Two rounds give p99 the thousand answers that it needs."""
