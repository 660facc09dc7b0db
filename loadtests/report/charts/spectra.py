"""How latency grows towards the slowest answers, by both clocks."""

from math import log10
from typing import Any

import plotly.graph_objects as go

from loadtests.analysis.comparison import Comparison
from loadtests.analysis.validity import Validity
from loadtests.report.charts.chart import Chart, Doubt, Section, Table, both, plain
from loadtests.report.palette import Palette
from loadtests.report.wording import number
from loadtests.results import Latencies, Results, Spectrum

HEIGHT = 280
SHARES = (0.5, 0.9, 0.99, 0.999)
BEYOND = 10
"""So many answers must be slower than a percentile for it to mean anything."""


def draw(results: Results, comparison: Comparison) -> Section:
    """Draw a chart for each scenario and rate, with both targets under the same absolute rate."""
    charts: list[Chart] = []
    for scenario in results.settings.scenarios:
        spectra = [one for one in results.spectra if one.scenario == scenario.name]
        bounds = [
            log10(ms)
            for one in spectra
            for clock in (one.service, one.response)
            for _, ms in _points(clock, one.count)
        ]
        for level in sorted({one.level for one in spectra}):
            found = [
                next((one for one in spectra if (one.level, one.target) == (level, target.name)), None)
                for target in results.targets
            ]
            charts.append(
                _chart(results, comparison, found, (min(bounds) - 0.1, max(bounds) + 0.1), len(charts))
            )
    return Section(
        "spectra",
        "Latency spectrum at equal rates",
        "Each target alone, open loop: requests are sent when they are due, whether or not the last was "
        "answered. Thick lines count from the intended moment of sending, thin ones from the actual one; the "
        "gap is time spent waiting for a turn, which a closed loop hides. Percentiles with fewer than ten "
        "slower answers are left out.",
        "clocks",
        tuple(charts),
    )


def _points(clock: Latencies, count: int) -> list[tuple[float, float]]:
    """Return (share, milliseconds) of the percentiles that mean anything."""
    values = (clock.p50_s, clock.p90_s, clock.p99_s, clock.p999_s)
    points = zip(SHARES, values, strict=True)
    return [
        (share, value * 1e3)
        for share, value in points
        if value > 0 and round(count * (1 - share), 6) >= BEYOND
    ]


def _chart(
    results: Results,
    comparison: Comparison,
    found: list[Spectrum | None],
    bounds: tuple[float, float],
    place: int,
) -> Chart:
    titles = [target.title for target in results.targets]
    first = next(one for one in found if one)
    where = _where(results, first)
    limits = [_validity(comparison, one) for one in found]

    def drawing(palette: Palette) -> tuple[list[Any], dict[str, Any]]:
        traces = [
            _trace(palette, titles[side], side, clock, one, limits[side][0].is_believed)
            for side, one in enumerate(found)
            if one
            for clock in ("service", "response")
        ]
        layout = {
            "xaxis": {
                "type": "log",
                "tickvals": [1 / (1 - share) for share in SHARES],
                "ticktext": [f"{share * 100:g} %" for share in SHARES],
                "title": {"text": "share of answers that were faster"},
                "range": [log10(1.7), 3.1],
            },
            "yaxis": {
                "type": "log",
                "range": bounds,
                "dtick": "D2",
                "tickformat": "~r",
            },
        }
        return traces, layout

    return Chart(
        key=f"spectra-{place}",
        title=f"{first.scenario}, {where} (ms)",
        description=_describe(first.scenario, where, titles, found),
        table=_table(titles, found),
        doubts=tuple(
            Doubt(f"{title} ({validity})", reason)
            for title, (validity, reason) in zip(titles, limits, strict=True)
            if not validity.is_believed
        ),
        figures=both(drawing, HEIGHT),
    )


def _where(results: Results, spectrum: Spectrum) -> str:
    rate = next(
        (
            reading.offered_per_s
            for reading in results.readings
            if (reading.setup, reading.scenario, reading.level)
            == ("latency", spectrum.scenario, spectrum.level)
        ),
        None,
    )
    return f"{spectrum.level * 100:g} % of capacity" + (f", {number(rate)} req/s" if rate else "")


def _validity(comparison: Comparison, spectrum: Spectrum | None) -> tuple[Validity, str]:
    if spectrum is None:
        return Validity.NOT_MEASURED, ""
    key = ("latency", spectrum.scenario, spectrum.level, spectrum.target)
    for cell in comparison.cells:
        if (cell.setup, cell.scenario, cell.level, cell.target) == key:
            return cell.validity, cell.reason
    return Validity.OK, ""


def _trace(palette: Palette, title: str, side: int, clock: str, spectrum: Spectrum, believed: bool) -> Any:
    colour = (palette.control, palette.candidate)[side]
    thick = clock == "response"
    points = _points(spectrum.response if thick else spectrum.service, spectrum.count)
    return go.Scatter(
        x=[1 / (1 - share) for share, _ in points],
        y=[ms for _, ms in points],
        mode="lines+markers",
        name=f"{plain(title)}, from {'intended' if thick else 'actual'} sending",
        line={
            "color": colour,
            "width": 2.5 if thick else 1.2,
            "dash": (("dash", "solid")[side] if thick else "dot"),
        },
        marker={
            "size": 8 if thick else 5,
            "symbol": ("square", "circle")[side],
            "color": colour if believed else palette.card,
            "line": {"color": colour, "width": 1.5},
        },
        customdata=[[f"{share * 100:g}", number(ms)] for share, ms in points],
        hovertemplate="%{customdata[0]} % within %{customdata[1]} ms",
    )


def _describe(scenario: str, where: str, titles: list[str], found: list[Spectrum | None]) -> str:
    parts = [
        f"{title} {number(one.response.p50_s * 1e3)} ms at the median and "
        f"{number(one.response.p99_s * 1e3)} ms at p99"
        for title, one in zip(titles, found, strict=True)
        if one
    ]
    return f"Latency of {scenario} at {where}, from intended sending: {'; '.join(parts)}."


def _table(titles: list[str], found: list[Spectrum | None]) -> Table:
    rows: list[tuple[str | float | None, ...]] = []
    for title, one in zip(titles, found, strict=True):
        if not one:
            continue
        for words, clock in (("intended", one.response), ("actual", one.service)):
            meant = dict(_points(clock, one.count))
            rows.append((title, words, one.count, *(meant.get(share) for share in SHARES), clock.max_s * 1e3))
    head = ("target", "from sending", "answers", "p50 (ms)", "p90 (ms)", "p99 (ms)", "p99.9 (ms)", "max (ms)")
    return Table(head, tuple(rows))
