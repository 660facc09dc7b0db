"""How latency grows towards the slowest answers, by both clocks."""

from math import log10
from statistics import median
from typing import Any

import plotly.graph_objects as go

from loadtests.analysis.comparison import Comparison
from loadtests.analysis.metrics import MICRO
from loadtests.analysis.validity import Validity
from loadtests.report.charts.chart import Chart, Doubt, Section, Table, both, plain
from loadtests.report.charts.series import late_s, offered_per_s
from loadtests.report.palette import Palette
from loadtests.report.wording import number
from loadtests.results import Latencies, Results, Spectrum

HEIGHT = 280
SHARES = (0.5, 0.9, 0.99, 0.999)
HEAD = (
    "target",
    "time",
    "req/s",
    "in flight",
    "answers",
    "p50",
    "p90",
    "p99",
    "p99.9",
    "max",
    "late (µs)",
    "at worst (µs)",
)
"""Late is the generator: when it sent, after it should have; median over windows, and the worst of them."""
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
        "answered. Thick lines are response time, from the intended moment of sending, thin ones service "
        "time, from the actual one; the gap is time spent waiting for a turn, which a closed loop hides."
        f"{_lateness(results)} In the tables, in flight is the rate times the mean of that time. Percentiles "
        "with fewer than ten slower answers are left out.",
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
            _trace(palette, titles[side], side, clock, one, where, limits[side][0].is_believed)
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
        table=_table(results, found),
        doubts=tuple(
            Doubt(f"{title} ({validity})", reason)
            for title, (validity, reason) in zip(titles, limits, strict=True)
            if not validity.is_believed
        ),
        figures=both(drawing, HEIGHT),
    )


def _where(results: Results, spectrum: Spectrum) -> str:
    rate = offered_per_s(results, spectrum.scenario, spectrum.level)
    return (f"{number(rate)} req/s, " if rate else "") + f"{spectrum.level * 100:g} % of capacity"


def _lateness(results: Results) -> str:
    """Say how late the generator itself was, over all windows; it is part of response time."""
    found = sorted(one.late_s for one in results.readings if one.late_s is not None)
    if not found:
        return ""
    middle, most = (number(seconds * MICRO) for seconds in (median(found), found[-1]))
    return (
        f" The generator itself sent {middle} µs later than due, the median over windows of their medians, "
        f"and {most} µs in the worst window."
    )


def _validity(comparison: Comparison, spectrum: Spectrum | None) -> tuple[Validity, str]:
    if spectrum is None:
        return Validity.NOT_MEASURED, ""
    key = ("latency", spectrum.scenario, spectrum.level, spectrum.target)
    for cell in comparison.cells:
        if (cell.setup, cell.scenario, cell.level, cell.target) == key:
            return cell.validity, cell.reason
    return Validity.OK, ""


def _trace(
    palette: Palette, title: str, side: int, clock: str, spectrum: Spectrum, where: str, believed: bool
) -> Any:
    colour = (palette.control, palette.candidate)[side]
    thick = clock == "response"
    points = _points(spectrum.response if thick else spectrum.service, spectrum.count)
    return go.Scatter(
        x=[1 / (1 - share) for share, _ in points],
        y=[ms for _, ms in points],
        mode="lines+markers",
        name=f"{plain(title)}, {clock} time",
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
        hovertemplate=f"{where}: %{{customdata[0]}} % within %{{customdata[1]}} ms",
    )


def _describe(scenario: str, where: str, titles: list[str], found: list[Spectrum | None]) -> str:
    parts = [
        f"{title} "
        + ", ".join(f"{number(ms)} ms at p{share * 100:g}" for share, ms in _points(one.response, one.count))
        for title, one in zip(titles, found, strict=True)
        if one
    ]
    return f"Response time of {scenario} at {where}: {'; '.join(parts)}."


def _table(results: Results, found: list[Spectrum | None]) -> Table:
    rows: list[tuple[str | float | None, ...]] = []
    for target, one in zip(results.targets, found, strict=True):
        if not one:
            continue
        rate = offered_per_s(results, one.scenario, one.level)
        late = late_s(results, one.scenario, one.level, target.name)
        for words, clock in (("response", one.response), ("service", one.service)):
            meant = dict(_points(clock, one.count))
            rows.append(
                (
                    target.title,
                    words,
                    rate,
                    # Little's law: how many had begun by that clock, and had no answer yet.
                    rate * clock.mean_s if rate else None,
                    one.count,
                    *(meant.get(share) for share in SHARES),
                    clock.max_s * 1e3,
                    *((median(late) * MICRO, late[-1] * MICRO) if late else (None, None)),
                )
            )
    return Table(HEAD, tuple(rows))
