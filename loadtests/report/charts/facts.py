"""Memory, start, size: what is true of a target whatever the load."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import plotly.graph_objects as go

from loadtests.report.charts.chart import Chart, Section, Table, both, plain
from loadtests.report.palette import Palette
from loadtests.report.wording import number
from loadtests.results import Facts, Results

STEP, FRAME = 30, 44


@dataclass(frozen=True, slots=True)
class _Fact:
    name: str
    value: Callable[[Facts], float | None]


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    side: int
    value: float


def _megabytes(size_bytes: int | None) -> float | None:
    return None if size_bytes is None else size_bytes / 1e6


QUESTIONS = (
    (
        "Memory",
        "MB",
        (
            _Fact("idle", lambda facts: _megabytes(facts.memory_idle_bytes)),
            _Fact("peak", lambda facts: _megabytes(facts.memory_peak_bytes)),
        ),
    ),
    (
        "Cold start, median",
        "ms",
        (_Fact("", lambda facts: median(facts.cold_starts_s) * 1e3 if facts.cold_starts_s else None),),
    ),
    (
        "Size",
        "MB",
        (
            _Fact("image", lambda facts: _megabytes(facts.image_bytes)),
            _Fact("packages", lambda facts: _megabytes(facts.packages_bytes)),
        ),
    ),
    ("Installed packages", "", (_Fact("", lambda facts: facts.packages),)),
    ("Own code", "lines", (_Fact("", lambda facts: facts.code_lines),)),
)


def draw(results: Results) -> Section:
    """Draw a bar for each target and fact that is known."""
    charts: list[Chart] = []
    for title, unit, facts in QUESTIONS:
        bars = [
            _Bar(" ".join(part for part in (target.title, fact.name) if part), side, value)
            for fact in facts
            for side, target in enumerate(results.targets)
            for known in results.facts
            if known.target == target.name and (value := fact.value(known)) is not None
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
