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

HEADERS = ("Accept-Encoding: identity",)
"""What our own generator sends beside Host. oha adds `accept: */*`; wrk adds nothing."""

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
