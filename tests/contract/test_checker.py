"""The checker is checked: it must refuse a response that is wrong in any one way."""

from collections.abc import Mapping

import httpx
import pytest

from tests.contract.answers import METHOD_NOT_ALLOWED, SUCCESS, WRONG_MS, invalid
from tests.contract.document import ContractError, Document

HEADERS = {"server": "gunicorn", "content-type": "application/json", "content-length": "18"}
PROBLEM = {"server": "uvicorn", "content-type": "application/problem+json"}


def response(
    status: int = 200,
    body: bytes = SUCCESS,
    headers: Mapping[str, str] = HEADERS,
    method: str = "GET",
    path: str = "/",
) -> httpx.Response:
    """Make a response that is right unless told otherwise."""
    request = httpx.Request(method, f"http://service{path}")
    return httpx.Response(status, headers=headers, content=body, request=request)


def problem(status: int, body: bytes, path: str = "/", method: str = "GET", **headers: str) -> httpx.Response:
    """Make a problem with its right headers."""
    return response(status, body, {**PROBLEM, "content-length": str(len(body)), **headers}, method, path)


@pytest.mark.parametrize(
    "right",
    [
        response(),
        response(headers={**HEADERS, "date": "now", "connection": "keep-alive"}),
        response(method="HEAD", body=b""),
        response(204, b"", {"server": "uvicorn", "allow": "GET, HEAD, OPTIONS"}, "OPTIONS"),
        problem(422, invalid(WRONG_MS), "/wait?ms=x"),
        problem(405, METHOD_NOT_ALLOWED, "/echo", allow="OPTIONS, POST"),
    ],
    ids=["success", "server headers", "head", "options", "422", "405"],
)
def test_check_accepts_a_right_response(document: Document, right: httpx.Response) -> None:
    """What the contract allows passes."""
    document.check(right)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (response(201), "must not answer 201"),
        (response(404), "must not answer 404"),
        (response(path="/nowhere"), "must not answer 200"),
        (response(method="PUT"), "must not answer 200"),
        (response(body=b'{"msg":"Success?"}'), "'Success!' was expected"),
        (response(body=SUCCESS + b"\n", headers={**HEADERS, "content-length": "19"}), "is not written as"),
        (
            response(body=b'{"msg": "Success!"}', headers={**HEADERS, "content-length": "19"}),
            "not written as",
        ),
        (response(body=b"Success!          "), "not application/json"),
        (response(headers={**HEADERS, "content-length": "17"}), "content-length 17 for 18 bytes"),
        (response(headers={**HEADERS, "content-type": "application/json; charset=utf-8"}), "content-type"),
        (response(headers={**HEADERS, "server": "gunicorn/27.0"}), "server"),
        (response(headers={**HEADERS, "x-powered-by": "us"}), "x-powered-by"),
        (response(headers={k: v for k, v in HEADERS.items() if k != "server"}), "instead of"),
        (response(method="HEAD"), "a body where none belongs"),
        (response(method="HEAD", body=b"", headers={**HEADERS, "content-type": "text/html"}), "content-type"),
        (response(204, b"", {"server": "uvicorn", "allow": "GET"}, "OPTIONS"), "allow"),
        (response(204, b"", {"server": "uvicorn"}, "OPTIONS"), "instead of"),
        (response(204, b"", {**PROBLEM, "allow": "GET, HEAD, OPTIONS"}, "OPTIONS"), "content-type"),
        (problem(405, METHOD_NOT_ALLOWED, "/echo"), "instead of"),
        (problem(405, METHOD_NOT_ALLOWED, "/echo", allow="POST, OPTIONS"), "allow"),
        (problem(422, invalid(), "/wait"), "body at"),
        (problem(422, invalid({**WRONG_MS, "input": "x"}), "/wait"), "body at"),
        (
            response(
                body=b'{"waited_ms":5,"msg":"Success!"}',
                path="/wait?ms=5",
                headers={**HEADERS, "content-length": "32"},
            ),
            "members",
        ),
    ],
)
def test_check_refuses_a_wrong_response(document: Document, wrong: httpx.Response, words: str) -> None:
    """One wrong status, header or byte is enough, and the message names it."""
    with pytest.raises(ContractError, match=words):
        document.check(wrong)
