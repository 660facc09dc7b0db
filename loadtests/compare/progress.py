"""The table as it fills in, and what is being done; knows nothing of how it is measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.text import Text

from loadtests.analysis.comparison import Comparison
from loadtests.analysis.stopping import asked, open_rows
from loadtests.report.table import headlines
from loadtests.results import Results


class Display:
    """Drawn anew only when something has changed: drawing costs CPU that somebody else may be measured on."""

    def __init__(self, live: Live, console: Console) -> None:
        self._live, self._console = live, console
        self._table: list[Padding] = []
        self._began_s = monotonic()

    def show(self, doing: str) -> None:
        """Say what is being done."""
        seconds = round(monotonic() - self._began_s)
        status = Text(f"{seconds // 60}:{seconds % 60:02}  {doing}", style="dim")
        self._live.update(Group(*self._table, status), refresh=True)

    def look(self, results: Results, comparison: Comparison, unit: int) -> None:
        """Draw what the units so far have come to."""
        self._table = [Padding(headlines(results, comparison), (0, 0, 1, 0))]
        if not self._console.is_terminal:
            rows = asked(comparison.rows)
            still_open = len(list(open_rows(results.settings, rows)))
            seconds = round(monotonic() - self._began_s)
            self._console.print(
                f"unit {unit}, {seconds} s: {len(rows) - still_open} of {len(rows)} settled", markup=False
            )


@contextmanager
def display(console: Console) -> Iterator[Display]:
    """Draw until the end of the block, or write a line after each unit where there is no terminal."""
    with Live(
        console=console if console.is_terminal else Console(quiet=True), auto_refresh=False, transient=True
    ) as live:
        yield Display(live, console)
