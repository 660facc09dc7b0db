"""The command line: `compare` measures, `report` draws again, `selftest` tests the method."""

import argparse
import signal
import sys
from io import TextIOWrapper

from rich.console import Console

from loadtests import report
from loadtests.analysis.comparison import compare
from loadtests.analysis.thresholds import Held, judge
from loadtests.cli import REFUSED, parser
from loadtests.compare.plan import Plan, plan
from loadtests.compare.run import run
from loadtests.errors import Refusal
from loadtests.host.interruption import Interrupted, Interruption
from loadtests.host.lock import exclusive_lock
from loadtests.report.table import draw
from loadtests.results import FILE_NAME, Results, load
from loadtests.selftest import run as selftest

NOTHING_MEASURED = "Stopped: nothing was measured yet; everything that was started has ended."
STOPPED = "Stopped; everything that was started has ended."


def main() -> None:
    """Do what the command line asks for; status 2 where there is no valid measurement."""
    options = parser().parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # each run is seen when it ends, also through a pipe
    output = Console(width=None if sys.stdout.isatty() else 100, highlight=False)
    messages = Console(stderr=True, highlight=False)
    try:
        if options.command == "report":
            _report(options, output, messages)
        elif options.command == "selftest":
            sys.exit(selftest.main(options, output, messages))
        else:
            sys.exit(_compare(options, output, messages))
    except Refusal as refusal:
        _say(messages, f"python -m loadtests: {refusal}")
        sys.exit(REFUSED)
    except KeyboardInterrupt:  # outside of what is measured
        _say(messages, STOPPED)
        sys.exit(128 + signal.SIGINT)


def _compare(options: argparse.Namespace, output: Console, messages: Console) -> int:
    interruption = Interruption()
    chosen = plan(options)
    try:
        with exclusive_lock(), interruption.handle_signals():
            results, comparison = run(chosen, messages, interruption)
    except Interrupted:  # before the first thing was started
        _say(messages, NOTHING_MEASURED)
        return 128 + (interruption.signal or 0)
    if comparison is not None:
        output.print(draw(results, comparison))
    if comparison is None or not results.complete:
        where = chosen.folder / FILE_NAME
        kept = "nothing was measured yet" if comparison is None else f"what was measured is in {where}"
        _say(messages, f"Stopped: {kept}; everything that was started has ended.")
        return 128 + (interruption.signal or 0)
    report.write(results, comparison, chosen.folder)
    _say(messages, f"Kept in {chosen.folder}: {FILE_NAME}, report.html, report.md.")
    return _judged(chosen, results, output)


def _judged(chosen: Plan, results: Results, output: Console) -> int:
    """Say what became of each threshold; 0 where all held, 2 where one could not be judged, else 1."""
    judged = [(one, *judge(one, results.rows)) for one in chosen.thresholds]
    for threshold, held, why in judged:
        _say(output, f"{held}: {threshold.text} ({why})")
    found = {held for _, held, _ in judged}
    if Held.NOT_MEASURED in found:
        return REFUSED
    return 1 if Held.NOT_HELD in found else 0


def _report(options: argparse.Namespace, output: Console, messages: Console) -> None:
    results = load(options.folder)
    if options.other is not None:
        output.print(report.side_by_side(results, load(options.other)))
        return
    comparison = compare(results)
    output.print(draw(results, comparison))
    report.write(results, comparison, options.folder)
    _say(messages, f"Drawn again in {options.folder}: report.html, report.md.")


def _say(console: Console, sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
