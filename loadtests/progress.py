"""How far a comparison is and how long it will still take; knows nothing of what is measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

REPORT_EVERY_S = 15.0
"""Where there is no terminal to draw a bar on."""


class Bar:
    """Progress in seconds of plan, so that the time left is honest."""

    def __init__(self, progress: Progress, console: Console, total_s: float) -> None:
        self._progress, self._console, self._total_s = progress, console, total_s
        self._task = progress.add_task("", total=total_s)
        self._done_s = 0.0
        self._began_s = self._reported_s = monotonic()

    def show(self, doing: str) -> None:
        """Say what is being done."""
        self._progress.update(self._task, description=doing, refresh=True)
        if not self._console.is_terminal and monotonic() - self._reported_s > REPORT_EVERY_S:
            self._reported_s = monotonic()
            self._console.print(f"{doing}; about {self._left_s():.0f} s left", markup=False)

    def advance(self, seconds: float) -> None:
        """Take so much of the plan for done."""
        self._done_s += seconds
        self._progress.advance(self._task, seconds)

    def _left_s(self) -> float:
        spent_s = monotonic() - self._began_s
        pace = spent_s / self._done_s if self._done_s else 1.0
        return max(0.0, (self._total_s - self._done_s) * pace)


@contextmanager
def progress(console: Console, total_s: float) -> Iterator[Bar]:
    """Draw a bar until the end of the block, or write a line now and then where there is no terminal."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        # Drawing costs CPU that somebody else may be measured on.
        refresh_per_second=2,
        transient=True,
        disable=not console.is_terminal,
    ) as drawn:
        yield Bar(drawn, console, total_s)
