"""Requests generated from somebody's own OpenAPI document, as raw bytes; knows no service and no answer.

Schemathesis makes them, valid and not, for every operation; each is sent once as it is and once with
something changed that no schema is about: the method, the path, the media type, the framing or the end of
the body. Left out are heads so large that a server's limit would decide. Whatever differs by itself, such as
a clock or a random id in an answer, is the business of whoever compares.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import requests as client
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings, strategies
from hypothesis import seed as seeded
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.errors import SchemathesisError
from schemathesis.schemas import BaseSchema

from tests.parity.engine.edge_values import MEDIA_TYPES, METHODS, PIECES
from tests.parity.engine.request import Request

# Drawn at once: the more, the fewer are the simplest ones that every search begins with.
ROUND = 100
# Less than any server's limit that is known to be in use.
MAX_HEAD_BYTES = 4_000
# Of the generating client and not of the document; its id is another one each time.
CLIENT_HEADERS = {
    "user-agent",
    "accept-encoding",
    "connection",
    "x-schemathesis-testcaseid",
    "content-length",
}

Operation = schemathesis.APIOperation[Any, Any, Any, Any]
Case = schemathesis.Case[Any]


class BadDocument(ValueError):
    """Why nothing can be generated from a document; the message is a sentence."""


def load(path: Path) -> BaseSchema:
    """Read an OpenAPI 3 document in JSON or YAML.

    Raises:
        BadDocument: it cannot be read, is none, or describes no operation that requests can be made for.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadDocument(f"{path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadDocument(f"{path} is neither JSON nor YAML: {_first_line(error)}.") from None
    if not isinstance(content, dict) or not str(content.get("openapi", "")).startswith("3."):
        raise BadDocument(f"{path} is not an OpenAPI 3 document: it has no `openapi: 3.x`.")
    # Dates that YAML makes of unquoted examples are text in JSON.
    content = json.loads(json.dumps(content, default=str))
    try:
        document = schemathesis.openapi.from_dict(content, config=schemathesis.Config())
        document.validate()
        count = len(_operations(document))
    except (SchemathesisError, TypeError, ValueError) as error:
        raise BadDocument(f"{path} cannot be used: {_first_line(error)}.") from None
    if not count:
        raise BadDocument(f"{path} describes no operation.")
    return document


def requests(document: BaseSchema, seed: int, host: str, base_path: str) -> Iterator[bytes]:
    """Yield whole requests without end, the same for the same seed, boundaries of multipart bodies excepted.

    `base_path` comes before the document's paths, such as `/api`, and never ends with a slash.

    Raises:
        BadDocument: no request can be made after all.
    """
    random = Random(seed)
    strategy = strategies.one_of([made for operation in _operations(document) for made in _cases(operation)])
    while True:
        for case in _drawn(strategy, random.randrange(2**32)):
            made = _request(case, host, base_path)
            for request in (made, varied(random, made, base_path)):
                written = request.written()
                if written.index(b"\r\n\r\n") < MAX_HEAD_BYTES:
                    yield written


def varied(random: Random, request: Request, base_path: str = "") -> Request:
    """Change one thing about a request that no schema is about."""
    match random.randrange(5):
        case 0 if request.body:
            return replace(request, body=request.body[: random.randrange(len(request.body))])
        case 1 if request.body is not None:
            return replace(request, chunks=random.randint(1, 3))
        case 2 if request.body is not None:
            others = [header for header in request.headers if header[0].lower() != b"content-type"]
            return replace(request, headers=[*others, (b"Content-Type", random.choice(MEDIA_TYPES))])
        case 3:
            return replace(request, method=random.choice(METHODS))
        case _:
            place = random.randint(len(base_path) + 1, len(request.target))
            target = request.target[:place] + random.choice(PIECES) + request.target[place:]
            return replace(request, target=target)


def _operations(document: BaseSchema) -> Sequence[Operation]:
    """Return every operation.

    Raises:
        SchemathesisError: one of them is not described as it must be.
    """
    found = []
    for result in document.get_all_operations():
        if not isinstance(result, Ok):
            raise result.err()
        found.append(result.ok())
    return found


def _cases(operation: Operation) -> Iterator[SearchStrategy[Case]]:
    yield operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    # Where nothing is asked for, nothing can be wrong.
    if any(True for _ in operation.iter_parameters()) or operation.body:
        yield operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


def _drawn(strategy: SearchStrategy[Case], seed: int) -> Sequence[Case]:
    """Draw some cases; none of them is asked yet, so Hypothesis never sees one fail."""
    cases: list[Case] = []

    @seeded(seed)
    @settings(
        max_examples=ROUND,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(case: Case) -> None:
        cases.append(case)

    try:
        draw()
    except (HypothesisException, SchemathesisError) as error:
        raise BadDocument(f"No request can be made from the document: {_first_line(error)}.") from None
    return cases


def _request(case: Case, host: str, base_path: str) -> Request:
    """Serialise a case as its client would."""
    prepared = client.Request(**case.as_transport_kwargs(f"http://localhost{base_path}")).prepare()
    headers = [(b"Host", host.encode())]
    for name, value in prepared.headers.items():
        if name.lower() not in CLIENT_HEADERS:
            headers.append((_bytes(name), _bytes(value)))
    body = prepared.body
    assert body is None or isinstance(body, str | bytes)  # nothing here is streamed
    return Request(case.method, prepared.path_url, headers, None if body is None else _bytes(body))


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
