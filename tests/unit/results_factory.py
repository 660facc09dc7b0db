"""Results that nobody measured, for tests of what is made of results; no number here comes from compare()."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

from loadtests.results import (
    Capacity,
    Efficiency,
    Environment,
    Facts,
    Latencies,
    Latency,
    NeighbourReading,
    Reading,
    Results,
    Scenario,
    Settings,
    Setup,
    Spectrum,
    Start,
    Stopping,
)
from loadtests.targets import Target

CONTROL = Target("flask", "Flask", "gunicorn", "http://127.0.0.1:1300")
CANDIDATE = Target("fastapi", "FastAPI", "uvicorn", "http://127.0.0.1:1301")

SCENARIOS = (
    Scenario(name="index", request="GET /", plateau=(8, 16, 32, 64)),
    Scenario(name="echo", request="POST /echo", plateau=(8, 16, 32, 64)),
    Scenario(name="wait", request="GET /wait?ms=20", delay_s=0.02, plateau=(128,)),
)

SETTINGS = Settings(
    preset="default",
    backend="process",
    scenarios=SCENARIOS,
    efficiency=Efficiency(rounds=1, round_s=1, connections=8),
    capacity=Capacity(window_s=1, settle_s=0.2, sweep=(1, 2, 4, 8, 16, 32, 64, 128)),
    latency=Latency(window_s=2, settle_s=0.2, shares=(0.25, 0.5, 0.75), connections=64),
    stopping=Stopping(least_units=3, most_units=12, limit_s=None, cpu_width=None, throughput_width=None),
    starts=True,
    warmup_s=0.3,
    server_core=0,
    generator_core=1,
    keeps_awake=True,
    workers=0,
    seed=7,
    hash_seed=0,
    null=False,
    handicaps={},
)

ENVIRONMENT = Environment(
    started=datetime(2026, 11, 24, 12, tzinfo=UTC),
    git_revision="0123456789abcdef0123456789abcdef01234567",
    git_changed=False,
    python="3.13.1",
    kernel="Linux 6.12",
    machine="x86_64",
    cpu="A CPU @ 2.50GHz",
    cpu_count=2,
    load_average=0.1,
    versions={"locust": "2.47.0", "gevent": "26.9.0", "pydantic": "2.14.3"},
    servers={"flask": {"workers": 1, "threads": 64}, "fastapi": {"workers": 1, "access_log": False}},
)

UNITS = 8

CPU_S = {"index": (640e-6, 250e-6), "echo": (650e-6, 320e-6), "wait": (860e-6, 470e-6)}
"""Of one request, control and candidate; any other scenario costs what index does."""


def latencies(median_s: float, tail: float = 4.0) -> Latencies:
    """Make latencies around a median; `tail` is how many times it the 99th percentile is."""
    return Latencies(
        mean_s=median_s * 1.1,
        p50_s=median_s,
        p90_s=median_s * (1 + (tail - 1) / 3),
        p99_s=median_s * tail,
        p999_s=median_s * tail * 2,
        max_s=median_s * tail * 3,
    )


def reading(setup: Setup, scenario: str, level: float, unit: int, target: str, **changes: Any) -> Reading:
    """Make a reading of 1,000 requests in one second at 250 µs of the server's CPU, but for the changes."""
    values = {
        "setup": setup,
        "scenario": scenario,
        "level": level,
        "unit": unit,
        "target": target,
        "window_s": 1.0,
        "requests": 1000,
        "failures": 0,
        "first_fault": None,
        "connects": 0,
        "offered_per_s": None,
        "service": latencies(0.004),
        "response": None,
        "second_half_share": 0.5,
        "server_cpu_s": 0.25,
        "server_throttled_s": 0.0,
        "stolen_share": 0.0,
        "foreign_share": 0.01,
        "generator_busy_share": 0.3,
        "generator_lag_s": 0.0002,
        **changes,
    }
    return Reading.model_validate(values)


def results(
    targets: tuple[Target, Target] = (CONTROL, CANDIDATE),
    change: Callable[[Reading], Reading] = lambda reading: reading,
    seed: int = 1,
    settings: dict[str, Any] | None = None,
    environment: dict[str, Any] | None = None,
    units: int = UNITS,
    **changes: Any,
) -> Results:
    """Make a whole comparison in which the candidate does about 2.5 times as much with its CPU.

    `change` is called with every reading, e.g. to starve some of them; the rest replaces fields by name.
    """
    chosen = SETTINGS.model_copy(update=settings or {})
    random = Random(seed)
    values: dict[str, Any] = {
        "settings": chosen,
        "environment": ENVIRONMENT.model_copy(update=environment or {}),
        "targets": targets,
        "facts": facts(targets),
        "generator_per_s": 28_400.0,
        "readings": tuple(map(change, _readings(chosen, targets, units, random))),
        "starts": tuple(_starts(targets, units, random)) if chosen.starts else (),
        "spectra": tuple(_spectra(chosen, targets, units, random)),
        "complete": True,
    }
    return Results(**{**values, **changes})


def neighbour_readings(
    change: Callable[[NeighbourReading], NeighbourReading] = lambda reading: reading,
) -> tuple[NeighbourReading, ...]:
    """Make two rounds of three services that do what threads let them do; `change` may spoil some."""
    return tuple(
        change(_neighbour_reading(number, name, threads, waiting))
        for number in (1, 2)
        for name, threads in (("flask", 64), ("flask-256-threads", 256), ("fastapi", None))
        for waiting in (0, 32, 64, 128, 256)
    )


def _neighbour_reading(number: int, name: str, threads: int | None, waiting: int) -> NeighbourReading:
    beyond = 0 if threads is None else max(0, waiting - threads)
    held = waiting if threads is None else min(waiting, threads)
    has_threads_left = threads is None or waiting < threads
    p50_s = 0.001 if has_threads_left else 0.02 + beyond / 50
    one = reading("latency", "index", waiting, number, name, requests=600, response=latencies(p50_s))
    return NeighbourReading(
        **{
            **dict(one),
            "unsent": 300 if beyond else 0,
            "service_title": "FastAPI" if threads is None else "Flask",
            "threads": threads,
            "waits_per_s": held / 0.5,
            "memory_bytes": 40_000_000 + held * (22_000 if threads is None else 38_000),
        }
    )


def facts(targets: tuple[Target, Target]) -> tuple[Facts, Facts]:
    """Make what is true of each target whatever the load."""
    control, candidate = targets
    return (
        Facts(
            target=control.name,
            packages=14,
            packages_bytes=21_000_000,
            code_lines=251,
        ),
        Facts(
            target=candidate.name,
            packages=18,
            packages_bytes=33_000_000,
            code_lines=248,
        ),
    )


def _cpu_s(scenario: str, place: int, random: Random) -> float:
    return CPU_S.get(scenario, CPU_S["index"])[place] * random.gauss(1, 0.02)


def _starts(targets: tuple[Target, Target], units: int, random: Random) -> Iterator[Start]:
    for unit in range(1, units + 1):
        for place, target in enumerate(targets):
            yield Start(
                unit=unit,
                target=target.name,
                hash_seed=unit - 1,
                cold_start_s=(0.4, 0.69)[place] * random.gauss(1, 0.02),
                memory_idle_bytes=round((46_000_000, 58_000_000)[place] * random.gauss(1, 0.005)),
                memory_loaded_bytes=round((61_500_000, 66_000_000)[place] * random.gauss(1, 0.005)),
            )


def _readings(
    settings: Settings, targets: tuple[Target, Target], units: int, random: Random
) -> Iterator[Reading]:
    for unit in range(1, units + 1):
        for scenario in settings.scenarios:
            for place, target in enumerate(targets):
                if settings.efficiency:
                    yield _paired(settings.efficiency, scenario.name, place, target.name, unit, random)
                if settings.capacity:
                    yield from _capacity(settings.capacity, scenario, place, target, unit, random)
                if settings.latency and scenario.has_latency:
                    yield from _latency(settings.latency, scenario, place, target, unit, random)


def _paired(plan: Efficiency, scenario: str, costs: int, target: str, unit: int, random: Random) -> Reading:
    requests = round(700 * random.gauss(1, 0.03))
    cpu_s = requests * _cpu_s(scenario, costs, random)
    return reading(
        "efficiency", scenario, plan.connections, unit, target, requests=requests, server_cpu_s=cpu_s
    )


def _capacity(
    plan: Capacity, scenario: Scenario, place: int, target: Target, unit: int, random: Random
) -> Iterator[Reading]:
    for level in sorted({*plan.sweep, *scenario.plateau}):
        cpu_s = _cpu_s(scenario.name, place, random)
        requests = round(min(level / (scenario.delay_s + cpu_s * 1.4), 1 / cpu_s) * random.gauss(1, 0.02))
        yield reading(
            "capacity",
            scenario.name,
            level,
            unit,
            target.name,
            requests=requests,
            server_cpu_s=min(1.0, requests * cpu_s),
            service=latencies(level / requests / 1.1, 3 * random.gauss(1, 0.08)),
            generator_busy_share=min(1.0, requests / 28_400),
        )


def _rate(scenario: Scenario, share: float) -> float:
    return share / CPU_S.get(scenario.name, CPU_S["index"])[0]


def _latency(
    plan: Latency, scenario: Scenario, place: int, target: Target, unit: int, random: Random
) -> Iterator[Reading]:
    for share in plan.shares:
        rate = _rate(scenario, share)
        cpu_s = _cpu_s(scenario.name, place, random)
        served_s = scenario.delay_s + 1.4 * cpu_s
        yield reading(
            "latency",
            scenario.name,
            share,
            unit,
            target.name,
            window_s=plan.window_s,
            requests=round(rate * plan.window_s),
            offered_per_s=rate,
            late_s=40e-6,
            service=latencies(served_s),
            response=latencies(served_s / (1 - rate * cpu_s * 0.9)),
            server_cpu_s=rate * plan.window_s * cpu_s,
            generator_busy_share=rate / 28_400,
        )


def _spectra(
    settings: Settings, targets: tuple[Target, Target], units: int, random: Random
) -> Iterator[Spectrum]:
    if not settings.latency:
        return
    for scenario in (one for one in settings.scenarios if one.has_latency):
        for share in settings.latency.shares:
            for place, target in enumerate(targets):
                rate, cpu_s = _rate(scenario, share), _cpu_s(scenario.name, place, random)
                served_s = scenario.delay_s + 1.4 * cpu_s
                yield Spectrum(
                    scenario=scenario.name,
                    level=share,
                    target=target.name,
                    count=round(rate * settings.latency.window_s * units),
                    service=latencies(served_s, 2.5),
                    response=latencies(served_s / (1 - rate * cpu_s * 0.9)),
                )
