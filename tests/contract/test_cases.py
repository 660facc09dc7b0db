"""The cases that this suite shares with the parity corpus: written there once, with the answer of each."""

import httpx
import pytest

from tests.parity.corpus import load
from tests.parity.engine.case import Case
from tests.parity.engine.request import Request


def as_request(case: Case) -> Request | None:
    """Return the one whole request that a client library can send as well; None: only a socket can."""
    if case.expected is None or case.count > 1 or len(case.pieces) > 1 or case.half_close:
        return None
    try:
        request = Request.of(case.request)
    except ValueError:
        return None
    names = [name.lower() for name, _ in request.headers]
    is_plain = request.written() == case.request and not request.chunks and names.count(b"host") == 1
    # A client writes no space around a value, and adds a few lines of its own to the hundred there may be.
    is_plain = is_plain and len(names) < 90 and all(value == value.strip() for _, value in request.headers)
    # The absolute form is for proxies, and the checker asks for a path.
    return request if is_plain and request.target.startswith("/") and b"expect" not in names else None


CASES = [(case, request) for case in load() if (request := as_request(case)) is not None]


@pytest.mark.parametrize(("case", "request_"), CASES, ids=[case.id for case, _ in CASES])
def test_case_is_answered_as_written(client: httpx.Client, case: Case, request_: Request) -> None:
    """Status, body, and the headers that the contract names; the client has checked all others."""
    response = client.request(
        request_.method,
        "/",
        content=request_.body,
        headers=httpx.Headers([*request_.headers]),
        extensions={"target": request_.target.encode("latin-1")},
    )
    assert case.expected is not None
    [right] = case.expected.responses
    headers = [(name.decode(), value.decode()) for name, value in right.headers]

    assert response.status_code == right.status
    assert response.content == right.body
    assert [(name, response.headers.get(name)) for name, _ in headers] == headers
