"""A comparison written by hand, for tests of what shows one; knows nothing of how one is made."""

from typing import Any

from loadtests.analysis.comparison import Cell, Comparison
from loadtests.analysis.validity import Validity
from loadtests.inference import Interval, Verdict
from loadtests.results import Reading, Results, Row, Value


def row(
    scenario: str | None = "index",
    metric: str = "cpu_us_per_request",
    values: tuple[float | None, float | None] = (640.0, 250.0),
    ratio: tuple[float, float, float] | None = (0.39, 0.38, 0.4),
    verdict: Verdict | None = Verdict.FASTER,
    validities: tuple[str, str] = ("ok", "ok"),
    **changes: Any,
) -> Row:
    """Make a headline row: CPU per request of index, but for what is given."""
    fields: dict[str, Any] = {
        "title": "CPU per request",
        "unit": "µs",
        "level": "",
        "headline": True,
        "units": 8 if ratio else 0,
        **changes,
    }
    control, candidate = (
        Value(median=value, validity=validity) for value, validity in zip(values, validities, strict=True)
    )
    return Row(
        scenario=scenario,
        metric=metric,
        control=control,
        candidate=candidate,
        ratio=Interval(*ratio) if ratio else None,
        verdict=verdict,
        **fields,
    )


def bound(scenario: str | None = "index", **changes: Any) -> Row:
    """Make a row whose candidate could not be believed: the generator was the limit."""
    return row(
        scenario,
        "throughput_per_s",
        (1580.0, None),
        None,
        None,
        ("server-bound", "generator-bound"),
        **{**BEST, **changes},
    )


BEST: dict[str, Any] = {"title": "throughput", "unit": "req/s", "level": "at its best, 64 / 16 in flight"}
P90: dict[str, Any] = {"title": "latency p90", "unit": "ms", "level": "at 50 % of capacity"}

ROWS = (
    row(),
    row("index", "throughput_per_s", (1562, 4012), (2.57, 2.52, 2.61), **BEST),
    row("index", "latency_p90_ms", (8.61, 1.42), (0.165, 0.15, 0.19), **P90),
    row("echo", values=(650, 320), ratio=(0.492, 0.484, 0.501)),
    bound("echo"),
    row("echo", "latency_p90_ms", (9.1, 9.05), (0.998, 0.985, 1.012), Verdict.EQUIVALENT, **P90),
    row("wait", values=(860, 470), ratio=(0.547, 0.53, 0.56)),
    row("wait", "throughput_per_s", (None, None), None, None, ("configuration-bound",) * 2, **BEST),
    row("wait", "latency_p90_ms", (24.1, 23.6), (0.97, 0.9, 1.04), Verdict.INCONCLUSIVE, **P90),
    row(None, "cold_start_ms", (400, 690), (1.72, 1.68, 1.75), Verdict.SLOWER, title="cold start", unit="ms"),
    row(None, "memory_idle_mb", (46, 58.2), None, None, title="memory, idle", unit="MB"),
    row(None, "packages", (14, 18), (1.29, 1.29, 1.29), Verdict.SLOWER, title="packages", unit="packages"),
    row(
        "index",
        "latency_p50_ms",
        (3.4, 0.9),
        (0.26, 0.25, 0.28),
        **{**P90, "title": "latency p50"},
        headline=False,
    ),
)

WARNINGS = (
    "generator-bound: FastAPI, echo, capacity: the load generator was busy for 97% of the time, so the "
    "target's limit was not reached; use more workers (--workers)",
)


def comparison(
    results: Results, *rows: Row, warnings: tuple[str, ...] = WARNINGS, **changes: Any
) -> Comparison:
    """Put rows beside the cells of these results; a cell is believed unless its generator was busy."""
    cells: dict[tuple[Any, ...], list[Reading]] = {}
    for one in results.readings:
        cells.setdefault((one.setup, one.scenario, one.level, one.target), []).append(one)
    fields: dict[str, Any] = {
        "cells": tuple(_cell(readings) for readings in cells.values()),
        "rows": rows or ROWS,
        "disturbed": {},
        "warnings": warnings,
        **changes,
    }
    return Comparison(**fields)


def _cell(readings: list[Reading]) -> Cell:
    first = readings[0]
    busy = first.generator_busy_share > 0.8
    return Cell(
        first.setup,
        first.scenario,
        first.level,
        first.target,
        tuple(readings),
        Validity.GENERATOR_BOUND if busy else Validity.OK,
        "The generator was busy." if busy else "",
    )
