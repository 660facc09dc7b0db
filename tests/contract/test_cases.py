"""The cases that this suite shares with the parity corpus: written there once, with the answer of each."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.parity.engine.exchange import Response
from tests.parity.entry import Entry, in_bytes
from tests.parity.expected import expected

CORPUS = Path(__file__).parents[1] / "parity" / "corpus"
# Those that a client library can send; requests that only a socket can are left to the parity suite.
FAMILIES = ("headers", "json", "media", "paths", "precedence", "queries", "sizes")
HOST_LINE = "Host: "


def entries(*families: str) -> list[Entry]:
    """Read the entries whose answer is the application's."""
    read: list[dict[str, Any]] = [
        entry for name in families for entry in yaml.safe_load((CORPUS / f"{name}.yaml").read_text("ascii"))
    ]
    return [Entry.model_validate(entry) for entry in read if entry["layer"] == "application"]


CASES = [entry for entry in entries(*FAMILIES) if entry.get is not None or entry.echo is not None]
HOSTS = [
    (line.removeprefix(HOST_LINE).encode("latin-1"), entry)
    for entry in entries("host")
    if isinstance(entry.send, str) and entry.send.startswith("GET / ")
    for line in entry.send.split("\r\n")
    if line.startswith(HOST_LINE)
]


def answer(entry: Entry) -> Response:
    """Return the one answer that an entry asks for."""
    assert entry.expect is not None
    assert not isinstance(entry.expect, list)
    return expected(entry.expect)


def check(response: httpx.Response, right: Response) -> None:
    """Compare status, body, and the headers that the contract names; the client has checked the rest."""
    headers = [(name.decode(), value.decode()) for name, value in right.headers]

    assert response.status_code == right.status
    assert response.content == right.body
    assert [(name, response.headers.get(name)) for name, _ in headers] == headers


@pytest.mark.parametrize("entry", CASES, ids=lambda entry: str(entry.id))
def test_case_is_answered_as_written(client: httpx.Client, entry: Entry) -> None:
    """A GET with this target, or a POST to `echo` with this body, and the header lines that stand there."""
    lines = [line.partition(":")[::2] for line in entry.fields]
    headers = [(name.encode(), value.strip().encode("latin-1")) for name, value in lines]
    if entry.get is not None:
        target = entry.get.encode("latin-1")
        response = client.get("/", headers=httpx.Headers(headers), extensions={"target": target})
    else:
        typed = [(b"Content-Type", b"application/json"), *headers]
        body = in_bytes(entry.echo or "")
        response = client.post("/echo", content=body, headers=httpx.Headers(typed))

    check(response, answer(entry))


@pytest.mark.parametrize(("host", "entry"), HOSTS, ids=[entry.id for _, entry in HOSTS])
def test_host_is_answered_as_written(client: httpx.Client, host: bytes, entry: Entry) -> None:
    """`uri-host [":" port]` by the grammar of RFC 3986, which says nothing about names that exist."""
    response = client.get("/", headers=httpx.Headers([(b"Host", host)]))

    check(response, answer(entry))
