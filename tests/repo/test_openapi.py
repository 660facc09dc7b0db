"""FastAPI's own document must agree with the contract."""

from typing import Any

import pytest

from fastapi_app.app import create_app
from tests.contract.document import Document

# Said by FastAPI beside what the contract says; neither says anything about the wire.
DECORATION = {"title", "description"}


@pytest.fixture(scope="module")
def written() -> Document:
    """Return the contract."""
    return Document.load()


@pytest.fixture(scope="module")
def generated() -> Document:
    """Return what FastAPI makes of its routes."""
    return Document(create_app().openapi())


def plain(document: Document, node: Any) -> Any:
    """Follow references and drop decoration."""
    if isinstance(node, dict):
        node = document.resolve(node)
        return {key: plain(document, value) for key, value in node.items() if key not in DECORATION}
    if isinstance(node, list):
        return [plain(document, value) for value in node]
    return node


def operations(document: Document) -> dict[str, dict[str, Any]]:
    """Key what a handler declares by operationId; HEAD and OPTIONS are nobody's handlers."""
    return {
        operation["operationId"]: {
            "path": path,
            "method": method,
            "parameters": [
                {key: plain(document, parameter)[key] for key in ("name", "in", "required", "schema")}
                for parameter in map(document.resolve, operation.get("parameters", []))
            ],
            "body": [
                (media_type, plain(document, content["schema"]))
                for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
            ],
            "responses": {
                (status, *document.resolve(response)["content"])
                for status, response in operation["responses"].items()
            },
        }
        for path, method, operation in document.operations()
        if method in {"get", "post"}
    }


def test_the_generated_document_has_the_same_operations(written: Document, generated: Document) -> None:
    """Paths, methods, names, parameters, bodies, statuses and media types."""
    assert operations(generated) == operations(written)


@pytest.mark.parametrize("name", ["Success", "Waited", "Message", "Health"])
def test_the_generated_models_have_the_same_members(
    written: Document, generated: Document, name: str
) -> None:
    """The members of each answer, in order, and which are required."""
    ours = written.content["components"]["schemas"][name]
    theirs = generated.content["components"]["schemas"][name]

    assert list(theirs["properties"]) == list(ours["properties"])
    assert theirs["required"] == ours["required"]
