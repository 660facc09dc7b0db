"""The time left: honest from the first second to the last."""

import pytest
from rich.console import Console

from loadtests.compare.progress import left_s, progress


@pytest.mark.parametrize(
    ("done_s", "spent_s", "expected_s"),
    [
        (0, 0, 1000),
        (1000, 1234, 0),
        (1001, 1000, 0),
        (500, 500, 500),
        (20, 10, 980 * 110 / 120),  # quick starts do not halve what follows
        (900, 1800, 190),  # a plan that takes twice as long does so to its end
    ],
)
def test_left_follows_the_plan_first_and_then_what_was_seen(
    done_s: float, spent_s: float, expected_s: float
) -> None:
    """Of a plan of 1000 seconds."""
    assert left_s(1000, done_s, spent_s) == pytest.approx(expected_s)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_bar_says_what_is_done_and_what_is_left(is_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal at once; elsewhere a line now and then."""
    monkeypatch.setattr("loadtests.compare.progress.REPORT_EVERY_S", -1)
    console = Console(force_terminal=is_terminal, width=100, record=True)
    with progress(console, 90) as bar:
        bar.show("starting [both]")
        bar.advance(90)
        bar.show("ending")
    text = console.export_text()
    assert "starting [both]" in text
    assert "about 1:30 left" in text
    assert "about 0:00 left" in text
