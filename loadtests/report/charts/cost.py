"""CPU time per request over the rate at which requests are answered: it may fall as a service gets busy."""

from math import log10
from statistics import median
from typing import Any

import plotly.graph_objects as go

from loadtests.analysis.cells import Cell
from loadtests.analysis.comparison import Comparison
from loadtests.analysis.metrics import CPU
from loadtests.analysis.pairing import by_unit
from loadtests.report.charts.chart import Chart, Section, Table, both, plain
from loadtests.report.palette import Palette
from loadtests.report.wording import number
from loadtests.results import Results

HEIGHT = 300
SETUPS = ("efficiency", "capacity", "latency")

Point = tuple[float, float, str]
"""Requests a second, microseconds of CPU for each, and the load in words."""


def draw(results: Results, comparison: Comparison) -> Section:
    """Draw a chart for each scenario: a point for each load under which a target was measured."""
    charts: list[Chart] = []
    for place, scenario in enumerate(results.settings.scenarios):
        found = [_points(comparison, scenario.name, target.name) for target in results.targets]
        if any(found):
            charts.append(_chart(results, scenario.name, found, place))
    return Section(
        "cost",
        "CPU per request over rate",
        "A point for each load of each set-up, medians over units; what was not believed is left out. A busy "
        "service can handle several requests in one turn of its loop, and then needs less for each: so the "
        "ratio depends on the rate.",
        "points",
        tuple(charts),
    )


def _points(comparison: Comparison, scenario: str, target: str) -> list[Point]:
    points: list[Point] = []
    for cell in comparison.cells:
        if (cell.scenario, cell.target) != (scenario, target) or not cell.validity.is_believed:
            continue
        cost = _middle(by_unit([cell.readings], CPU.value))
        rate = _middle(by_unit([cell.readings], lambda one: one.throughput_per_s))
        if cost and rate:
            points.append((rate, cost, _load(cell)))
    return sorted(points)


def _middle(by_unit: dict[int, float]) -> float | None:
    return median(by_unit.values()) if by_unit else None


def _load(cell: Cell) -> str:
    match cell.setup:
        case "efficiency":
            return "beside the other"
        case "capacity":
            return f"{cell.level:g} in flight"
        case _:
            return f"open loop at {cell.level * 100:g} % of capacity"


def _chart(results: Results, scenario: str, found: list[list[Point]], place: int) -> Chart:
    titles = [target.title for target in results.targets]
    everything = [point for points in found for point in points]
    rates, costs = [rate for rate, _, _ in everything], [cost for _, cost, _ in everything]

    def drawing(palette: Palette) -> tuple[list[Any], dict[str, Any]]:
        traces = [
            go.Scatter(
                x=[rate for rate, _, _ in points],
                y=[cost for _, cost, _ in points],
                mode="markers",
                name=plain(title),
                marker={"size": 9, "symbol": ("square", "circle")[side], "color": colour},
                customdata=[[number(rate), number(cost), load] for rate, cost, load in points],
                hovertemplate="%{customdata[2]}: %{customdata[1]} µs at %{customdata[0]} req/s",
            )
            for side, (title, points, colour) in enumerate(
                zip(titles, found, (palette.control, palette.candidate), strict=True)
            )
        ]
        layout = {
            "xaxis": {
                "type": "log",
                "title": {"text": "answers a second"},
                "range": [log10(min(rates) / 1.2), log10(max(rates) * 1.2)],
                "dtick": "D2",
                "tickformat": ",~r",
            },
            "yaxis": {"rangemode": "tozero", "range": [0, max(costs) * 1.1], "tickformat": ",~r"},
        }
        return traces, layout

    said = "; ".join(
        f"{title} {number(points[0][1])} at {number(points[0][0])} a second"
        + (f", {number(points[-1][1])} at {number(points[-1][0])}" if len(points) > 1 else "")
        for title, points in zip(titles, found, strict=True)
        if points
    )
    return Chart(
        key=f"cost-{place}",
        title=f"{scenario} (µs)",
        description=f"CPU time per request of {scenario} in microseconds: {said}.",
        table=Table(
            ("target", "load", "answers a second", "CPU per request (µs)"),
            tuple(
                (title, load, rate, cost)
                for title, points in zip(titles, found, strict=True)
                for rate, cost, load in points
            ),
        ),
        figures=both(drawing, HEIGHT),
    )
