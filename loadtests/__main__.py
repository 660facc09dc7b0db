"""The command line: `compare` measures both services, `report DIR` draws the table again."""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from loadtests.comparing import Plan, run
from loadtests.errors import Refusal
from loadtests.interruption import Interruption
from loadtests.processes import cores
from loadtests.report import draw
from loadtests.results import FILE_NAME, Results, Settings, load
from loadtests.scenarios import DEFAULT_WAIT_MS, MAX_WAIT_MS, SCENARIOS
from loadtests.targets import targets

ROOT = Path(__file__).resolve().parent.parent
REFUSED = 2


def main() -> None:
    """Do what the command line asks for; status 2 where there is no valid measurement."""
    options = _parser().parse_args()
    output = Console(width=None if sys.stdout.isatty() else 100, highlight=False)
    messages = Console(stderr=True, highlight=False)
    interruption = Interruption()
    try:
        if options.command == "report":
            output.print(draw(load(options.folder)))
            return
        with interruption.caught():
            results = run(_plan(options), messages, interruption)
        sys.exit(_finish(results, options.out, output, messages, interruption))
    except Refusal as refusal:
        messages.print(f"python -m loadtests: {refusal}", markup=False, soft_wrap=True)
        sys.exit(REFUSED)


def _finish(
    results: Results, folder: Path, output: Console, messages: Console, interruption: Interruption
) -> int:
    if results.readings:
        output.print(draw(results))
    if results.complete:
        messages.print(f"Kept in {folder / FILE_NAME}.", markup=False, soft_wrap=True)
        return 0
    kept = f"what was measured is in {folder / FILE_NAME}" if results.readings else "nothing was measured yet"
    messages.print(f"Stopped: {kept}; everything that was started has ended.", markup=False, soft_wrap=True)
    return 128 + (interruption.signal or 0)


def _plan(options: argparse.Namespace) -> Plan:
    control, candidate = targets(os.environ)
    if options.backend != "url" and (options.flask_url or options.fastapi_url):
        raise Refusal("--flask-url and --fastapi-url need --backend url.")
    if options.backend != "process" and (options.flask_port or options.fastapi_port):
        raise Refusal("--flask-port and --fastapi-port need --backend process.")
    server_core, generator_core = cores()
    settings = Settings(
        backend=options.backend,
        scenarios=tuple(dict.fromkeys(options.scenario or SCENARIOS)),
        rounds=options.rounds or (6 if options.quick else 8),
        window_s=options.seconds or (0.5 if options.quick else 2.0),
        settle_s=0.2,
        warmup_s=options.warmup_seconds or (0.5 if options.quick else 1.5),
        in_flight=options.in_flight,
        wait_ms=options.wait_ms,
        server_core=server_core if options.backend == "process" else None,
        generator_core=generator_core,
    )
    return Plan(
        settings=settings,
        targets=(
            replace(control, url=(options.flask_url or control.url).rstrip("/")),
            replace(candidate, url=(options.fastapi_url or candidate.url).rstrip("/")),
        ),
        ports=(options.flask_port, options.fastapi_port),
        root=ROOT,
        folder=options.out,
        copy=options.json,
    )


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m loadtests", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    compare = commands.add_parser(
        "compare", help="measure both services and print a table (about 2.5 minutes)"
    )
    compare.add_argument("--quick", action="store_true", help="less of everything: under a minute")
    compare.add_argument(
        "--out", type=Path, default=_folder(), metavar="DIR", help="where to keep the results"
    )
    compare.add_argument("--json", type=Path, metavar="FILE", help=f"keep {FILE_NAME} here, too")
    compare.add_argument(
        "--backend",
        choices=("process", "compose", "url"),
        default="process",
        help="start local processes, use the containers, or take running services (%(default)s)",
    )
    compare.add_argument("--flask-url", metavar="URL", help="with --backend url (FLASK_URL)")
    compare.add_argument("--fastapi-url", metavar="URL", help="with --backend url (FASTAPI_URL)")
    compare.add_argument(
        "--flask-port", type=_whole(1, 65535), default=0, metavar="N", help="default: any free one"
    )
    compare.add_argument(
        "--fastapi-port", type=_whole(1, 65535), default=0, metavar="N", help="default: any free one"
    )
    compare.add_argument(
        "--scenario", action="append", choices=SCENARIOS, help="repeatable; default: all of them"
    )
    compare.add_argument("--rounds", type=_whole(1, 100), metavar="N", help="8, quick 6; an interval needs 6")
    compare.add_argument("--seconds", type=_seconds, metavar="S", help="length of a window: 2, quick 0.5")
    compare.add_argument("--warmup-seconds", type=_seconds, metavar="S", help="1.5, quick 0.5")
    compare.add_argument(
        "--in-flight", type=_whole(1, 100), default=16, metavar="N", help="requests at a time (%(default)s)"
    )
    compare.add_argument(
        "--wait-ms",
        type=_whole(0, MAX_WAIT_MS),
        default=DEFAULT_WAIT_MS,
        metavar="MS",
        help="what the wait scenario asks for (%(default)s)",
    )
    report = commands.add_parser("report", help="draw the table again from the results in a folder")
    report.add_argument("folder", type=Path, metavar="DIR")
    return parser


def _folder() -> Path:
    return Path("results") / datetime.now().strftime("%Y%m%d-%H%M%S")


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
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


if __name__ == "__main__":
    main()
