"""Operations that somebody brings along: `GET /path`, or `POST /path @FILE` with headers and body from it."""

import re
from dataclasses import replace
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from socket import create_connection

from loadtests.errors import Refusal
from loadtests.scenarios import Operation
from loadtests.targets import Target, address, authority

TIMEOUT_S = 10.0
TIMES = 3
"""How often each target is asked before its answer is taken for the only one."""

EMPTY_LINE = re.compile(rb"(?:\A|(?<=\n))\r?\n")
OURS = {"host": "Host", "accept-encoding": "Accept-Encoding"}
"""Headers that are sent without being asked for; the file may say something else, in any case."""
FRAMING = {"content-length", "transfer-encoding"}

Found = tuple[int, str | None, bytes]


def parse(text: str) -> Operation:
    """Read a request; its answer is not known yet.

    The file is written as HTTP has it: a line for each header, an empty line, and the body, which is sent as
    it is. Host and Content-Length are added. Without headers it begins with the empty line.

    Raises:
        Refusal: it is no request, or the file cannot be read or has a line that is no header.
    """
    words = text.split()
    if len(words) not in {2, 3} or not words[1].startswith("/") or (len(words) == 3 and words[2][0] != "@"):
        raise Refusal(f"--request must be 'METHOD /path' or 'METHOD /path @FILE', not {text!r}.")
    method, path = words[0].upper(), words[1]
    if method == "HEAD":
        raise Refusal("--request HEAD has no body to check: ask for GET.")
    headers, body = _read(Path(words[2][1:])) if len(words) == 3 else ({}, None)
    return Operation(f"{method} {path}", method, path, b"", body, {"Accept-Encoding": "identity", **headers})


def _read(path: Path) -> tuple[dict[str, str], bytes | None]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refusal(f"--request: {path}: {error.strerror}.") from None
    end = EMPTY_LINE.search(content)
    head, body = (content[: end.start()], content[end.end() :]) if end else (content, None)
    headers: dict[str, str] = {}
    for line in head.removesuffix(b"\n").split(b"\n") if head else ():
        name, colon, value = (part.strip() for part in line.partition(b":"))
        if not colon or not name.isascii() or not name or not _is_text(value):
            raise Refusal(
                f"--request: {path}: {line.decode(errors='replace')!r} is no header; "
                "headers, an empty line, then the body."
            )
        key = name.decode()
        if key.lower() in FRAMING:
            raise Refusal(f"--request: {path}: {key} follows from the body: leave it out.")
        headers[OURS.get(key.lower(), key)] = value.decode()
    return headers, body


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def answered(operation: Operation, targets: tuple[Target, Target]) -> Operation:
    """Ask both targets, and return the operation with the answer that both gave each time.

    Raises:
        Refusal: they do not agree with each other or with themselves, or one of them cannot be asked.
    """
    answers = {target.title: [_ask(operation, target) for _ in range(TIMES)] for target in targets}
    for title, found in answers.items():
        if len(set(found)) > 1:
            raise Refusal(
                f"{title} does not answer {operation.request} twice alike, so no answer could be checked "
                f"under load: {_difference(found[0], next(one for one in found if one != found[0]))}."
            )
    (control, first), (candidate, second) = ((title, found[0]) for title, found in answers.items())
    if first != second:
        raise Refusal(
            f"These two do not answer {operation.request} alike, so there is nothing fair to compare "
            f"({control}, then {candidate}): {_difference(first, second)}."
        )
    status, content_type, body = first
    if not 200 <= status < 300:
        raise Refusal(
            f"Both answer {operation.request} with status {status}: ask for something that succeeds."
        )
    return replace(operation, answer=body, status=status, content_type=content_type)


def _ask(operation: Operation, target: Target) -> Found:
    host, port = address(target.url)
    try:
        with create_connection((host, port), timeout=TIMEOUT_S) as connection:
            connection.sendall(operation.written(authority(target.url)))
            with HTTPResponse(connection, method=operation.method) as response:
                response.begin()
                body = response.read()
                return response.status, response.headers.get("content-type"), body
    except (OSError, HTTPException) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else repr(error)
        raise Refusal(
            f"{target.title} does not answer {operation.request} at {target.url}: {reason}."
        ) from None


def _difference(first: Found, second: Found) -> str:
    for name, a, b in zip(("status", "content type", "body"), first, second, strict=True):
        if a != b:
            return f"the {name} is {_short(a)} and then {_short(b)}"
    return "nothing"


def _short(value: object) -> str:
    return repr(value[:80]) if isinstance(value, bytes) else repr(value)
