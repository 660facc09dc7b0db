"""The contract as a document, and whether a response keeps it; knows neither service."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote_to_bytes

import httpx
import yaml
from jsonschema import Draft202012Validator

PATH = Path(__file__).with_name("openapi.yaml")
# These belong to the server (RFC 9110, sections 6.6.1 and 7.6.1) and may always be sent.
SERVER_HEADERS = {"date", "connection"}


class ContractError(AssertionError):
    """A response that the document does not allow."""


@dataclass(frozen=True)
class Document:
    """An OpenAPI 3.1 document with every reference still in place."""

    content: dict[str, Any]

    @classmethod
    def load(cls) -> Self:
        """Read openapi.yaml."""
        return cls(yaml.safe_load(PATH.read_text()))

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield path, method in lower case, and operation."""
        for path, item in self.content["paths"].items():
            for method, operation in item.items():
                yield path, method, operation

    def check(self, response: httpx.Response) -> None:
        """Raise ContractError unless status, headers and every byte of the body are as documented."""
        expected = self._response(response)
        self._check_headers(response, expected)
        if response.request.method == "HEAD" or "content" not in expected:
            if response.content:
                raise ContractError(f"a body where none belongs: {response.content[:80]!r}")
            return
        self._check_body(response, expected)

    def _response(self, response: httpx.Response) -> dict[str, Any]:
        """Find the documented response by path, method and status."""
        path, method, status = path_of(response.request), response.request.method, str(response.status_code)
        shared = self.content["components"]["responses"]
        item = self.content["paths"].get(path)
        if item is None:
            known = {"400": shared["BadHostOrTarget"], "404": shared["NotFound"]}
        elif method.lower() not in item:
            known = {"400": shared["BadHostOrTarget"], "405": shared["MethodNotAllowed"]}
        else:
            known = item[method.lower()]["responses"]
        if status not in known:
            raise ContractError(f"{method} {path} must not answer {status}, only {', '.join(known)}")
        return self.resolve(known[status])

    def _check_headers(self, response: httpx.Response, expected: dict[str, Any]) -> None:
        documented = {name.lower(): self.resolve(header) for name, header in expected["headers"].items()}
        if "content" in expected:
            (media_type,) = expected["content"]
            documented["content-type"] = {"schema": {"const": media_type}}
        sent = [name for name, _ in response.headers.multi_items() if name not in SERVER_HEADERS]
        if sorted(sent) != sorted(documented):
            raise ContractError(f"headers {sorted(sent)} instead of {sorted(documented)}")
        for name, header in documented.items():
            if not Draft202012Validator(header["schema"]).is_valid(response.headers[name]):
                raise ContractError(f"{name}: {response.headers[name]!r} is not {header['schema']}")
        length = response.headers.get("content-length")
        if response.request.method != "HEAD" and length not in (None, str(len(response.content))):
            raise ContractError(f"content-length {length} for {len(response.content)} bytes")

    def _check_body(self, response: httpx.Response, expected: dict[str, Any]) -> None:
        ((media_type, content),) = expected["content"].items()
        schema = self.resolve(content["schema"])
        try:
            body = json.loads(response.content)
        except ValueError as error:
            raise ContractError(f"not {media_type}: {error}") from None
        for fault in Draft202012Validator(schema).iter_errors(body):
            raise ContractError(f"body at {fault.json_path}: {fault.message}")
        if list(body) != list(schema["properties"]):
            raise ContractError(f"members {list(body)} instead of {list(schema['properties'])}")
        compact = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        if response.content != compact:
            raise ContractError(f"{response.content!r} is not written as {compact!r}")

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follow a local reference."""
        found: Any = node
        while "$ref" in found:
            parts = found["$ref"].removeprefix("#/").split("/")
            found = self.content
            for part in parts:
                found = found[part]
        resolved: dict[str, Any] = found
        return resolved


def path_of(request: httpx.Request) -> str:
    """Percent-decode the path as it was sent, which is not always the path that httpx was given."""
    target: bytes = request.extensions.get("target", request.url.raw_path)
    return unquote_to_bytes(target.partition(b"?")[0]).decode(errors="replace")
