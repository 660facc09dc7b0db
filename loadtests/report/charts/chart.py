"""What a chart is: figures for both themes, words for who cannot see it, and its numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from loadtests.report.palette import DARK, LIGHT, Palette

FONT = 'system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif'

Drawing = Callable[[Palette], tuple[list[Any], dict[str, Any]]]
"""Makes plotly's traces and layout in the colours of a palette."""


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a chart; numbers stay numbers until the page writes them."""

    head: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """The same picture for either theme: plotly's data and layout."""

    light: dict[str, Any]
    dark: dict[str, Any]
    height: int
    """In CSS pixels."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something in a picture that was not believed."""

    what: str
    reason: str
    """A sentence; may be empty."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture."""

    key: str
    """Of its element in the page; letters, digits and hyphens."""
    title: str
    description: str
    """What it shows, in words."""
    figures: Figures
    table: Table
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Charts that answer one question."""

    key: str
    title: str
    note: str
    """How to read them."""
    legend: str
    """Which of the page's legends explains their marks; empty for none."""
    charts: tuple[Chart, ...]


def both(drawing: Drawing, height: int) -> Figures:
    """Draw for either theme; the height is in CSS pixels."""
    return Figures(_figure(drawing, LIGHT, height), _figure(drawing, DARK, height), height)


def plain(text: str) -> str:
    """Escape text for plotly, which takes tags and entities in any text of a figure."""
    return escape(text, quote=False)


def faded(colour: str, opacity: float) -> str:
    """Make #rrggbb see-through."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def _figure(drawing: Drawing, palette: Palette, height: int) -> dict[str, Any]:
    traces, layout = drawing(palette)
    axis = {
        "gridcolor": palette.line,
        "linecolor": palette.line,
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        "title": {"standoff": 8},
    }
    base = {
        "template": go.layout.Template(),
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "font": {"family": FONT, "size": 12, "color": palette.quiet},
        "hoverlabel": {
            "bgcolor": palette.card,
            "bordercolor": palette.line,
            "font": {"family": FONT, "color": palette.ink},
            "namelength": -1,
        },
        "showlegend": False,
        "dragmode": False,
    }
    for name in ("xaxis", "yaxis"):
        layout[name] = {**axis, **layout.get(name, {})}
    figure: dict[str, Any] = go.Figure(traces, {**base, **layout}).to_plotly_json()
    return figure
