"""Load generators that others wrote, wrk and oha: how each is told what ours does, and what it prints.

Reading what they print is pure; finding them looks at PATH, and at where cargo puts what it builds.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT, TimeoutExpired

from loadtests.errors import Refusal
from loadtests.host.processes import Processes
from loadtests.results import StrangerReading
from loadtests.targets import Target

HEADERS = ("Accept-Encoding: identity",)
"""What our own generator sends beside Host. oha adds `accept: */*`; wrk adds nothing."""

IN_FLIGHT = 32
DURATION_S = 2
"""Long beside the opening of the connections, which it counts."""

PATIENCE_S = 10

UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class Unreadable(Exception):
    """A generator met failures, or printed something else than it used to; the message says what."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a generator says of its whole run, the opening of its connections included."""

    requests: int
    duration_s: float
    p50_s: float
    p99_s: float


@dataclass(frozen=True, slots=True)
class Stranger:
    """A generator of somebody else's."""

    name: str
    options: Callable[[int, int, str], Sequence[str]]
    """Made of connections, whole seconds and URL; one request in flight on each connection."""
    read: Callable[[str], Report]
    """Raises Unreadable."""

    @property
    def program(self) -> str | None:
        """Where it is; None where it is not installed."""
        places = (os.environ.get("PATH", os.defpath), str(Path.home() / ".cargo" / "bin"))
        return shutil.which(self.name, path=os.pathsep.join(places))


def wrk_options(connections: int, duration_s: int, url: str) -> list[str]:
    """Tell wrk to use one thread, and to print percentiles."""
    headers = [word for header in HEADERS for word in ("--header", header)]
    return [
        *("--threads", "1", "--connections", str(connections), "--duration", f"{duration_s}s"),
        *("--latency", *headers, url),
    ]


def read_wrk(output: str) -> Report:
    """Read what `wrk --latency` prints.

    Raises:
        Unreadable: a request failed, or a figure is missing.
    """
    failures = re.search(r"^ *((?:Socket errors|Non-2xx or 3xx responses): .*)$", output, re.MULTILINE)
    if failures:
        raise Unreadable(f"wrk met failures: {failures[1]}")
    total = re.search(r"^ *(\d+) requests in ([\d.]+)([a-z]+),", output, re.MULTILINE)
    # At the line's begin: the share of samples near the mean, at the end of another line, may be 97.50%.
    p50, p99 = (re.search(rf"^ *{share}% +([\d.]+)([a-z]+)$", output, re.MULTILINE) for share in (50, 99))
    if not (total and p50 and p99):
        raise Unreadable(f"wrk printed something unexpected: {output!r}")
    return Report(
        int(total[1]), _seconds(total[2], total[3]), _seconds(p50[1], p50[2]), _seconds(p99[1], p99[2])
    )


def oha_options(connections: int, duration_s: int, url: str) -> list[str]:
    """Tell oha to print JSON and nothing else."""
    headers = [word for header in HEADERS for word in ("-H", header)]
    return [
        *("--no-tui", "--output-format", "json", "-c", str(connections), "-z", f"{duration_s}s"),
        *(*headers, url),
    ]


def read_oha(output: str) -> Report:
    """Read what `oha --output-format json` prints; what is in flight at the end is no failure.

    Raises:
        Unreadable: a request failed, or a figure is missing.
    """
    try:
        found = json.loads(output)
        statuses = dict(found["statusCodeDistribution"])
        errors = dict(found["errorDistribution"])
        percentiles = found["latencyPercentiles"]
        errors.pop("aborted due to deadline", None)
        if errors or set(statuses) != {"200"}:
            raise Unreadable(f"oha met failures: statuses {statuses}, errors {errors}")
        return Report(
            int(statuses["200"]),
            float(found["summary"]["total"]),
            float(percentiles["p50"]),
            float(percentiles["p99"]),
        )
    except (ValueError, KeyError, TypeError):
        raise Unreadable(f"oha printed something unexpected: {output[:500]!r}") from None


def _seconds(number: str, unit: str) -> float:
    """Turn a number and its unit into seconds."""
    if unit not in UNITS_S:
        raise Unreadable(f"wrk printed an unexpected unit: {unit!r}")
    return float(number) * UNITS_S[unit]


WRK = Stranger("wrk", wrk_options, read_wrk)
OHA = Stranger("oha", oha_options, read_oha)
STRANGERS = (WRK, OHA)


def ask(
    stranger: Stranger, url: str, in_flight: int, duration_s: int, core: int | None, processes: Processes
) -> Report:
    """Let it load a URL for a while, pinned to a core, and return what it says of that.

    Raises:
        Refusal: it failed, or did not end.
        Unreadable: it met failures, or printed something else than it used to.
    """
    command = [stranger.program or stranger.name, *stranger.options(in_flight, duration_s, url)]
    process = processes.start(command, core=core, stdout=PIPE, stderr=STDOUT)
    try:
        output = process.communicate(timeout=duration_s + PATIENCE_S)[0].decode(errors="replace")
    except TimeoutExpired:
        raise Refusal(f"{stranger.name} has not ended after {duration_s + PATIENCE_S} s.") from None
    processes.end(process)
    if process.returncode:
        raise Refusal(f"{stranger.name} ended with status {process.returncode}: {output.strip()}")
    return stranger.read(output)


def reading(
    stranger: Stranger, target: Target, unit: int, core: int | None, processes: Processes
) -> StrangerReading:
    """Let it load a target of a comparison with `index`.

    Raises:
        Refusal: it failed, or what it met was no success.
    """
    try:
        report = ask(stranger, f"{target.url}/", IN_FLIGHT, DURATION_S, core, processes)
    except Unreadable as error:
        raise Refusal(f"{target.title}: {error}.") from None
    return StrangerReading(
        tool=stranger.name,
        unit=unit,
        target=target.name,
        in_flight=IN_FLIGHT,
        requests=report.requests,
        duration_s=report.duration_s,
    )
