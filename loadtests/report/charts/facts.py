"""Memory, start, size: what is true of a target whatever the load."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from loadtests.analysis.comparison import Comparison
from loadtests.report.charts.chart import Chart, Section, Table, both, plain
from loadtests.report.palette import Palette
from loadtests.report.wording import number
from loadtests.results import Results

STEP, FRAME = 30, 44


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    side: int
    value: float


QUESTIONS = (
    ("Memory", "MB", {"memory_idle_mb": "idle", "memory_loaded_mb": "after load"}),
    ("Cold start, median", "ms", {"cold_start_ms": ""}),
    ("Size", "MB", {"image_mb": "image", "packages_mb": "packages"}),
    ("Installed packages", "", {"packages": ""}),
    ("Own code", "lines", {"code_lines": ""}),
)
"""Title, unit, and the metrics with their names in the picture."""


def draw(results: Results, comparison: Comparison) -> Section:
    """Draw a bar for each target and fact that is known."""
    charts: list[Chart] = []
    for title, unit, metrics in QUESTIONS:
        bars = [
            _Bar(" ".join(part for part in (target.title, name) if part), side, value.median)
            for metric, name in metrics.items()
            for row in comparison.rows
            if row.metric == metric
            for side, (target, value) in enumerate(
                zip(results.targets, (row.control, row.candidate), strict=True)
            )
            if value.median is not None
        ]
        if bars:
            charts.append(_chart(title, unit, bars, len(charts)))
    return Section(
        "facts",
        "Memory, start, size",
        "What is true whatever the load; less is better in every one.",
        "",
        tuple(charts),
    )


def _chart(title: str, unit: str, bars: list[_Bar], place: int) -> Chart:
    def drawing(palette: Palette) -> tuple[list[Any], dict[str, Any]]:
        colours = [(palette.control, palette.candidate)[bar.side] for bar in bars]
        trace = go.Bar(
            orientation="h",
            x=[bar.value for bar in bars],
            y=list(range(len(bars))),
            width=0.6,
            marker={
                "color": colours,
                # The control is hatched, so that the two differ without colour.
                "pattern": {
                    "shape": ["/" if bar.side == 0 else "" for bar in bars],
                    "fgcolor": palette.card,
                    "solidity": 0.25,
                    "size": 7,
                },
            },
            text=[number(bar.value) for bar in bars],
            textposition="outside",
            textfont={"color": palette.ink},
            cliponaxis=False,
            hoverinfo="skip",
        )
        layout = {
            "xaxis": {
                "range": [0, max(bar.value for bar in bars) * 1.2 or 1],
                "nticks": 5,
            },
            "yaxis": {
                "range": [len(bars) - 0.4, -0.6],
                "tickvals": list(range(len(bars))),
                "ticktext": [plain(bar.label) for bar in bars],
                "tickfont": {"color": palette.ink},
                "showgrid": False,
            },
        }
        return [trace], layout

    said = "; ".join(f"{bar.label} {number(bar.value)}" for bar in bars)
    return Chart(
        key=f"facts-{place}",
        title=f"{title} ({unit})" if unit else title,
        description=f"{title}: {said}{' ' + unit if unit else ''}.",
        table=Table(("", unit or "number"), tuple((bar.label, bar.value) for bar in bars)),
        figures=both(drawing, FRAME + STEP * len(bars)),
    )
