"""One quantity by the number of requests in flight, for both targets."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log10
from typing import Any

import plotly.graph_objects as go

from loadtests.report.charts.chart import Chart, Table, both, faded, plain
from loadtests.report.charts.series import Point, doubts
from loadtests.report.palette import Palette
from loadtests.report.wording import number
from loadtests.results import Reading, Results

HEIGHT = 300
ASIDE = 1.15
"""By what factor the axis reaches past its outermost levels."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is drawn over the number of requests in flight."""

    key: str
    name: str
    unit: str
    value: Callable[[Reading], float | None]
    names_rate: bool
    """Whether the answers a second stand beside it: a latency means nothing without its load."""


def draw(
    results: Results,
    quantity: Quantity,
    scenario: str,
    curves: list[list[Point]],
    ceiling: float | None,
    place: int,
) -> Chart:
    """Draw one scenario: a curve and a band for each target, and a line across at the ceiling, if any."""
    titles = [target.title for target in results.targets]
    levels = sorted({point.level for points in curves for point in points})

    def drawing(palette: Palette) -> tuple[list[Any], dict[str, Any]]:
        traces = []
        for side, (title, points) in enumerate(zip(titles, curves, strict=True)):
            traces += _traces(palette, quantity, title, side, points)
        layout: dict[str, Any] = {
            "xaxis": {
                "type": "log",
                "title": {"text": "requests in flight"},
                "tickvals": levels,
                "ticktext": [f"{level:g}" for level in levels],
                "range": [log10(levels[0] / ASIDE), log10(levels[-1] * ASIDE)],
            },
            "yaxis": {"type": "log", "dtick": "D2", "tickformat": ",~r"},
        }
        if ceiling:
            line = {"color": palette.quiet, "dash": "dash", "width": 1.5}
            ends = [levels[0] / ASIDE, levels[-1] * ASIDE]
            traces.append(
                go.Scatter(
                    x=ends,
                    y=[ceiling, ceiling],
                    mode="lines",
                    line=line,
                    name="generator's ceiling",
                    hovertemplate="%{y:,.0f} req/s",
                )
            )
        return traces, layout

    return Chart(
        key=f"{quantity.key}-{place}",
        title=f"{scenario} ({quantity.unit})",
        description=_describe(quantity, scenario, titles, curves),
        table=_table(quantity, titles, curves),
        doubts=doubts(
            (title, point) for title, points in zip(titles, curves, strict=True) for point in points
        ),
        figures=both(drawing, HEIGHT),
    )


def _table(quantity: Quantity, titles: list[str], curves: list[list[Point]]) -> Table:
    named = [(title, point) for title, points in zip(titles, curves, strict=True) for point in points]
    rate = ("req/s",) if quantity.names_rate else ()
    return Table(
        ("in flight", "target", quantity.unit, "lowest", "highest", *rate, "limit"),
        tuple(
            (
                f"{point.level:g}",
                title,
                point.middle,
                point.low,
                point.high,
                *((point.rate_per_s,) if quantity.names_rate else ()),
                str(point.validity),
            )
            for title, point in sorted(named, key=lambda pair: pair[1].level)
        ),
    )


def _describe(quantity: Quantity, scenario: str, titles: list[str], curves: list[list[Point]]) -> str:
    parts = [
        f"{title} from {number(points[0].middle)} at {points[0].level:g} in flight to "
        f"{number(points[-1].middle)} at {points[-1].level:g}"
        for title, points in zip(titles, curves, strict=True)
        if points
    ]
    return f"{quantity.name} of {scenario} in {quantity.unit}: {'; '.join(parts)}."


def _load(quantity: Quantity, point: Point) -> str:
    rate = f", {number(point.rate_per_s)} req/s" if quantity.names_rate else ""
    return f"{point.level:g} in flight{rate}"


def _traces(palette: Palette, quantity: Quantity, title: str, side: int, points: list[Point]) -> list[Any]:
    colour = (palette.control, palette.candidate)[side]
    levels = [point.level for point in points]
    # A band over a single level needs a width of its own to be seen.
    sides = levels if len(points) > 1 else [level * side for level in levels for side in (1 / 1.03, 1.03)]
    spread = points if len(points) > 1 else points * 2
    band = go.Scatter(
        x=[*sides, *reversed(sides)],
        y=[*(point.high for point in spread), *(point.low for point in reversed(spread))],
        fill="toself",
        fillcolor=faded(colour, 0.18),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
    )
    doubted = [not point.validity.is_believed for point in points]
    line = go.Scatter(
        x=levels,
        y=[point.middle for point in points],
        mode="lines+markers",
        name=plain(title),
        line={"color": colour, "width": 2, "dash": ("dash", "solid")[side]},
        marker={
            "size": 8,
            "symbol": ("square", "circle")[side],
            "color": [palette.card if doubt else colour for doubt in doubted],
            "line": {"color": colour, "width": 2},
        },
        customdata=[[number(point.middle), str(point.validity), _load(quantity, point)] for point in points],
        hovertemplate="%{customdata[2]}: %{customdata[0]} " + quantity.unit + " (%{customdata[1]})",
    )
    return [band, line]
