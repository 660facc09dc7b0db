"""Each unit's ratio of CPU time per request, so that drift and outliers are seen."""

from collections.abc import Mapping
from math import log10
from typing import Any

import plotly.graph_objects as go

from loadtests.analysis.comparison import Comparison
from loadtests.inference import MARGIN
from loadtests.report.charts.chart import Chart, Section, Table, both
from loadtests.report.charts.series import Pair, pairs
from loadtests.report.palette import Palette
from loadtests.report.wording import number, percent
from loadtests.results import Results

HEIGHT = 260
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100)


def draw(results: Results, comparison: Comparison) -> Section:
    """Draw a chart for each scenario."""
    control, candidate = (target.title for target in results.targets)
    charts: list[Chart] = []
    for place, scenario in enumerate(results.settings.scenarios):
        found = pairs(results, scenario.name)
        if found:
            charts.append(_chart(scenario.name, control, found, comparison.disturbed, place))
    return Section(
        "units",
        "Unit by unit",
        f"CPU time per request, {candidate} ÷ {control}, both loaded at once: a point for each unit, which "
        "is a fresh process of each; logarithmic axis. In hollow ones something else was at work. "
        f"Within the band, ±{percent(MARGIN)}, a difference counts as none.",
        "units",
        tuple(charts),
    )


def _chart(scenario: str, control: str, found: list[Pair], disturbed: Mapping[int, str], place: int) -> Chart:
    ratios = [pair.ratio for pair in found]
    quiet = [pair for pair in found if pair.unit not in disturbed]
    others = [pair for pair in found if pair.unit in disturbed]

    def drawing(palette: Palette) -> tuple[list[Any], dict[str, Any]]:
        traces = [
            _trace(quiet, "unit", "circle", palette.candidate),
            _trace(others, "disturbed", "circle-open", palette.quiet),
        ]
        low, high = min([*ratios, 0.8]), max([*ratios, 1.25])
        layout = {
            "xaxis": {
                "title": {"text": "unit"},
                "range": [0.5, found[-1].unit + 0.5],
                "tickformat": "d",
                "nticks": 7,
            },
            "yaxis": {
                "type": "log",
                "range": [log10(low / 1.08), log10(high * 1.08)],
                "tickvals": TICKS,
            },
            "shapes": [
                {
                    "type": "rect",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 1 / (1 + MARGIN),
                    "y1": 1 + MARGIN,
                    "layer": "below",
                    "line": {"width": 1, "color": palette.line},
                    "fillcolor": palette.band,
                }
            ],
        }
        return traces, layout

    return Chart(
        key=f"units-{place}",
        title=f"{scenario} (ratio)",
        description=f"Ratio of CPU time per request of {scenario} by unit, from {number(min(ratios))} to "
        f"{number(max(ratios))}; units: {len(found)}, of them disturbed: {len(others)}.",
        table=Table(
            ("unit", "ratio", f"{control} (µs)", "disturbed"),
            tuple(
                (str(pair.unit), pair.ratio, pair.control_us, disturbed.get(pair.unit, "")) for pair in found
            ),
        ),
        figures=both(drawing, HEIGHT),
    )


def _trace(found: list[Pair], name: str, symbol: str, colour: str) -> Any:
    return go.Scatter(
        x=[pair.unit for pair in found],
        y=[pair.ratio for pair in found],
        mode="markers",
        name=name,
        marker={"symbol": symbol, "color": colour, "size": 8, "line": {"width": 1.5, "color": colour}},
        hovertemplate="unit %{x}: %{y:.3f}",
    )
