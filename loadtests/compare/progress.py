"""How far a comparison is and how long it will still take; knows nothing of what is measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

REPORT_EVERY_S = 15.0
"""Where there is no terminal to draw a bar on."""

TRUST_SHARE = 0.1
"""Of the plan: so much of it must be done until its own pace and the one that was seen count alike."""


def left_s(total_s: float, done_s: float, spent_s: float) -> float:
    """Return how long the rest of a plan will take: as planned at first, as fast as seen so far later on.

    What comes first, starts for one, says little about the pace of what follows.
    """
    trust_s = TRUST_SHARE * total_s
    return max(0.0, total_s - done_s) * (spent_s + trust_s) / (done_s + trust_s)


class Bar:
    """Progress in seconds of plan, so that the time left is honest."""

    def __init__(self, progress: Progress, console: Console, total_s: float) -> None:
        self._progress, self._console, self._total_s = progress, console, total_s
        self._task = progress.add_task("", total=total_s, left="")
        self._done_s = 0.0
        self._began_s = self._reported_s = monotonic()

    def show(self, doing: str) -> None:
        """Say what is being done, and how long everything will still take."""
        now_s = monotonic()
        seconds = round(left_s(self._total_s, self._done_s, now_s - self._began_s))
        left = f"about {seconds // 60}:{seconds % 60:02} left"
        self._progress.update(self._task, description=doing, left=left, refresh=True)
        if not self._console.is_terminal and now_s - self._reported_s > REPORT_EVERY_S:
            self._reported_s = now_s
            self._console.print(f"{doing}; {left}", markup=False)

    def advance(self, seconds: float) -> None:
        """Take so much of the plan for done."""
        self._done_s += seconds
        self._progress.advance(self._task, seconds)


@contextmanager
def progress(console: Console, total_s: float) -> Iterator[Bar]:
    """Draw a bar until the end of the block, or write a line now and then where there is no terminal."""
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        console=console,
        # Drawing costs CPU that somebody else may be measured on.
        refresh_per_second=2,
        transient=True,
        disable=not console.is_terminal,
    ) as drawn:
        yield Bar(drawn, console, total_s)
