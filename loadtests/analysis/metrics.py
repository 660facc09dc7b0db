"""What is compared: names, units, and where each number comes from; judges nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from loadtests.results import Facts, Latencies, Reading, Setup, Start

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
    """Something about a target that is the same each time: a size, not a measurement; less is better."""

    name: str
    title: str
    unit: str
    value: Callable[[Facts], float | None]
    """None where it could not be seen."""


@dataclass(frozen=True, slots=True)
class StartMetric:
    """Something measured of each process, once a unit; less of it is better."""

    name: str
    title: str
    unit: str
    value: Callable[[Start], float | None]
    """None where it could not be seen."""


def _cpu(reading: Reading) -> float | None:
    seconds = reading.cpu_per_request_s
    return None if seconds is None else seconds * MICRO


def _response(pick: Callable[[Latencies], float]) -> Callable[[Reading], float | None]:
    def value(reading: Reading) -> float | None:
        return None if reading.response is None else pick(reading.response) * MILLI

    return value


CPU = Metric("cpu_us_per_request", "CPU per request", "µs", "efficiency", _cpu)
CPU_AT_LIMIT = Metric("cpu_at_limit_us_per_request", "CPU per request", "µs", "capacity", _cpu)
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


def _times(factor: float, amount: float | None) -> float | None:
    return None if amount is None else amount * factor


STARTS = (
    StartMetric("cold_start_ms", "cold start", "ms", lambda start: _times(MILLI, start.cold_start_s)),
    StartMetric("memory_idle_mb", "memory, idle", "MB", lambda start: _times(MEGA, start.memory_idle_bytes)),
    StartMetric(
        "memory_loaded_mb",
        "memory, after load",
        "MB",
        lambda start: _times(MEGA, start.memory_loaded_bytes),
    ),
)

FACTS = (
    Fact("image_mb", "image", "MB", lambda facts: _times(MEGA, facts.image_bytes)),
    Fact("packages", "packages", "packages", lambda facts: facts.packages),
    Fact("packages_mb", "packages, size", "MB", lambda facts: _times(MEGA, facts.packages_bytes)),
    Fact("code_lines", "code of the app", "lines", lambda facts: facts.code_lines),
)
