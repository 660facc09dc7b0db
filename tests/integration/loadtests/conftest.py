"""A comparison that runs, for the tests that need one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.loadtests.comparisons import Comparison
from tests.services import stop


@pytest.fixture
def compare(tmp_path: Path) -> Iterator[Callable[..., Comparison]]:
    """Start comparisons that keep their results in a folder of the test's."""
    started: list[Comparison] = []

    def begin(*options: str, **limits: Any) -> Comparison:
        comparison = Comparison(tmp_path / "results", *options, **limits)
        started.append(comparison)
        return comparison

    yield begin
    for comparison in started:
        stop(comparison.process)
