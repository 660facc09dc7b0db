"""What is seen of a comparison while it runs: a table that fills in, or a line for each unit."""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.analysis.stopping import asked
from loadtests.compare import progress
from loadtests.compare.progress import display
from loadtests.results import Results
from tests.unit.comparison_factory import ROWS, comparison, row
from tests.unit.results_factory import results

CLEARED = "\x1b[2K"
"""What a terminal is told before a line is written anew."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Take the display's clock into hand."""
    now_s = [1000.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now_s[0])
    return now_s


@pytest.fixture(scope="module")
def measured() -> Results:
    """Return results that nobody measured."""
    return results()


def screens(console: Console) -> list[str]:
    """Return what a terminal has shown, picture by picture, without its control sequences."""
    assert isinstance(console.file, StringIO)
    pictures = re.split(r"\x1b\[2K(?:\x1b\[1A\x1b\[2K)*", console.file.getvalue())
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", picture) for picture in pictures]


def terminal() -> Console:
    """Return a terminal that nobody sees."""
    return Console(force_terminal=True, file=StringIO(), width=100, height=100)


def no_terminal() -> Console:
    """Return a pipe."""
    return Console(force_terminal=False, file=StringIO(), width=100)


def written(console: Console) -> str:
    """Return what was written, as it was."""
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_display_on_a_terminal_says_at_once_what_is_being_done(clock: list[float]) -> None:
    """With the time since it began; what stands in brackets is no markup."""
    console = terminal()
    with display(console) as shown:
        shown.show("checking [both]")
        assert screens(console)[-1].strip() == "0:00  checking [both]"
        clock[0] += 83
        shown.show("measuring")
        assert screens(console)[-1].strip() == "1:23  measuring"


def test_display_on_a_terminal_fills_in_the_table(clock: list[float], measured: Results) -> None:
    """Above the line that says what is being done, from the first unit on, always the newest."""
    console = terminal()
    with display(console) as shown:
        shown.show("unit 1: starting both services")
        assert "metric" not in screens(console)[-1]
        shown.look(measured, comparison(measured, row(ratio=None, verdict=None)), 1)
        clock[0] += 12
        shown.show("unit 2: index")
        first = screens(console)[-1]
        shown.look(measured, comparison(measured, row(ratio=(0.4, 0.3, 0.5))), 2)
        shown.show("unit 3: index")
        second = screens(console)[-1]
    assert re.search(r"metric .*FastAPI ÷ Flask.*\n(.*\n)*.*CPU per request.*640.*250", first)
    assert "faster" not in first
    assert first.rstrip().endswith("\n0:12  unit 2: index")
    assert re.search(r"CPU per request.*0\.4.*faster", second)
    assert second.count("CPU per request") == 1
    assert second.rstrip().endswith("\n0:12  unit 3: index")


def test_display_on_a_terminal_leaves_nothing_behind(measured: Results) -> None:
    """The table at the end is drawn by somebody else; the cursor is back."""
    console = terminal()
    with display(console) as shown:
        shown.look(measured, comparison(measured), 1)
        shown.show("ending")
    assert screens(console)[-1].strip() == ""
    assert written(console).count("\x1b[?25l") == written(console).count("\x1b[?25h") == 1
    assert written(console).count(CLEARED) > 1


def test_display_on_a_terminal_that_is_interrupted_gives_it_back() -> None:
    """Whatever ends the block, the line is gone and the cursor is back."""
    console = terminal()

    def interrupted() -> None:
        with display(console) as shown:
            shown.show("measuring")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (
        written(console).endswith("\x1b[?25h") or "\x1b[?25h" in written(console).rpartition("measuring")[2]
    )
    assert screens(console)[-1].strip() == ""


def test_display_on_a_terminal_is_drawn_only_when_something_changes(measured: Results) -> None:
    """Drawing costs CPU time on which somebody else may be measured; there is no thread that draws."""
    console = terminal()
    with display(console) as shown:
        shown.show("measuring")
        drawn = written(console)
        shown.look(measured, comparison(measured), 1)
        assert written(console) == drawn


def test_display_without_a_terminal_writes_a_line_for_each_unit(
    clock: list[float], measured: Results
) -> None:
    """How many of the questions are settled that units are measured for; no table, no control sequence."""
    console = no_terminal()
    with display(console) as shown:
        shown.show("starting")
        shown.look(measured, comparison(measured, *(one.model_copy(update={"units": 2}) for one in ROWS)), 2)
        clock[0] += 31
        shown.show("measuring")
        shown.look(measured, comparison(measured), 3)
    count = len(asked(ROWS))
    assert written(console) == f"unit 2, 0 s: 2 of {count} settled\nunit 3, 31 s: 9 of {count} settled\n"


def test_display_of_a_quiet_console_writes_nothing(measured: Results, tmp_path: Path) -> None:
    """The self-test has lines of its own."""
    with (tmp_path / "output").open("w") as file:
        console = Console(quiet=True, file=file)
        with display(console) as shown:
            shown.show("measuring")
            shown.look(measured, comparison(measured), 1)
    assert (tmp_path / "output").read_text() == ""
