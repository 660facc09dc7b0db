"""Each round's ratio of CPU time per request, so that drift and outliers are seen."""

from math import log10
from typing import Any

import plotly.graph_objects as go

from loadtests.analysis.comparison import Comparison
from loadtests.report.charts.chart import Chart, Section, Table, both
from loadtests.report.charts.series import Pair, pairs
from loadtests.report.palette import Palette
from loadtests.report.wording import number, percent
from loadtests.results import Results

HEIGHT = 260


def draw(results: Results, comparison: Comparison) -> Section:
    """Draw a chart for each scenario, with the control against itself where that was measured."""
    control, candidate = (target.title for target in results.targets)
    charts: list[Chart] = []
    for place, scenario in enumerate(results.settings.scenarios):
        found = pairs(results, "efficiency", scenario.name)
        noise = pairs(results, "noise", scenario.name)
        if found or noise:
            charts.append(_chart(scenario.name, found, noise, comparison.margin, place))
    return Section(
        "rounds",
        "Round by round",
        f"CPU time per request, {candidate} ÷ {control}, both loaded at once on the same core: a point a "
        f"round, logarithmic axis. Grey diamonds: {control} against itself (A/A), where there is nothing to "
        f"find. Within the band, ±{percent(comparison.margin)}, a difference counts as none.",
        "rounds",
        tuple(charts),
    )


def _chart(scenario: str, found: list[Pair], noise: list[Pair], margin: float, place: int) -> Chart:
    ratios = [pair.ratio for pair in (*found, *noise)]
    last = max(pair.round for pair in (*found, *noise))

    def drawing(palette: Palette) -> tuple[list[Any], dict[str, Any]]:
        traces = [
            _trace(noise, "A/A", "diamond-open", palette.quiet),
            _trace(found, "round", "circle", palette.candidate),
        ]
        low, high = min([*ratios, 0.8]), max([*ratios, 1.25])
        layout = {
            "xaxis": {"title": {"text": "round"}, "range": [0, last + 1], "tickformat": "d", "nticks": 7},
            "yaxis": {
                "type": "log",
                "range": [log10(low / 1.08), log10(high * 1.08)],
                "tickvals": [
                    0.01,
                    0.02,
                    0.05,
                    0.1,
                    0.2,
                    0.3,
                    0.5,
                    0.7,
                    0.8,
                    1,
                    1.25,
                    1.5,
                    2,
                    3,
                    5,
                    10,
                    20,
                    50,
                    100,
                ],
            },
            "shapes": [
                {
                    "type": "rect",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 1 / (1 + margin),
                    "y1": 1 + margin,
                    "layer": "below",
                    "line": {"width": 1, "color": palette.line},
                    "fillcolor": palette.band,
                }
            ],
        }
        return traces, layout

    by_round = {pair.round: pair.ratio for pair in found}
    null_by_round = {pair.round: pair.ratio for pair in noise}
    rounds = sorted(by_round | null_by_round)
    spread = (
        f", from {number(min(by_round.values()))} to {number(max(by_round.values()))}" if by_round else ""
    )
    return Chart(
        key=f"rounds-{place}",
        title=f"{scenario} (ratio)",
        description=f"Ratio of CPU time per request of {scenario} in {len(found)} rounds{spread}; "
        f"{len(noise)} rounds of the control against itself.",
        table=Table(
            ("round", "ratio", "A/A"),
            tuple((str(one), by_round.get(one), null_by_round.get(one)) for one in rounds),
        ),
        figures=both(drawing, HEIGHT),
    )


def _trace(found: list[Pair], name: str, symbol: str, colour: str) -> Any:
    return go.Scatter(
        x=[pair.round for pair in found],
        y=[pair.ratio for pair in found],
        mode="markers",
        name=name,
        marker={"symbol": symbol, "color": colour, "size": 8, "line": {"width": 1.5, "color": colour}},
        hovertemplate="round %{x}: %{y:.3f}",
    )
