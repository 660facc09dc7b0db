"""The corpus against both services: each against itself, then one against the other and the contract."""

import pytest

from tests.parity.conftest import Service
from tests.parity.corpus import load
from tests.parity.differences import Differences
from tests.parity.engine.case import Case
from tests.parity.verdict import failures
from tests.services import SERVERS

FAMILIES = sorted({case.family for case in load()})
SMALLEST_CORPUS = 250


def test_the_corpus_is_large_enough(cases: list[Case]) -> None:
    """At least 250 requests were written by hand, not counting the places at which one is split."""
    assert len({case.id.partition("@")[0] for case in cases}) >= SMALLEST_CORPUS


@pytest.mark.parametrize("name", SERVERS)
def test_a_service_asked_again_answers_the_same(services: dict[str, Service], name: str) -> None:
    """A against A: whatever a second process answers otherwise would be noise in A against B."""
    service = services[name]

    assert not service.noise, "\n\n".join(service.noise)
    if not service.is_ours:
        pytest.skip(
            f"{name} was asked twice, and was the same; no second process with another hash seed was tried"
        )


@pytest.mark.parametrize("family", FAMILIES)
def test_both_services_answer_the_same(
    services: dict[str, Service], cases: list[Case], differences: Differences, family: str
) -> None:
    """The application as the contract says, the server alike or as it is listed; every fault is shown."""
    flask, fastapi = services["flask"], services["fastapi"]
    assert not flask.noise, "flask differs from itself, so this says nothing"
    assert not fastapi.noise, "fastapi differs from itself, so this says nothing"

    chosen = [case for case in cases if case.family == family]
    addresses = {name: service.target.address for name, service in services.items()}
    faults = list(failures(chosen, differences, flask.answers, fastapi.answers, addresses))

    assert not faults, "\n\n".join(faults)
