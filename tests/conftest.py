"""What every test can ask for: the two services and a client to either."""

import os
from collections.abc import Iterator

import pytest

from tests.services import SERVERS, Target, running


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take running services instead of starting them."""
    group = parser.getgroup("services")
    for name in SERVERS:
        group.addoption(
            f"--{name}-url",
            default=os.environ.get(f"{name.upper()}_URL"),
            help=f"test the service that runs here ({name.upper()}_URL) instead of starting {name}_app",
        )


@pytest.fixture(scope="session", params=sorted(SERVERS, reverse=True))
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Each of the two services in turn; the only place that knows which is which."""
    name: str = request.param
    url = request.config.getoption(f"{name}_url")
    if url:
        yield Target(name, SERVERS[name], url.rstrip("/"))
    else:
        with running(name) as service:
            yield service
