"""When a comparison has seen enough."""

from typing import Any

import pytest

from loadtests.analysis.stopping import asked, half_width, left, open_rows
from loadtests.inference import Interval, Verdict
from loadtests.results import Row, Settings
from tests.unit.comparison_factory import ROWS, bound, row
from tests.unit.results_factory import SETTINGS, results

AT_LIMIT = "cpu_at_limit_us_per_request"
P50 = "latency_p50_ms"


def chosen(**stopping: Any) -> Settings:
    """Return settings that stop otherwise."""
    return SETTINGS.model_copy(update={"stopping": SETTINGS.stopping.model_copy(update=stopping)})


def is_open(one: Row, **stopping: Any) -> bool:
    """Say whether more units could settle this row."""
    return list(open_rows(chosen(**stopping), [one])) == [one]


def remaining(*rows: Row) -> list[str]:
    """Return the scenarios that are still to be measured."""
    return left(results(readings=()), rows)


def test_asked_of_rows_are_the_headlines_that_units_are_measured_for() -> None:
    """A size is known at once, and a curve asks for nothing."""
    assert asked(ROWS) == [one for one in ROWS if one.headline and one.metric != "packages"]
    assert asked(ROWS)[-1].metric == "memory_idle_mb"


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.FASTER, False),
        (Verdict.SLOWER, False),
        (Verdict.EQUIVALENT, False),
        (Verdict.INCONCLUSIVE, True),
        (Verdict.DISTURBED, True),
    ],
)
def test_open_rows_are_those_without_a_settled_verdict(verdict: Verdict, expected: bool) -> None:
    """A disturbed one is asked again: later units may be quiet."""
    assert is_open(row(verdict=verdict)) is expected


def test_open_rows_without_an_interval_yet_are_open() -> None:
    """Two units bound nothing; there will be more."""
    assert is_open(row(ratio=None, verdict=None))


def test_open_rows_of_too_few_units_are_open_whatever_their_verdict() -> None:
    """A row that joined late waits for its own units."""
    assert is_open(row(units=4), least_units=5)
    assert not is_open(row(units=5), least_units=5)


def test_open_rows_without_a_number_are_closed() -> None:
    """A service that fails is not made one by more of the same, whichever side it is."""
    assert not is_open(bound())
    assert not is_open(row(values=(None, 250.0), ratio=None, verdict=None))


@pytest.mark.parametrize(
    ("metric", "width"),
    [
        ("cpu_us_per_request", "cpu_width"),
        (AT_LIMIT, "cpu_width"),
        ("throughput_per_s", "throughput_width"),
    ],
)
def test_open_rows_with_a_width_asked_for_are_open_until_it_is_reached(metric: str, width: str) -> None:
    """The border itself is enough; other metrics and the other width ask for nothing."""
    other = {"cpu_width": "throughput_width", "throughput_width": "cpu_width"}[width]
    known = row(metric=metric, ratio=(0.5, 0.5 / 1.01, 0.5 * 1.01))
    assert is_open(known, **{width: 0.01 - 1e-9})
    assert not is_open(known, **{width: 0.01 + 1e-9})
    assert not is_open(known, **{other: 0.001})
    assert not is_open(row(metric=P50), cpu_width=0.001, throughput_width=0.001)


def test_open_rows_of_facts_and_curves_are_closed() -> None:
    """They are not asked over units."""
    undecided: dict[str, Any] = {"verdict": Verdict.INCONCLUSIVE}
    assert not is_open(row(None, "packages", **undecided))
    assert not is_open(row(headline=False, **undecided))


def test_half_width_of_an_interval_is_its_share_on_the_log_scale() -> None:
    """Where its estimate lies plays no part; of none it is endless."""
    assert half_width(Interval(9, 0.5 / 1.1, 0.5 * 1.1)) == pytest.approx(0.1)
    assert half_width(None) == float("inf")


def test_left_of_open_rows_are_their_scenarios_in_the_order_of_the_settings() -> None:
    """A scenario whose rows are all settled is measured no more."""
    undecided: dict[str, Any] = {"verdict": Verdict.INCONCLUSIVE}
    assert remaining(row("wait", **undecided), row("echo"), row("index", P50, **undecided)) == [
        "index",
        "wait",
    ]
    assert remaining(row("index"), row("echo"), bound("wait"), row(None, "packages", **undecided)) == []


def test_left_while_memory_is_open_are_all_scenarios() -> None:
    """Memory after load is that of processes that did everything."""
    assert remaining(row(), row(None, "memory_loaded_mb", verdict=Verdict.INCONCLUSIVE)) == [
        "index",
        "echo",
        "wait",
    ]
