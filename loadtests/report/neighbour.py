"""The neighbour set-up in words: its table for a terminal and for Markdown, and how it was measured."""

from collections.abc import Sequence

from rich import box
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from loadtests.analysis.neighbour import Service
from loadtests.report.wording import NOTHING, number
from loadtests.results import Neighbour

HEADS = ("service", "waiting", "threads left", "p50 (ms)", "p99 (ms)", "failures", "waits/s", "limit")
TEXTS = {0, len(HEADS) - 1}
"""The columns that hold no figures."""


def method(settings: Neighbour) -> str:
    """Say how it was measured, for the preamble."""
    levels = ", ".join(map(str, settings.waiting))
    return (
        f"each alone, index in an open loop at {settings.rate_per_s:g} req/s on {settings.connections} "
        f"connections while {levels} clients sit in GET /wait?ms={settings.wait_ms}, "
        f"{settings.rounds} rounds of {settings.window_s:g} s"
    )


def table(found: Sequence[Service]) -> Table:
    """Lay out a line for each service and number of waiting clients."""
    laid = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for place, head in enumerate(HEADS):
        is_last = place == len(HEADS) - 1
        justify: JustifyMethod = "left" if place in TEXTS else "right"
        laid.add_column(head, justify=justify, no_wrap=not is_last, overflow="fold")
    for service in found:
        laid.add_section()
        for line in _lines(service):
            laid.add_row(*map(Text, line))
    return laid


def markdown(found: Sequence[Service]) -> str:
    """Write the same as a table in Markdown."""
    rule = "|" + "|".join("---" if place in TEXTS else "--:" for place in range(len(HEADS))) + "|"
    rows = [f"| {' | '.join(line)} |" for service in found for line in _lines(service)]
    return "\n".join([f"| {' | '.join(HEADS)} |", rule, *rows])


def memory(found: Sequence[Service]) -> str:
    """Say what a waiting client costs in each service; empty where that is not known."""
    parts = [
        f"{one.title} {number(one.client_bytes / 1e3)} kB ({one.held} at once)"
        for one in found
        if one.client_bytes is not None
    ]
    return f"memory for each waiting client: {'; '.join(parts)}" if parts else ""


def _lines(service: Service) -> list[tuple[str, ...]]:
    return [
        (
            service.title,
            str(cell.waiting),
            NOTHING if cell.threads_left is None else str(cell.threads_left),
            number(cell.p50_ms),
            number(cell.p99_ms),
            number(cell.failures),
            number(cell.waits_per_s),
            str(cell.validity),
        )
        for cell in service.cells
    ]
