"""The document itself: valid, complete, and with examples that keep their own schemas."""

from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.contract.document import Document


def test_the_document_is_valid_openapi(document: Document) -> None:
    """OpenAPI 3.1, by its own schema."""
    validate(document.content)


def test_every_path_has_options_and_every_get_has_head(document: Document) -> None:
    """What HTTP adds to each operation is written down too."""
    for item in document.content["paths"].values():
        assert "options" in item
        assert ("get" in item) == ("head" in item)


def test_operation_ids_are_unique(document: Document) -> None:
    """One name runs end to end."""
    names = [operation["operationId"] for _, _, operation in document.operations()]

    assert len(names) == len(set(names))


def test_every_response_with_content_has_a_valid_example(document: Document) -> None:
    """Each status of each operation is shown, and each example keeps its schema."""
    contents = [
        content
        for _, _, operation in document.operations()
        for response in operation["responses"].values()
        for content in document.resolve(response).get("content", {}).values()
    ]

    assert len(contents) > 10
    for content in contents:
        examples: dict[str, Any] = content["examples"]
        for example in examples.values():
            Draft202012Validator(document.resolve(content["schema"])).validate(example["value"])
