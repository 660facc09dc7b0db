"""Both services with a second run of each, and what every case of the corpus got from them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.parity.corpus import load
from tests.parity.differences import Differences
from tests.parity.differences import load as load_differences
from tests.parity.engine.case import Case
from tests.parity.engine.exchange import Answer
from tests.parity.engine.sending import send_all
from tests.parity.verdict import noise
from tests.services import SERVERS, Target, running

# Sets and dicts of strings come in another order under each.
HASH_SEEDS = {"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "4242"}


@dataclass(frozen=True)
class Service:
    """A service, its answers by case, and in what it differed from itself when it was asked again."""

    target: Target
    is_ours: bool
    answers: Mapping[str, Answer]
    noise: tuple[str, ...]


@pytest.fixture(scope="session")
def cases() -> list[Case]:
    """Return the corpus."""
    return load()


@pytest.fixture(scope="session")
def differences(cases: list[Case]) -> Differences:
    """Return the known differences."""
    return load_differences(cases)


@pytest.fixture(scope="session")
def targets(request: pytest.FixtureRequest) -> Iterator[dict[str, Target]]:
    """Return both services by name: at the URLs that are given, or as processes of our own."""
    with ExitStack() as stack:
        found = {}
        for name in SERVERS:
            url = request.config.getoption(f"{name}_url")
            if url:
                found[name] = Target(name, SERVERS[name], url.rstrip("/"))
            else:
                found[name] = stack.enter_context(running(name, environ=HASH_SEEDS[0]))
        yield found


@pytest.fixture(scope="session")
def services(
    request: pytest.FixtureRequest, cases: list[Case], targets: dict[str, Target]
) -> dict[str, Service]:
    """Send the corpus to both services, and again to a second process of each that is ours to start."""
    return {
        name: asked_twice(target, cases, is_ours=not request.config.getoption(f"{name}_url"))
        for name, target in targets.items()
    }


def asked_twice(target: Target, cases: list[Case], *, is_ours: bool) -> Service:
    """Send the corpus two times."""
    once = send_all(cases, target.address)
    with ExitStack() as stack:
        again_at = stack.enter_context(running(target.name, environ=HASH_SEEDS[1])) if is_ours else target
        again = send_all(cases, again_at.address)
    return Service(target, is_ours, once, tuple(noise(cases, once, again, {target.name: target.address})))
