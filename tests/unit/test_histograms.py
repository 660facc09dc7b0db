"""Latencies that go through HDR histograms, against the exact percentiles."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from loadtests.generator.histograms import DIGITS, HIGHEST_S, encoded, merged
from loadtests.results import Latencies

RESOLUTION = 10.0**-DIGITS

NAMES = ("mean_s", "p50_s", "p90_s", "p99_s", "p999_s", "max_s")


def assert_alike(parts: Sequence[Sequence[float]]) -> None:
    """Compare what comes out of the merged histograms with what sorting all latencies gives."""
    exact = Latencies.of([latency_s for part in parts for latency_s in part])
    found = merged([encoded(part) for part in parts])
    assert exact is not None
    assert found is not None
    for name in NAMES:
        assert getattr(found, name) == pytest.approx(getattr(exact, name), rel=RESOLUTION, abs=1e-9), name


# A histogram is walked in Python: looking for a smaller example would take minutes.
@settings(deadline=None, max_examples=25, phases=[Phase.generate])
@given(st.lists(st.lists(st.floats(20e-6, 60), max_size=120), min_size=1, max_size=4).filter(any))
def test_merged_of_any_latencies_agrees_with_exact_percentiles(parts: list[list[float]]) -> None:
    """To the resolution, from the fastest answers to the longest timeout, however they are split."""
    assert_alike(parts)


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_merged_of_many_latencies_agrees_with_exact_percentiles(workers: int) -> None:
    """As many and as skewed as a real window's."""
    random = Random(workers)
    assert_alike([[random.lognormvariate(-8, 1) for _ in range(4000)] for _ in range(workers)])


def test_merged_of_nothing_is_none() -> None:
    """No number where nothing was answered, by nobody or by workers that had nothing to do."""
    assert merged([]) is None
    assert merged([encoded([]), encoded([])]) is None


def test_merged_of_latencies_beyond_the_highest_counts_them_as_the_highest() -> None:
    """A value is cut off, never lost; one below the least is kept, too."""
    found = merged([encoded([0.0, 2 * HIGHEST_S])])
    assert found is not None
    assert found.max_s == pytest.approx(HIGHEST_S, rel=RESOLUTION)
    assert found.p50_s < 1e-6
