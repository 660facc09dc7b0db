"""A fault in a service that runs in a container is noticed by what notices it in a process.

A few stand for all: `make parity-faults ARGS=--containers` tries every one.
"""

from collections.abc import Iterator

import pytest

from tests.parity.faults import table
from tests.parity.faults.catalogue import FAULTS
from tests.parity.faults.trial import Healthy, healthy, still_caught
from tests.services import SERVERS

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def reference() -> Iterator[Healthy]:
    """Return both services as they are."""
    with healthy(crashes=False) as services:
        yield services


@pytest.mark.parametrize("side", SERVERS)
@pytest.mark.parametrize("name", ["trailing-newline", "closes", "any-host", "old-title"])
def test_a_planted_fault_is_noticed_in_a_container(
    images: dict[str, str], reference: Healthy, name: str, side: str
) -> None:
    """By the same case of the corpus."""
    assert images[f"{side}-debug"]
    known = table.read(table.PATH.read_text("utf-8"))[name, side]
    found = still_caught(FAULTS[name], side, reference, known, contained=True)
    assert found.is_caught
    assert found == known
