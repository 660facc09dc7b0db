"""The self-test's two rates and its status, from runs that are given."""

from io import StringIO

import pytest
from rich.console import Console

from loadtests.inference import Verdict
from loadtests.selftest.run import Run, rates

SAME, FASTER, SLOWER = Verdict.EQUIVALENT, Verdict.FASTER, Verdict.SLOWER


@pytest.mark.parametrize(
    ("null", "handicapped", "status", "false", "found"),
    [
        ([SAME] * 20, [SLOWER] * 20, 0, 0, 20),
        ([SAME] * 19 + [SLOWER], [SLOWER] * 18 + [SAME] * 2, 0, 1, 18),
        ([SAME] * 18 + [SLOWER, FASTER], [SLOWER] * 20, 1, 2, 20),
        ([SAME] * 20, [SLOWER] * 17 + [SAME] * 3, 1, 0, 17),
        ([SAME] * 20, [FASTER] * 20, 1, 0, 0),
        ([Verdict.INCONCLUSIVE], [Verdict.INCONCLUSIVE], 1, 0, 0),
    ],
)
def test_rates_hold_to_their_limits(
    null: list[Verdict], handicapped: list[Verdict], status: int, false: int, found: int
) -> None:
    """One false verdict in twenty is the error of the interval; two misses in twenty are allowed."""
    printed = StringIO()
    runs = [Run(0.0, 1.0, 1.0, 1.0, one) for one in null]
    runs += [Run(0.05, 1.0, 1.0, 1.0, one) for one in handicapped]

    assert rates(runs, 0.05, Console(file=printed, width=100)) == status
    assert printed.getvalue().splitlines() == [
        f"false verdicts where nothing differs (A/A): {false} of {len(null)}",
        f"a handicap of 5% CPU per request found: {found} of {len(handicapped)}",
    ]


def test_rates_without_null_runs_say_nothing_of_them() -> None:
    """`--skip-null` asks for the handicap alone."""
    printed = StringIO()

    assert rates([Run(0.03, 1.0, 1.0, 1.0, SLOWER)], 0.03, Console(file=printed)) == 0
    assert "A/A" not in printed.getvalue()
