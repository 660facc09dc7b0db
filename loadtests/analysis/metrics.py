"""What is compared: names, units, and where each number comes from; judges nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from loadtests.results import Facts, Latencies, Reading, Setup

MILLI = 1e3
MICRO = 1e6
MEGA = 1e-6


@dataclass(frozen=True, slots=True)
class Metric:
    """Something measured in each reading of a set-up; `value` in the unit, None where not seen."""

    name: str
    title: str
    unit: str
    setup: Setup
    value: Callable[[Reading], float | None]
    less_is_better: bool = True
    least_answers: int = 1
    """In a window, for the number to mean anything."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about a target whatever the load; less of it is better."""

    name: str
    title: str
    unit: str
    values: Callable[[Facts], tuple[float, ...]]
    """One number, or one for each of several pairs; none where it could not be seen."""
    is_exact: bool = False
    """Whether it is the same each time: a size, not a measurement."""


def _cpu(reading: Reading) -> float | None:
    seconds = reading.cpu_per_request_s
    return None if seconds is None else seconds * MICRO


def _response(pick: Callable[[Latencies], float]) -> Callable[[Reading], float | None]:
    def value(reading: Reading) -> float | None:
        return None if reading.response is None else pick(reading.response) * MILLI

    return value


CPU = Metric("cpu_us_per_request", "CPU per request", "µs", "efficiency", _cpu)
THROUGHPUT = Metric(
    "throughput_per_s",
    "throughput",
    "req/s",
    "capacity",
    lambda reading: reading.throughput_per_s or None,
    less_is_better=False,
)
LATENCIES = (
    Metric("latency_p50_ms", "latency p50", "ms", "latency", _response(lambda one: one.p50_s)),
    Metric(
        "latency_p90_ms", "latency p90", "ms", "latency", _response(lambda one: one.p90_s), least_answers=100
    ),
    Metric(
        "latency_p99_ms", "latency p99", "ms", "latency", _response(lambda one: one.p99_s), least_answers=1000
    ),
)
"""From the intended moment of sending."""


def _one(pick: Callable[[Facts], float | None], factor: float = 1.0) -> Callable[[Facts], tuple[float, ...]]:
    def values(facts: Facts) -> tuple[float, ...]:
        found = pick(facts)
        return () if found is None else (found * factor,)

    return values


FACTS = (
    Fact("cold_start_ms", "cold start", "ms", lambda facts: tuple(s * MILLI for s in facts.cold_starts_s)),
    Fact("memory_idle_mb", "memory, idle", "MB", _one(lambda facts: facts.memory_idle_bytes, MEGA)),
    Fact("memory_peak_mb", "memory, peak", "MB", _one(lambda facts: facts.memory_peak_bytes, MEGA)),
    Fact("image_mb", "image", "MB", _one(lambda facts: facts.image_bytes, MEGA), is_exact=True),
    Fact("packages", "packages", "packages", _one(lambda facts: facts.packages), is_exact=True),
    Fact(
        "packages_mb", "packages, size", "MB", _one(lambda facts: facts.packages_bytes, MEGA), is_exact=True
    ),
    Fact("code_lines", "code of the app", "lines", _one(lambda facts: facts.code_lines), is_exact=True),
)
