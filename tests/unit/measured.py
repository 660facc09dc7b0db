"""Results that nobody measured, for tests of what is made of results."""

from datetime import UTC, datetime
from typing import Any

from loadtests.results import Environment, Reading, Results, Settings
from loadtests.targets import targets

SETTINGS = Settings(
    backend="process",
    scenarios=("index",),
    rounds=6,
    window_s=2,
    settle_s=0.2,
    warmup_s=1.5,
    in_flight=16,
    wait_ms=20,
    server_core=0,
    generator_core=1,
)
ENVIRONMENT = Environment(
    started=datetime(2026, 11, 22, 12, tzinfo=UTC),
    git_revision="0123456789abcdef",
    git_changed=False,
    python="3.13.1",
    kernel="Linux 6.12",
    machine="x86_64",
    cpu="A CPU",
    cpu_count=2,
    load_average=0.1,
    versions={"flask": "3.1.3", "fastapi": "0.165.0"},
    variables={},
)


def reading(number: int, target: str, requests: int, **changes: Any) -> Reading:
    """Make a reading of so many requests in two seconds, each at 250 µs of the server's CPU."""
    values = {
        "round": number,
        "scenario": "index",
        "target": target,
        "window_s": 2.0,
        "requests": requests,
        "latency_mean_s": 0.004,
        "latency_p50_s": 0.0035,
        "latency_p99_s": 0.0123,
        "latency_max_s": 0.02,
        "answered": requests,
        "elapsed_s": 2.2,
        "server_cpu_s": requests * 250e-6,
        "server_stolen_share": 0.0,
        "generator_busy_share": 0.5,
        **changes,
    }
    return Reading.model_validate(values)


def results(*readings: Reading, complete: bool = True, **settings: Any) -> Results:
    """Put readings into results with the usual settings but for those that are given."""
    return Results(
        settings=SETTINGS.model_copy(update=settings),
        environment=ENVIRONMENT,
        targets=targets({}),
        readings=list(readings),
        complete=complete,
    )
