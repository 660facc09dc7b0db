"""Latency of `index` by the number of clients that wait meanwhile, for every service."""

from typing import Any

import plotly.graph_objects as go

from loadtests.analysis import neighbour
from loadtests.analysis.neighbour import Cell, Service
from loadtests.analysis.validity import Validity
from loadtests.report.charts.chart import Chart, Doubt, Section, Table, both, plain
from loadtests.report.palette import Palette
from loadtests.report.wording import number
from loadtests.results import Results

HEIGHT = 360

READING = (
    "Latency counts from the intended moment, on a logarithmic axis. Thick lines are p50, thin ones p99. "
    "Hollow points were not believed: where requests pile up, latency is a question of how long one waits."
)

LOOKS = (("square", "dash"), ("diamond", "dot"))
"""Marker and dash of the services with threads, in the control's colour; the others are the candidate's."""


def draw(results: Results) -> Section:
    """Draw p50 and p99 of every service in one picture."""
    found = neighbour.services(results.neighbour)
    # A page shows no Markdown.
    note = " ".join(part for part in (neighbour.sentence(found).replace("`", ""), READING) if part)
    return Section("neighbour", "Beside clients that wait", note, "", (_chart(found),) if found else ())


def _chart(found: tuple[Service, ...]) -> Chart:
    levels = sorted({cell.waiting for service in found for cell in service.cells})

    def drawing(palette: Palette) -> tuple[list[Any], dict[str, Any]]:
        traces = []
        for place, service in enumerate(found):
            symbol, dash = ("circle", "solid") if service.threads is None else LOOKS[place % len(LOOKS)]
            colour = palette.candidate if service.threads is None else palette.control
            traces += [
                _trace(palette, service, share, colour, symbol, dash)
                for share in ("p50", "p99")
                if any(_value(cell, share) is not None for cell in service.cells)
            ]
        layout = {
            # Not logarithmic: one level is zero.
            "xaxis": {
                "type": "category",
                "categoryarray": list(map(str, levels)),
                "title": {"text": "clients that wait meanwhile"},
            },
            "yaxis": {"type": "log", "dtick": 1, "tickformat": ",~r"},
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        }
        return traces, layout

    return Chart(
        key="neighbour",
        title="index (ms)",
        description=_describe(found),
        figures=both(drawing, HEIGHT),
        table=_table(found),
        doubts=_doubts(found),
    )


def _value(cell: Cell, share: str) -> float | None:
    return cell.p50_ms if share == "p50" else cell.p99_ms


def _trace(palette: Palette, service: Service, share: str, colour: str, symbol: str, dash: str) -> Any:
    is_thick = share == "p50"
    cells = [cell for cell in service.cells if _value(cell, share) is not None]
    return go.Scatter(
        x=[str(cell.waiting) for cell in cells],
        y=[_value(cell, share) for cell in cells],
        mode="lines+markers",
        name=f"{plain(service.title)}, {share}",
        line={"color": colour, "width": 2.5 if is_thick else 1, "dash": dash},
        marker={
            "size": 9 if is_thick else 5,
            "symbol": symbol,
            "color": [colour if cell.validity.is_believed else palette.card for cell in cells],
            "line": {"color": colour, "width": 1.5},
        },
        customdata=[[number(_value(cell, share)), str(cell.validity)] for cell in cells],
        hovertemplate=f"{share} beside %{{x}}: %{{customdata[0]}} ms (%{{customdata[1]}})",
    )


def _table(found: tuple[Service, ...]) -> Table:
    return Table(
        (
            "service",
            "waiting",
            "threads left",
            "p50 (ms)",
            "p99 (ms)",
            "failures",
            "waits/s",
            "memory (MB)",
            "limit",
        ),
        tuple(
            (
                service.title,
                f"{cell.waiting}",
                "no such number" if cell.threads_left is None else f"{cell.threads_left}",
                cell.p50_ms,
                cell.p99_ms,
                cell.failures,
                cell.waits_per_s,
                None if cell.memory_bytes is None else cell.memory_bytes / 1e6,
                str(cell.validity),
            )
            for service in found
            for cell in service.cells
        ),
    )


def _describe(found: tuple[Service, ...]) -> str:
    parts = [
        f"{service.title} from {number(service.cells[0].p50_ms)} ms beside {service.cells[0].waiting} to "
        f"{number(service.cells[-1].p50_ms)} ms beside {service.cells[-1].waiting}"
        for service in found
    ]
    return f"Median latency of index by waiting clients: {'; '.join(parts)}."


def _doubts(found: tuple[Service, ...]) -> tuple[Doubt, ...]:
    """Name what was not believed, each service's by its limit, with the reason of the first."""
    doubted: dict[tuple[str, Validity], list[Cell]] = {}
    for service in found:
        for cell in service.cells:
            if not cell.validity.is_believed:
                doubted.setdefault((service.title, cell.validity), []).append(cell)
    return tuple(
        Doubt(
            f"{title} beside {', '.join(str(cell.waiting) for cell in cells)} ({validity})", cells[0].reason
        )
        for (title, validity), cells in doubted.items()
    )
