"""The contract's answers, byte for byte."""

import json
from typing import Any

SUCCESS = b'{"msg":"Success!"}'
HEALTHY = b'{"status":"ok"}'

ALLOW_GET = "GET, HEAD, OPTIONS"
ALLOW_POST = "OPTIONS, POST"

BAD_HOST = (
    b'{"type":"about:blank","title":"Bad Request","status":400,"detail":"The Host header is not valid."}'
)
BAD_TARGET = (
    b'{"type":"about:blank","title":"Bad Request","status":400,'
    b'"detail":"The path or query is not valid UTF-8."}'
)
BAD_JSON = (
    b'{"type":"about:blank","title":"Bad Request","status":400,"detail":"The body is not a valid JSON text."}'
)
BODY_TRUNCATED = (
    b'{"type":"about:blank","title":"Bad Request","status":400,'
    b'"detail":"The body ended before its declared length."}'
)
NOT_FOUND = (
    b'{"type":"about:blank","title":"Not Found","status":404,"detail":"Nothing is served at this path."}'
)
METHOD_NOT_ALLOWED = (
    b'{"type":"about:blank","title":"Method Not Allowed","status":405,'
    b'"detail":"This path does not allow the method."}'
)
BODY_TOO_LARGE = (
    b'{"type":"about:blank","title":"Content Too Large","status":413,'
    b'"detail":"The body is larger than 65536 bytes."}'
)
UNSUPPORTED_MEDIA_TYPE = (
    b'{"type":"about:blank","title":"Unsupported Media Type","status":415,'
    b'"detail":"The body must be application/json without a content coding."}'
)
FAILED = (
    b'{"type":"about:blank","title":"Internal Server Error","status":500,'
    b'"detail":"The server failed to answer."}'
)

MS_RULE = "must be an integer from 0 to 10000"
MSG_RULE = "must be a string of 1 to 280 characters"
OBJECT_RULE = "must be an object"
MEMBER_RULE = "is not a member of this object"

WRONG_MS = {"detail": MS_RULE, "parameter": "ms"}
WRONG_MSG = {"detail": MSG_RULE, "pointer": "#/msg"}
NO_OBJECT = {"detail": OBJECT_RULE, "pointer": "#"}


def no_member(pointer: str) -> dict[str, str]:
    """Describe a member that the body must not have; `pointer` is a URI fragment."""
    return {"detail": MEMBER_RULE, "pointer": pointer}


def invalid(*errors: dict[str, str]) -> bytes:
    """Write the 422 problem with these faults."""
    return compact(
        {
            "type": "about:blank",
            "title": "Unprocessable Content",
            "status": 422,
            "detail": "The request does not fit the contract.",
            "errors": errors,
        }
    )


def compact(value: Any) -> bytes:
    """Write JSON as the contract has it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
