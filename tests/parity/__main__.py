"""Compare any two services over the wire: `python -m tests.parity http://A http://B`.

Without a document of their own they are held to our contract: the corpus, then generated requests. With
`--openapi FILE` every request is generated from that document, and the two need only agree with each other.
Nothing is masked but what engine/comparator.py names: a service whose answers carry a clock or a random id
differs from itself, and the command says that it cannot tell.

Status 0: no difference. 1: different. 2: could not tell.
"""

import argparse
import secrets
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from tests.parity.corpus import load
from tests.parity.differences import load as load_differences
from tests.parity.engine import generation
from tests.parity.engine.case import Case
from tests.parity.engine.comparator import compare
from tests.parity.engine.exchange import Address, Answer, exchange
from tests.parity.engine.sending import send_all
from tests.parity.engine.soak import report, soak
from tests.parity.verdict import described, failures, noise
from tests.services import SERVERS

CONNECT_TIMEOUT_S = 5
PAIRS = 2000
QUICK_PAIRS = 200
SHOWN = 5
REPORT_EVERY_S = 5.0
TITLES = ("A", "B")


class CannotTell(Exception):
    """Why nothing can be said about the two; the message is a sentence."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main() -> int:
    """Run from the command line and return the exit status."""
    options = _parser().parse_args()
    if options.pairs is None:
        options.pairs = QUICK_PAIRS if options.quick else PAIRS
    if options.seed is None:
        options.seed = secrets.randbelow(10**9)
    try:
        addresses = tuple(_reached(url) for url in (options.first, options.second))
        if options.openapi is None:
            return _by_contract(addresses, options)
        return _by_document(addresses, options)
    except CannotTell as reason:
        sys.stderr.write(f"python -m tests.parity: {reason}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"python -m tests.parity: a service stopped answering: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("python -m tests.parity: stopped before the end\n")
        return 130


def _by_contract(addresses: Sequence[Address], options: argparse.Namespace) -> int:
    """Send the corpus to both, then requests generated from what our contract allows and nearly allows."""
    everything = load()
    cases = [case for case in everything if not options.quick or _is_quick(case)]
    began_s = time.monotonic()
    answers = [send_all(cases, address) for address in addresses]
    if not options.quick:
        for title, address, once in zip(TITLES, addresses, answers, strict=True):
            restless = list(noise(cases, once, send_all(cases, address), {title: address}))
            if restless:
                raise CannotTell(f"{title} does not answer the same request twice alike.\n{restless[0]}")
    by_title = dict(zip(TITLES, addresses, strict=True))
    faults = list(_differences(everything, cases, answers, by_title))
    for fault in faults[:SHOWN]:
        print(f"{fault}\n")
    print(f"corpus: {len(cases)} requests in {time.monotonic() - began_s:.1f} s, {len(faults)} failures")
    requests = generation.requests(options.seed, "localhost")
    return max(int(bool(faults)), _generated(addresses, requests, options))


def _by_document(addresses: Sequence[Address], options: argparse.Namespace) -> int:
    """Send requests generated from somebody's own document; A must answer them as it answered before."""
    # Imported only here: Schemathesis takes longer to import than a quick run takes.
    from tests.parity.engine import documented

    prefixes = [urlsplit(url).path.rstrip("/") for url in (options.first, options.second)]
    if prefixes[0] != prefixes[1]:
        raise CannotTell("Both base URLs need the same path, because both get the same bytes.")
    try:
        document = documented.load(options.openapi)
        endless = documented.requests(document, options.seed, "localhost", prefixes[0])
        requests = list(islice(endless, options.pairs))
    except documented.BadDocument as error:
        raise CannotTell(str(error)) from None
    for title, address in zip(TITLES, addresses, strict=True):
        itself = soak(address, address, iter(requests[:QUICK_PAIRS]), QUICK_PAIRS)
        if itself.failure is not None:
            raise CannotTell(
                f"{title} does not answer the same request twice alike.\n{itself.failure.difference}"
            )
    return _generated(addresses, iter(requests), options)


def _is_quick(case: Case) -> bool:
    """Whether the application answers it, and it is not one of the many that are the same request split."""
    return case.layer == "application" and "@" not in case.id


def _generated(addresses: Sequence[Address], requests: Iterator[bytes], options: argparse.Namespace) -> int:
    first, second = addresses
    reported_s = time.monotonic()

    def progress(asked: int) -> None:
        nonlocal reported_s
        if time.monotonic() - reported_s >= REPORT_EVERY_S:
            reported_s = time.monotonic()
            sys.stderr.write(f"{asked:,} of {options.pairs:,} generated requests asked\n")

    outcome = soak(first, second, requests, options.pairs, progress)
    print(f"generated, seed {options.seed}: {report(outcome, first, second)}")
    return int(outcome.failure is not None)


def _differences(
    everything: Sequence[Case],
    cases: Sequence[Case],
    answers: Sequence[Mapping[str, Answer]],
    addresses: Mapping[str, Address],
) -> Iterator[str]:
    """Judge by the known differences where these are gunicorn and uvicorn, else accept none."""
    names = {server: name for name, server in SERVERS.items()}
    found = [names.get(_server(address)) for address in addresses.values()]
    if set(found) == set(SERVERS):
        flask, fastapi = (answers[found.index(name)] for name in ("flask", "fastapi"))
        yield from failures(cases, load_differences(everything), flask, fastapi, addresses)
        return
    first, second = answers
    for case in cases:
        if case.expected is not None:
            for title, answer in zip(TITLES, (first[case.id], second[case.id]), strict=True):
                difference = compare(case.expected, answer)
                if difference is not None:
                    fault = f"{title} (B below) does not answer as the contract says (A below)\n{difference}"
                    yield described(case, fault, addresses)
        elif (difference := compare(first[case.id], second[case.id])) is not None:
            yield described(case, str(difference), addresses)


def _server(address: Address) -> str:
    answer = exchange(address, [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"])
    headers = [response.header(b"server") for response in answer.responses]
    return (headers[-1] or b"").decode("latin-1") if headers else ""


def _reached(url: str) -> Address:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise CannotTell(f"{url} is no http:// URL; TLS is not compared.")
    try:
        address = parts.hostname, parts.port or 80
        socket.create_connection(address, timeout=CONNECT_TIMEOUT_S).close()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CannotTell(f"{url} cannot be reached: {reason}.") from None
    return address


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m tests.parity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("first", metavar="http://A", help="the one whose answers are taken for right")
    parser.add_argument("second", metavar="http://B", help="the one that must answer the same")
    parser.add_argument(
        "--openapi", type=Path, metavar="FILE", help="an OpenAPI document in YAML or JSON to generate from"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"what the application answers only, once, and {QUICK_PAIRS} pairs: a gate of seconds",
    )
    parser.add_argument("--pairs", type=_count, help=f"generated requests ({PAIRS}, quick {QUICK_PAIRS})")
    parser.add_argument("--seed", type=_count, help="repeat the run that printed this seed")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
