"""Whether the verdicts are right: a service against itself, and against itself made slower, many times."""

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from loadtests.cli import parser
from loadtests.compare.plan import plan
from loadtests.compare.run import run
from loadtests.errors import Refusal
from loadtests.host.interruption import Interrupted, Interruption
from loadtests.host.lock import exclusive_lock
from loadtests.inference import Verdict

FALSE_SHARE = 0.05
"""Of the runs A/A, a difference may be claimed in so many: the error of a 95 % interval."""
FOUND_SHARE = 0.9
"""Of the runs with the handicap, it must be found in so many."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one comparison concluded about CPU per request on `index`."""

    handicap: float
    ratio: float
    low: float
    high: float
    verdict: Verdict


def main(options: argparse.Namespace, output: Console, messages: Console) -> int:
    """Run both kinds in turn and print two rates; 0 where both are as good as they must be, else 1.

    Raises:
        Refusal: a run gave no verdict.
    """
    interruption = Interruption()
    runs: list[Run] = []
    try:
        with exclusive_lock(), interruption.handle_signals():
            for number in range(1, options.runs + 1):
                for handicap in (options.handicap,) if options.skip_null else (0.0, options.handicap):
                    runs.append(_once(options, handicap, interruption))
                    # What is told is kept: an interruption may come right behind it.
                    _keep(options.out, runs)
                    output.print(f"run {number:2} of {options.runs}, {_said(runs[-1])}")
    except Interrupted:
        messages.print("Stopped; everything that was started has ended.")
        return 128 + (interruption.signal or 0)
    return rates(runs, options.handicap, output)


def _said(run: Run) -> str:
    return f"handicap {run.handicap:3.0%}: {run.ratio:.3f} [{run.low:.3f}, {run.high:.3f}] {run.verdict}"


def _once(options: argparse.Namespace, handicap: float, interruption: Interruption) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        chosen = parser().parse_args(["compare"])
        chosen.setup, chosen.scenario, chosen.null = ["efficiency"], ["index"], options.service
        chosen.rounds, chosen.out = options.rounds, Path(folder)
        chosen.handicap = [(options.service, handicap)] if handicap else []
        results, comparison = run(plan(chosen), Console(quiet=True), interruption)
        if comparison is None or not results.complete:
            raise Interrupted
    row = next(row for row in comparison.rows if row.metric == "cpu_us_per_request")
    if row.ratio is None or row.verdict is None:
        raise Refusal(f"A run gave no verdict ({row.control.validity}, {row.candidate.validity}).")
    return Run(handicap, row.ratio.estimate, row.ratio.low, row.ratio.high, row.verdict)


def rates(runs: list[Run], handicap: float, output: Console) -> int:
    """Print how often a difference was claimed where there is none, and found where there is one; 0 or 1."""
    null = [one for one in runs if one.handicap == 0]
    handicapped = [one for one in runs if one.handicap]
    false = sum(one.verdict in {Verdict.FASTER, Verdict.SLOWER} for one in null)
    found = sum(one.verdict is Verdict.SLOWER for one in handicapped)
    if null:
        output.print(f"false verdicts where nothing differs (A/A): {false} of {len(null)}")
    output.print(f"a handicap of {handicap:.0%} CPU per request found: {found} of {len(handicapped)}")
    is_good = false <= FALSE_SHARE * len(null) and found >= FOUND_SHARE * len(handicapped)
    return 0 if is_good else 1


def _keep(path: Path | None, runs: list[Run]) -> None:
    if path is None:
        return
    try:
        path.write_text(json.dumps([asdict(one) for one in runs], indent=1) + "\n")
    except OSError as error:
        raise Refusal(f"The runs cannot be kept in {path}: {error.strerror}.") from None
