"""Requests that are valid or nearly so for our own contract, as raw bytes; knows no service and no answer.

An operation's usual request comes with a few things about it changed, because requests that fit nothing all
end in the same 404. Everything is chosen by a `random.Random`, 20 µs a request, where strategies took
Hypothesis 2 ms; what `hypothesis.strategies.randoms` yields can be put in its place.

Only what both servers' parsers let through is made, so that a connection serves one request after another.
Left to the corpus, because a server answers before the application sees it: methods that a parser does not
know, anything but printable ASCII in a target, targets that are no path, control characters in a header,
names that are no token, other than one `Host`, a second `Content-Type` or `Connection`, HTTP/1.0, `Expect`,
`Upgrade`, `Proxy-Connection`, and every fault of framing.
"""

import json
from collections.abc import Iterator
from random import Random

from tests.parity.engine.edge_values import (
    CHARACTERS,
    CODINGS,
    CONNECTIONS,
    ENCODINGS,
    HOSTS,
    LENGTHS,
    MEDIA_TYPES,
    MEMBERS,
    METHODS,
    NAMES,
    NUMBERS,
    ODD_HEADERS,
    PATHS,
    PIECES,
    QUERIES,
    SCALARS,
    SEPARATORS,
    SPACES,
    WAITS_MS,
)
from tests.parity.engine.request import Header, Request

MAX_BODY_BYTES = 65_536


def requests(seed: int, host: str) -> Iterator[bytes]:
    """Yield whole requests without end, the same for the same seed; `host` is what `Host` usually says."""
    random = Random(seed)
    while True:
        yield request(random, host).written()


def request(random: Random, host: str) -> Request:
    """Make one request to a service that keeps the contract."""
    kind = random.choice(("echo", "echo", "wait", "other"))
    if kind == "echo":
        method = "POST" if usually(random) else random.choice(METHODS)
        target = (path(random, "/echo")) + ("" if usually(random) else random.choice(QUERIES))
        headers = [*content_type(random), *content_coding(random), *odd_headers(random)]
        body = any_body(random)
    else:
        method = random.choice(METHODS[:2] if usually(random) else METHODS)
        if kind == "wait":
            target = path(random, "/wait") + wait_query(random)
        else:
            target = path(random, random.choice(PATHS)) + random.choice(QUERIES)
        headers = odd_headers(random)
        body = None if usually(random) else any_body(random)
    named = host.encode() if usually(random) or usually(random) else random.choice(HOSTS)
    if body is not None and len(body) >= MAX_BODY_BYTES:
        # gunicorn closes where so much is left unread, and does not say so: the client says it instead.
        headers = [header for header in headers if header[0] != b"Connection"]
        headers.append((b"Connection", b"close"))
    chunks = 0 if body is None or usually(random) else random.randint(1, 4)
    return Request(method, target, [(b"Host", named), *headers], body, chunks)


def usually(random: Random) -> bool:
    """Say yes three times in four."""
    return random.randrange(4) < 3


def path(random: Random, known: str) -> str:
    """Return that path, seldom one beside it or one of odd pieces."""
    if usually(random):
        return known
    if usually(random):
        place = random.randint(1, len(known))
        return known[:place] + random.choice(PIECES) + known[place + random.randrange(3) :]
    return "/" + odd_text(random)


def odd_text(random: Random) -> str:
    """Put a few odd pieces together."""
    return "".join(random.choices(PIECES, k=random.randrange(4)))


def wait_query(random: Random) -> str:
    """Return a query that is, or nearly is, one valid `ms`."""
    parameters = [parameter(random)]
    while not usually(random):
        parameters.append(parameter(random))
    return "?" + random.choice(SEPARATORS).join(parameters)


def parameter(random: Random) -> str:
    """Return `ms` with a short time, or something near it."""
    name = "ms" if usually(random) else random.choice(NAMES)
    if usually(random):
        return f"{name}={random.choice(WAITS_MS)}"
    return random.choice(
        (f"{name}={random.choice(NUMBERS)}", f"{name}={odd_text(random)}", name, odd_text(random))
    )


def content_type(random: Random) -> list[Header]:
    """Declare JSON, seldom something near it or nothing."""
    if usually(random):
        return [(b"Content-Type", MEDIA_TYPES[0])]
    name = random.choice((b"Content-Type", b"content-type", b"CONTENT-TYPE"))
    return [(name, random.choice(MEDIA_TYPES))] if usually(random) else []


def content_coding(random: Random) -> list[Header]:
    """Declare no content coding, seldom one or two."""
    if usually(random) or usually(random):
        return []
    return [(b"Content-Encoding", random.choice(CODINGS)) for _ in range(random.randint(1, 2))]


def odd_headers(random: Random) -> list[Header]:
    """Return none, seldom a few that must not matter, seldom one about the connection."""
    if usually(random):
        return []
    odd = random.choices(ODD_HEADERS, k=random.randint(1, 3))
    return odd if usually(random) else [*odd, (b"Connection", random.choice(CONNECTIONS))]


def any_body(random: Random) -> bytes | None:
    """Return a message, valid or not, a damaged one, or something else."""
    if usually(random):
        return message(random)
    match random.randrange(8):
        case 0 | 1 | 2:
            return damaged(random, message(random))
        case 3:
            return random.choice(SPACES) + message(random) + random.choice(SPACES)
        case 4:
            return message(random).decode(errors="replace").encode(random.choice(ENCODINGS))
        case 5:
            return json.dumps(value(random, 3)).encode()
        case 6:
            return random.choice((b"", None, random.randbytes(random.randint(1, 20)), random.choice(SCALARS)))
        case _:
            return around_the_limit(random) if not usually(random) else b""


def message(random: Random) -> bytes:
    """Write an object with `msg`, seldom with other members around it or instead of it."""
    members = [(b'"msg"' if usually(random) else random.choice(MEMBERS), member_value(random))]
    while not usually(random):
        other = random.choice((b'"msg"', *MEMBERS)), member_value(random)
        members.insert(random.randint(0, len(members)), other)
    return b"{" + b",".join(name + b":" + written for name, written in members) + b"}"


def member_value(random: Random) -> bytes:
    """Write a string about as long as allowed, seldom something else."""
    if usually(random):
        text = random.choice(CHARACTERS) * random.choice(LENGTHS)
        return json.dumps(text, ensure_ascii=not usually(random)).encode()
    return random.choice(SCALARS)


def damaged(random: Random, data: bytes) -> bytes:
    """Replace up to three bytes somewhere by something."""
    place = random.randint(0, len(data))
    piece = random.choice((random.choice(SPACES), random.randbytes(1), random.randbytes(2), b""))
    return data[:place] + piece + data[place + random.randrange(4) :]


def value(random: Random, depth: int) -> object:
    """Make any JSON value, nested no deeper than that."""
    match random.randrange(7 if depth else 5):
        case 0:
            return random.choice((None, True, False))
        case 1:
            return random.choice((0, -1, 2**53 + 1, 2**64, -(2**63) - 1, 10**40))
        case 2:
            return random.choice((0.0, -0.0, 1e16, 5e-324, 1.7976931348623157e308, 0.1))
        case 3 | 4:
            return random.choice(("", "msg", "a", *CHARACTERS))
        case 5:
            return [value(random, depth - 1) for _ in range(random.randrange(3))]
        case _:
            return {
                random.choice(("msg", "a", "")): value(random, depth - 1) for _ in range(random.randrange(3))
            }


def around_the_limit(random: Random) -> bytes:
    """Write a body whose size is about the limit; more than that only by a little, as everything is read."""
    size = MAX_BODY_BYTES + random.choice((-1, 0, 1, 5_000))
    begin, end = random.choice(((b'{"msg":"', b'"}'), (b'{"msg":"a","', b'":1}'), (b"[", b"]"), (b'"', b'"')))
    return begin + b"1" * (size - len(begin) - len(end)) + end
