"""The headline ratios with their intervals, one below the other."""

from math import log10
from typing import Any

import plotly.graph_objects as go

from loadtests.analysis.comparison import Comparison
from loadtests.inference import ERROR, MARGIN, Interval, Verdict
from loadtests.report import wording
from loadtests.report.charts.chart import Chart, Section, Table, both, plain
from loadtests.report.forest_plot import describe, reach, ticks
from loadtests.report.palette import Palette
from loadtests.results import Results, Row

STEP, FRAME = 34, 56

LONGEST = 26
"""Letters of a label."""


def draw(results: Results, comparison: Comparison) -> Section:
    """Draw each headline metric: estimate and interval, or the name of what was the limit."""
    control, candidate = (target.title for target in results.targets)
    rows = [row for row in comparison.rows if row.headline]
    return Section(
        "ratios",
        f"{candidate} ÷ {control}",
        f"Each point is a ratio with its interval, on a logarithmic axis; with {wording.percent(1 - ERROR)} "
        f"confidence all intervals are right at once. Within the shaded band, ±{wording.percent(MARGIN)}, a "
        "difference counts as none. What could not be believed is named, not drawn.",
        "verdicts",
        (_chart(results, comparison, rows),) if rows else (),
    )


def _chart(results: Results, comparison: Comparison, rows: list[Row]) -> Chart:
    least, most = reach(rows)
    low, high = least / 1.12, most * 1.12

    def drawing(palette: Palette) -> tuple[list[Any], dict[str, Any]]:
        places = list(range(len(rows)))
        margin = 1 + MARGIN
        layout = {
            "xaxis": {
                "type": "log",
                "range": [log10(low), log10(high)],
                "tickvals": ticks(low, high),
                "side": "top",
            },
            "yaxis": {
                "range": [len(rows) - 0.5, -0.5],
                "tickvals": places,
                "ticktext": [_label(row) for row in rows],
                "showgrid": False,
                "tickfont": {"color": palette.ink},
            },
            "shapes": [
                {
                    "type": "rect",
                    "x0": 1 / margin,
                    "x1": margin,
                    "yref": "paper",
                    "y0": 0,
                    "y1": 1,
                    "layer": "below",
                    "line": {"width": 1, "color": palette.line},
                    "fillcolor": palette.band,
                }
            ],
        }
        return [
            _points(palette, results, rows, (low / 2, high * 2)),
            _limits(palette, results, rows, low),
        ], layout

    control, candidate = (target.title for target in results.targets)
    entries = tuple(
        (
            wording.subject(row),
            *_numbers(row.ratio),
            wording.verdict(row, results),
        )
        for row in rows
    )
    return Chart(
        key="ratios-0",
        title="",
        description=describe(results, comparison),
        table=Table(("metric", f"{candidate} ÷ {control}", "from", "to", "verdict"), entries),
        figures=both(drawing, FRAME + STEP * len(rows)),
    )


def _numbers(ratio: Interval | None) -> tuple[float | None, float | None, float | None]:
    """Return estimate and bounds; the bounds of an interval that says nothing yet are no numbers to read."""
    if ratio is None:
        return None, None, None
    if not wording.is_known(ratio):
        return ratio.estimate, None, None
    return ratio.estimate, ratio.low, ratio.high


def _label(row: Row) -> str:
    """Name a row in at most `LONGEST` letters, or on a narrow page there is no room for the axis."""
    scenario = row.scenario or ""
    room = max(8, LONGEST - len(row.title))
    if len(scenario) > room:
        # Paths differ at their ends.
        scenario = f"{scenario[: room // 3]}…{scenario[-(room - room // 3 - 1) :]}"
    second = f'<br><span style="font-size: 10px">{plain(row.level)}</span>' if row.level else ""
    return plain(" · ".join(part for part in (scenario, row.title) if part)) + second


def _points(palette: Palette, results: Results, rows: list[Row], edges: tuple[float, float]) -> Any:
    """Draw estimates and intervals; an interval that says nothing yet runs out of the picture."""
    drawn = [(place, row, row.ratio) for place, row in enumerate(rows) if row.ratio]
    colours = {Verdict.FASTER: palette.candidate, Verdict.SLOWER: palette.control}
    symbols = {Verdict.FASTER: "circle", Verdict.SLOWER: "square"}
    chosen = [
        colours.get(row.verdict, palette.quiet) if row.verdict else palette.quiet for _, row, _ in drawn
    ]
    # Every interval in the ink of the text: plotly has one colour for all error bars of a trace.
    return go.Scatter(
        x=[ratio.estimate for _, _, ratio in drawn],
        y=[place for place, _, _ in drawn],
        mode="markers",
        error_x={
            "array": [min(ratio.high, edges[1]) - ratio.estimate for _, _, ratio in drawn],
            "arrayminus": [ratio.estimate - max(ratio.low, edges[0]) for _, _, ratio in drawn],
            "color": palette.ink,
            "thickness": 1.5,
            "width": 5,
        },
        marker={
            "size": 10,
            "color": chosen,
            "symbol": [
                symbols.get(row.verdict, "circle-open") if row.verdict else "circle-open"
                for _, row, _ in drawn
            ],
            "line": {"width": 2, "color": chosen},
        },
        customdata=[
            [
                plain(wording.subject(row)),
                wording.interval(ratio),
                plain(wording.verdict(row, results)),
            ]
            for _, row, ratio in drawn
        ],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<br>%{customdata[2]}<extra></extra>",
    )


def _limits(palette: Palette, results: Results, rows: list[Row], left: float) -> Any:
    named = [
        # In two lines, so that it fits a narrow page.
        (place, plain(wording.verdict(row, results)).replace(" (", "<br>\N{NO-BREAK SPACE}(", 1))
        for place, row in enumerate(rows)
        if not row.ratio
    ]
    return go.Scatter(
        x=[left] * len(named),
        y=[place for place, _ in named],
        mode="text",
        text=[f"\N{NO-BREAK SPACE}<i>{words}</i>" for _, words in named],
        textposition="middle right",
        cliponaxis=False,
        textfont={"color": palette.quiet},
        hoverinfo="skip",
    )
