"""Requests made from an OpenAPI document."""

import json
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract import document as contract
from tests.parity.engine import documented
from tests.parity.engine.request import Request
from tests.parity.engine.soak import soak
from tests.services import Target

PETS: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}},
                {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
            ],
            "get": {"responses": {"200": {"description": "the pet"}}},
            "put": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {"name": {"type": "string"}},
                            }
                        }
                    }
                },
                "responses": {"200": {"description": "the pet"}},
            },
        }
    },
}
MANY = 400


def write(folder: Path, content: object, name: str = "openapi.json") -> Path:
    """Write a document to a file."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> list[Request]:
    """Return requests to a service of somebody else under a path of its own."""
    document = documented.load(write(tmp_path_factory.mktemp("pets"), PETS))
    written = islice(documented.requests(document, 1, "pets.example", "/api"), MANY)
    return [Request.of(request) for request in written]


def test_every_operation_is_asked_for_under_the_base_path(pets: list[Request]) -> None:
    """Both operations come often, other methods now and then."""
    methods = Counter(request.method for request in pets)

    assert all(request.target.startswith("/api/") for request in pets)
    assert all(request.headers[0] == (b"Host", b"pets.example") for request in pets)
    assert min(methods["GET"], methods["PUT"]) > MANY / 5
    assert len(methods) > 4


def test_valid_and_invalid_requests_are_made(pets: list[Request]) -> None:
    """Parameters and bodies that fit, and such that do not."""
    ids = {request.target.removeprefix("/api/pets/") for request in pets}
    bodies = [json_of(request.body) for request in pets if request.body is not None]
    named = [isinstance(body, dict) and isinstance(body.get("name"), str) for body in bodies]
    media_types = {value for request in pets for name, value in request.headers if name == b"Content-Type"}

    assert any(text.isdigit() and int(text) > 0 for text in ids)
    assert any(text.isdigit() and int(text) == 0 for text in ids)
    assert any(named)
    assert any(not fits and body is not None for fits, body in zip(named, bodies, strict=True))
    assert any(body is None for body in bodies)
    assert b"application/json" in media_types
    assert len(media_types) > 3


def json_of(body: bytes) -> object:
    """Read a body, None where it is no JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def test_the_same_seed_makes_the_same_requests(tmp_path: Path) -> None:
    """A run is repeated by its seed alone."""
    document = documented.load(write(tmp_path, PETS))
    once, again, other = (list(islice(documented.requests(document, n, "h", ""), 100)) for n in (1, 1, 2))

    assert once == again
    assert once != other


def test_our_own_document_shows_no_difference(targets: dict[str, Target], tmp_path: Path) -> None:
    """Both services answer what is generated from openapi.yaml the same; `wait` is left out, as it waits."""
    content = yaml.safe_load(contract.PATH.read_text())
    del content["paths"]["/wait"]
    document = documented.load(write(tmp_path, content))
    requests = documented.requests(document, 1, "localhost", "")

    outcome = soak(targets["flask"].address, targets["fastapi"].address, requests, MANY)

    assert outcome.failure is None, f"{outcome.failure.request!r}\n{outcome.failure.difference}"
    assert outcome.pairs == MANY


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is neither JSON nor YAML: "),
        ("- a", "is not an OpenAPI 3 document: it has no `openapi: 3.x`."),
        ({"swagger": "2.0"}, "is not an OpenAPI 3 document: it has no `openapi: 3.x`."),
        ({**PETS, "paths": {}}, "describes no operation."),
        ({**PETS, "paths": {"/a": {"get": 1}}}, 'cannot be used: 1 is not of type "object".'),
    ],
    ids=["syntax", "list", "swagger", "empty", "schema"],
)
def test_a_bad_document_is_refused_with_a_sentence(tmp_path: Path, content: object, sentence: str) -> None:
    """It names the file and says what is wrong."""
    path = write(tmp_path, content)

    with pytest.raises(documented.BadDocument) as refusal:
        documented.load(path)

    assert str(refusal.value).startswith(f"{path} {sentence}")
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """The reason is the system's."""
    path = tmp_path / "none.yaml"

    with pytest.raises(
        documented.BadDocument, match=r"none\.yaml cannot be read: No such file or directory\.$"
    ):
        documented.load(path)


def test_a_schema_that_nothing_fits_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """It shows only when requests are made."""
    content = json.loads(json.dumps(PETS))
    content["paths"]["/pets/{id}"]["parameters"][0]["schema"] = {
        "type": "integer",
        "minimum": 2,
        "maximum": 1,
    }
    document = documented.load(write(tmp_path, content))

    with pytest.raises(documented.BadDocument, match=r"^No request can be made from the document: .*\.$"):
        next(documented.requests(document, 1, "h", ""))
