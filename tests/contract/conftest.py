"""A client to the service under test that checks every response against the document."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.document import Document
from tests.services import Target


@pytest.fixture(scope="session")
def document() -> Document:
    """Return the contract."""
    return Document.load()


@pytest.fixture(scope="session")
def client(target: Target, document: Document) -> Iterator[httpx.Client]:
    """Return one synchronous client with kept-alive connections."""

    def check(response: httpx.Response) -> None:
        response.read()
        document.check(response)

    with httpx.Client(base_url=target.url, timeout=30, event_hooks={"response": [check]}) as client:
        yield client
