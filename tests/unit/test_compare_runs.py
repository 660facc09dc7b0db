"""Two runs side by side."""

from rich.console import Console

from loadtests import report
from loadtests.analysis.comparison import Comparison
from loadtests.report.compare_runs import agreements, differences, draw
from loadtests.results import Results
from tests.unit.comparison_factory import ROWS, comparison, row
from tests.unit.results_factory import results


def drawn(first: Results, second: Results, one: Comparison, other: Comparison) -> str:
    """Draw on 100 columns without colour."""
    console = Console(width=100, color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(draw(first, second, agreements(one, other), differences(first, second)))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def test_agreements_of_intervals_apart_differ_and_of_others_agree() -> None:
    """Two intervals that touch agree."""
    run = results()
    first = comparison(run, row("index", ratio=(0.4, 0.38, 0.42)), row("echo", ratio=(0.5, 0.48, 0.52)))
    second = comparison(run, row("index", ratio=(0.44, 0.43, 0.45)), row("echo", ratio=(0.53, 0.52, 0.54)))
    assert [one.agrees for one in agreements(first, second)] == [False, True]


def test_agreements_of_a_row_that_one_run_lacks_leave_it_out() -> None:
    """Without two ratios there is nothing to hold against each other."""
    run = results()
    found = agreements(comparison(run, *ROWS), comparison(run, ROWS[0], ROWS[4]))
    assert [one.row for one in found] == [ROWS[0]]


def test_agreements_of_capacity_at_another_level_are_the_same_question() -> None:
    """A target's best is compared wherever it was reached."""
    run = results()
    first, second = (comparison(run, row(level=f"at its best, {level} in flight")) for level in (8, 64))
    assert len(agreements(first, second)) == 1


def test_differences_of_two_runs_name_the_fields() -> None:
    """Neither when they began nor where the targets listened counts."""
    second = results(
        settings={"preset": "quick"},
        environment={"cpu": "Another CPU", "load_average": 1.5},
        generator_per_s=1.0,
    )
    assert differences(results(), second) == [
        "environment.cpu: A CPU @ 2.50GHz | Another CPU",
        "settings.preset: default | quick",
    ]


def test_draw_two_runs_is_this_table() -> None:
    """Both ratios, whether they agree, and what differs between the runs."""
    first, second = results(), results(settings={"preset": "quick"})
    one = comparison(first, row("index", ratio=(0.4, 0.38, 0.42)), ROWS[9])
    other = comparison(second, row("index", ratio=(0.44, 0.43, 0.45)), ROWS[9])
    assert drawn(first, second, one, other) == EXPECTED


EXPECTED = """\
first   FastAPI ÷ Flask, 2026-11-24 12:00 UTC, 0123456789ab, preset default
second  FastAPI ÷ Flask, 2026-11-24 12:00 UTC, 0123456789ab, preset quick

metric                level              first             second
─────────────────────────────────────────────────────────────────────────
index
CPU per request (µs)         0.40 [0.38, 0.42]  0.44 [0.43, 0.45]  differ

whatever the load
cold start (ms)              1.72 [1.68, 1.75]  1.72 [1.68, 1.75]  agree

• 1 of 2 intervals overlap.
• Where two runs differ, something changed between them that neither interval knows of: believe
  neither until a third decides.
• The runs were not made alike; this differs (first | second): settings.preset: default | quick."""


def test_draw_two_runs_without_a_common_ratio_says_so() -> None:
    """No table is drawn of nothing."""
    run = results()
    text = drawn(run, run, comparison(run, ROWS[4]), comparison(run, ROWS[0]))
    assert "The two runs have no ratio in common" in text
    assert "0 of 0" not in text


def test_side_by_side_of_two_whole_runs_fits_a_hundred_columns() -> None:
    """The entry that the command line uses compares both itself."""
    console = Console(width=100, color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(report.side_by_side(results(), results(seed=2)))
    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.rstrip().endswith("agree") for line in lines)
