"""The options of `python -m loadtests`; every bad one is refused in one sentence with status 2."""

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import randrange
from typing import NoReturn

from loadtests.analysis.thresholds import Threshold
from loadtests.analysis.thresholds import parse as parse_threshold
from loadtests.results import FILE_NAME
from loadtests.scenarios import DEFAULT_WAIT_MS, MAX_WAIT_MS, SCENARIOS

REFUSED = 2
SERVICES = ("flask", "fastapi")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = _Parser(prog="python -m loadtests", description="Compare two services under load.")
    commands = top.add_subparsers(dest="command", required=True)
    compare = commands.add_parser(
        "compare",
        help="measure two services, print a table and write a report (a minute; --quick half)",
        description="Measure two services: CPU per request, capacity, latency, memory, start and size. "
        "Status 0: measured, every --assert held; 1: one did not; 2: no valid measurement.",
    )
    _add_extent(compare)
    _add_services(compare)
    _add_own_services(compare)
    _add_controls(compare)
    _add_generator(compare)
    _add_output(compare)
    report = commands.add_parser("report", help="draw the report again, from the files in a folder alone")
    report.add_argument("folder", type=Path, metavar="DIR")
    report.add_argument("other", type=Path, nargs="?", metavar="DIR2", help="lay another run beside it")
    selftest = commands.add_parser(
        "selftest",
        help="are the verdicts right? A service against itself, and against itself made slower, many times",
    )
    selftest.add_argument(
        "--runs", type=whole(1, 1000), default=20, metavar="N", help="of each (%(default)s)"
    )
    selftest.add_argument(
        "--units", type=whole(3, 200), default=12, metavar="N", help="at most, per run (%(default)s)"
    )
    selftest.add_argument(
        "--skip-null", action="store_true", help="only with the handicap: to find the smallest that is found"
    )
    selftest.add_argument("--service", choices=SERVICES, help="default: both in turn")
    selftest.add_argument(
        "--handicap",
        type=_share,
        action="append",
        metavar="P%",
        help="more CPU per request that must be found; repeatable (5%%)",
    )
    selftest.add_argument(
        "--drift", action="store_true", help="with a neighbour that comes and goes on the servers' core"
    )
    selftest.add_argument(
        "--out", type=Path, metavar="FILE", help="write the runs and the rates here, as JSON"
    )
    return top


def _add_extent(compare: argparse.ArgumentParser) -> None:
    preset = compare.add_mutually_exclusive_group()
    preset.add_argument(
        "--quick", dest="preset", action="store_const", const="quick", help="index alone: half a minute"
    )
    preset.add_argument(
        "--thorough",
        dest="preset",
        action="store_const",
        const="thorough",
        help="until CPU per request is known to 1%% and throughput to 3%%, or 30 minutes",
    )
    compare.set_defaults(preset="default")
    compare.add_argument("--scenario", action="append", choices=SCENARIOS, help="repeatable; default: all")
    compare.add_argument(
        "--setup",
        action="append",
        choices=("efficiency", "capacity", "latency", "neighbour"),
        help="repeatable; default: the first three, cold start and memory, with --thorough all",
    )
    compare.add_argument(
        "--units",
        type=whole(1, 200),
        metavar="N",
        help="exactly so many fresh pairs of processes; default: until every verdict is settled",
    )
    compare.add_argument("--seconds", type=_seconds, metavar="S", help="length of each round or window")
    compare.add_argument(
        "--wait-ms",
        type=whole(0, MAX_WAIT_MS),
        default=DEFAULT_WAIT_MS,
        metavar="MS",
        help="what the wait scenario asks for (%(default)s)",
    )


def _add_services(compare: argparse.ArgumentParser) -> None:
    compare.add_argument(
        "--backend",
        choices=("process", "compose", "url"),
        default="process",
        help="start local processes, use the containers, or take running services (%(default)s)",
    )
    for name in SERVICES:
        compare.add_argument(f"--{name}-url", metavar="URL", help=f"with --backend url ({name.upper()}_URL)")
        compare.add_argument(
            f"--{name}-port", type=whole(1, 65535), default=0, metavar="N", help="default: any free one"
        )


def _add_own_services(compare: argparse.ArgumentParser) -> None:
    own = compare.add_argument_group("services of your own")
    own.add_argument("--control", metavar="NAME=URL", help="the one that is")
    own.add_argument("--candidate", metavar="NAME=URL", help="the one that may be")
    own.add_argument(
        "--request",
        action="append",
        metavar="'METHOD /path [@FILE]'",
        help="repeatable; the file holds headers, an empty line and a body",
    )


def _add_controls(compare: argparse.ArgumentParser) -> None:
    controls = compare.add_argument_group("controls of the method itself")
    controls.add_argument(
        "--null", choices=SERVICES, help="compare a service with a second process of itself"
    )
    controls.add_argument(
        "--hash-seed",
        type=whole(0, 99_999_999),
        default=0,
        metavar="N",
        help="PYTHONHASHSEED of the first unit's processes, one more in each further one (%(default)s)",
    )
    controls.add_argument(
        "--seed",
        type=whole(0, 99_999_999),
        default=randrange(1_000_000),  # noqa: S311  # no cryptography
        metavar="N",
        help="of the moments at which open loops ask; default: another one in each run",
    )
    controls.add_argument(
        "--keep-awake",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="let a process of least weight spin on each core, so that none sleeps (%(default)s)",
    )
    controls.add_argument(
        "--handicap",
        action="append",
        type=_handicap,
        default=[],
        metavar="NAME=P%",
        help="let it burn so much more CPU per request",
    )


def _add_generator(compare: argparse.ArgumentParser) -> None:
    generator = compare.add_argument_group(
        "when one core cannot make enough load"
    ).add_mutually_exclusive_group()
    generator.add_argument("--workers", type=whole(1, 64), metavar="N", help="Locust workers on this machine")
    generator.add_argument(
        "--expect-workers",
        type=whole(1, 64),
        metavar="N",
        help="Locust workers that you start elsewhere: python -m loadtests.generator --join HOST:5557",
    )


def _add_output(compare: argparse.ArgumentParser) -> None:
    compare.add_argument(
        "--out", type=Path, default=_folder(), metavar="DIR", help="where to keep everything"
    )
    compare.add_argument("--json", type=Path, metavar="FILE", help=f"keep {FILE_NAME} here, too")
    compare.add_argument(
        "--assert",
        dest="thresholds",
        action="append",
        type=_threshold,
        default=[],
        metavar="DEMAND",
        help="repeatable: 'index.cpu_us_per_request.ratio < 0.9', judged on the interval's bound",
    )


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a reader of whole numbers within bounds."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 9 and lowest <= int(text) <= highest):
            raise argparse.ArgumentTypeError(
                f"must be a whole number from {lowest} to {highest}, not {text!r}"
            )
        return int(text)

    return parse


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.05 <= seconds <= 600:
        raise argparse.ArgumentTypeError(f"must be seconds from 0.05 to 600, not {text!r}")
    return seconds


def _share(text: str) -> float:
    number = text.removesuffix("%")
    try:
        share = float(number) / 100
    except ValueError:
        share = -1.0
    if not (text.endswith("%") and 0 <= share <= 10):
        raise argparse.ArgumentTypeError(f"must be a percentage from 0% to 1000%, not {text!r}")
    return share


def _handicap(text: str) -> tuple[str, float]:
    name, equals, share = text.partition("=")
    if not equals or name not in SERVICES:
        raise argparse.ArgumentTypeError(f"must be flask=P% or fastapi=P%, not {text!r}")
    return name, _share(share)


def _threshold(text: str) -> Threshold:
    try:
        return parse_threshold(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _folder() -> Path:
    return Path("results") / datetime.now().strftime("%Y%m%d-%H%M%S")
