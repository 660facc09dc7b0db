"""Whether the verdicts are right: a service against itself, and against itself made slower, many times."""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from math import comb
from pathlib import Path
from sys import executable

from rich.console import Console

from loadtests.analysis.metrics import CPU
from loadtests.analysis.stopping import asked
from loadtests.cli import parser
from loadtests.compare.plan import plan
from loadtests.compare.run import run
from loadtests.errors import Refusal
from loadtests.host.interruption import Interrupted, Interruption
from loadtests.host.lock import exclusive_lock
from loadtests.host.processes import Processes
from loadtests.inference import CONFIDENCE, ERROR, Verdict

FOUND_SHARE = 0.9
"""Of the runs with a handicap of at least `SURELY_FOUND`, so many must find it."""
SURELY_FOUND = 0.05
FALSE = {Verdict.FASTER, Verdict.SLOWER}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run concluded of one metric."""

    metric: str
    ratio: float | None
    low: float | None
    high: float | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Run:
    """One comparison of a service with itself on `index`."""

    service: str
    handicap: float
    """More CPU time per request that the second one burns, as a share."""
    drift: bool
    """Whether a neighbour came and went on the servers' core."""
    units: int
    outcomes: tuple[Outcome, ...]

    @property
    def cpu(self) -> Outcome:
        """What became of CPU time per request."""
        return next(one for one in self.outcomes if one.metric == CPU.name)

    @property
    def false(self) -> list[str]:
        """The metrics for which a difference was claimed."""
        return [one.metric for one in self.outcomes if one.verdict in FALSE]


def main(options: argparse.Namespace, output: Console, messages: Console) -> int:
    """Run every kind in turn and print the rates; 0 where all are as good as they must be, else 1.

    Raises:
        Refusal: a run gave no verdict.
    """
    interruption = Interruption()
    runs: list[Run] = []
    handicaps = [*([] if options.skip_null else [0.0]), *(options.handicap or [SURELY_FOUND])]
    try:
        with exclusive_lock(), interruption.handle_signals():
            for number in range(1, options.runs + 1):
                service = options.service or ("flask", "fastapi")[number % 2]
                for handicap in handicaps:
                    runs.append(_once(options, service, handicap, number, interruption))
                    # What is told is kept: an interruption may come right behind it.
                    _keep(options.out, runs)
                    output.print(f"run {number:2} of {options.runs}, {_said(runs[-1])}")
    except Interrupted:
        messages.print("Stopped; everything that was started has ended.")
        return 128 + (interruption.signal or 0)
    return rates(runs, output)


def _said(run: Run) -> str:
    cpu = run.cpu
    ratio = "no ratio" if cpu.ratio is None else f"{cpu.ratio:.3f} [{cpu.low:.3f}, {cpu.high:.3f}]"
    false = f"; claimed: {', '.join(run.false)}" if not run.handicap and run.false else ""
    return (
        f"{run.service:7} handicap {run.handicap:3.0%}, {run.units:2} units: CPU {ratio} {cpu.verdict}{false}"
    )


def _once(
    options: argparse.Namespace, service: str, handicap: float, number: int, interruption: Interruption
) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        chosen = parser().parse_args(["compare", "--quick", "--null", service, "--out", folder])
        chosen.handicap = [(service, handicap)] if handicap else []
        made = plan(chosen)
        stopping = made.settings.stopping.model_copy(update={"most_units": options.units})
        made = replace(made, settings=made.settings.model_copy(update={"stopping": stopping}))
        with _neighbour(options.drift, made.settings.server_core, number, interruption):
            results, comparison = run(made, Console(quiet=True), interruption)
        if comparison is None or not results.complete:
            raise Interrupted
    outcomes = tuple(
        Outcome(
            row.metric,
            row.ratio.estimate if row.ratio else None,
            row.ratio.low if row.ratio else None,
            row.ratio.high if row.ratio else None,
            row.verdict,
        )
        for row in asked(comparison.rows)
    )
    if all(one.verdict is None for one in outcomes):
        raise Refusal("A run gave no verdict at all; `compare --null` says why.")
    units = len({one.unit for one in results.readings})
    return Run(service, handicap, options.drift, units, outcomes)


@contextmanager
def _neighbour(drift: bool, core: int | None, seed: int, interruption: Interruption) -> Iterator[None]:
    """Let something come and go on the servers' core, where drift is wanted."""
    with Processes(interruption) as processes:
        if drift:
            processes.start([executable, "-m", "loadtests.selftest.burner", str(seed)], core=core)
        yield


def rates(runs: Sequence[Run], output: Console) -> int:
    """Print how often a difference was claimed without any, and found where there is one; 0 or 1."""
    good = True
    null = [one for one in runs if not one.handicap]
    if null:
        false = [one for one in null if one.false]
        bound = upper_bound(len(false), len(null))
        output.print(
            f"nothing differs (A/A): {len(false)} of {len(null)} runs claim any difference, over all rows "
            f"(with {CONFIDENCE:.0%} confidence at most {bound:.1%} of runs would)"
        )
        for metric in sorted({name for one in false for name in one.false}):
            output.print(f"  {metric}: {sum(metric in one.false for one in false)}")
        good = is_plausible(len(false), len(null))
    for handicap in sorted({one.handicap for one in runs if one.handicap}):
        found = [one.cpu for one in runs if one.handicap == handicap]
        claimed = sum(one.verdict is Verdict.SLOWER for one in found)
        with_interval = [one for one in found if one.low is not None and one.high is not None]
        covered = sum(one.low <= 1 + handicap <= one.high for one in with_interval if one.low and one.high)
        output.print(
            f"a handicap of {handicap:.0%} CPU per request: found in {claimed} of {len(found)} runs; its "
            f"interval holds {1 + handicap:g} in {covered} of {len(with_interval)}"
        )
        good &= handicap < SURELY_FOUND or claimed >= FOUND_SHARE * len(found)
    return 0 if good else 1


def is_plausible(false: int, runs: int) -> bool:
    """Say whether so many false runs can be chance at the error that was promised, at 5 % of its own."""
    at_least = sum(comb(runs, k) * ERROR**k * (1 - ERROR) ** (runs - k) for k in range(false, runs + 1))
    return at_least > ERROR


def upper_bound(count: int, runs: int) -> float:
    """Return the largest rate at which so few in so many still come about (Clopper and Pearson, 1934)."""
    low, high = count / runs, 1.0
    while high - low > 1e-6:
        rate = (low + high) / 2
        at_most = sum(comb(runs, k) * rate**k * (1 - rate) ** (runs - k) for k in range(count + 1))
        low, high = (rate, high) if at_most > 1 - CONFIDENCE else (low, rate)
    return high


def _keep(path: Path | None, runs: list[Run]) -> None:
    if path is None:
        return
    try:
        path.write_text(json.dumps([asdict(one) for one in runs]) + "\n")
    except OSError as error:
        raise Refusal(f"The runs cannot be kept in {path}: {error.strerror}.") from None
