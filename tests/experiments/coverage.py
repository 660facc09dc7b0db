"""How often a comparison says something false, by simulation: `python -m tests.experiments.coverage`.

A run is one headline row that is looked at after each unit and stopped at its first settled verdict. Units
differ by noise of one standard deviation, white or hanging together (AR(1)); with a results file, by what its
own units' log-ratios of CPU per request differ from their mean, drawn again and again.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, log, sqrt
from pathlib import Path
from random import Random
from statistics import fmean, median

from loadtests.analysis.drift import cpu_pairs
from loadtests.analysis.metrics import CPU
from loadtests.analysis.rows import Judge, Question
from loadtests.analysis.stopping import SETTLED, open_rows
from loadtests.errors import Refusal
from loadtests.inference import ERROR, LEAST_LOOK, Verdict
from loadtests.results import FILE_NAME, PACKED_NAME, Row, Value, load
from tests.unit.results_factory import SETTINGS

RATIOS = {1.0: Verdict.EQUIVALENT, 1.05: Verdict.SLOWER, 0.6: Verdict.FASTER}
"""True ratios, each with what is true of it; less is better."""
CORRELATIONS = (0.0, 0.3, 0.6)
DEVIATION = 0.02
QUESTIONS = 16
"""That share the error: three scenarios at the default preset."""

Noise = Callable[[Random, int], list[float]]


@dataclass(frozen=True, slots=True)
class Rates:
    """What became of many runs, as shares of them."""

    false: float
    """Ended with a settled verdict that is not the true one."""
    missed: float
    """Ended with an interval that does not hold the true ratio."""
    open: float
    """Ended without a verdict."""
    units: float
    """The median of how many were measured."""


def drifting(random: Random, units: int, correlation: float) -> list[float]:
    """Draw log-ratios around 0, each like the one before to some degree."""
    values = [random.gauss(0, DEVIATION)]
    while len(values) < units:
        values.append(correlation * values[-1] + random.gauss(0, DEVIATION * sqrt(1 - correlation**2)))
    return values


def resampled(random: Random, units: int, seen: Sequence[float]) -> list[float]:
    """Draw from what was seen, centred on 0."""
    middle = fmean(seen)
    return [value - middle for value in random.choices(seen, k=units)]


def run(log_ratios: Sequence[float], error: float) -> Row:
    """Look after each unit and stop as a comparison does; return the last look."""
    judge, seen = Judge(error, frozenset()), Value(median=1.0, validity="ok")
    question = Question(CPU.name, CPU.title, CPU.unit, "index", "", headline=True)
    for units in range(LEAST_LOOK, len(log_ratios) + 1):
        candidate = {unit: exp(value) for unit, value in enumerate(log_ratios[:units], 1)}
        row = judge.row(question, [(seen, dict.fromkeys(candidate, 1.0)), (seen, candidate)])
        if not any(open_rows(SETTINGS, [row])):
            break
    return row


def rates(noise: Noise, ratio: float, runs: int, units: int, error: float, seed: int) -> Rates:
    """Simulate runs whose true ratio is known."""
    random = Random(f"{seed} {ratio}")
    ended = [run([log(ratio) + value for value in noise(random, units)], error) for _ in range(runs)]
    holds = [row.ratio is None or row.ratio.low <= ratio <= row.ratio.high for row in ended]
    return Rates(
        false=fmean(row.verdict in SETTLED - {RATIOS[ratio]} for row in ended),
        missed=1 - fmean(holds),
        open=fmean(row.verdict not in SETTLED for row in ended),
        units=median(row.units for row in ended),
    )


def main(arguments: Sequence[str]) -> int:
    """Print a line for each noise and true ratio."""
    parser = argparse.ArgumentParser("python -m tests.experiments.coverage", description=__doc__)
    parser.add_argument(
        "results", nargs="?", type=Path, help="a results.json, or its folder, to draw units from"
    )
    parser.add_argument("--runs", type=_at_least(1), default=1000, help="of each kind (%(default)s)")
    parser.add_argument("--units", type=_at_least(LEAST_LOOK), default=20, help="at most (%(default)s)")
    parser.add_argument(
        "--questions", type=_at_least(1), default=QUESTIONS, help="sharing the error (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    noises: dict[str, Noise] = {f"AR {one:g}": partial(drifting, correlation=one) for one in CORRELATIONS}
    if options.results is not None:
        try:
            noises = dict(_of_file(options.results))
        except Refusal as refusal:
            parser.error(str(refusal))
        if not noises:
            parser.error(f"{options.results} has no scenario with {LEAST_LOOK} units of CPU per request")
    error = ERROR / options.questions
    print(f"{'noise':12} {'ratio':>5}  {'false':>7} {'missed':>7} {'open':>7} {'units':>5}")
    for name, noise in noises.items():
        for ratio in RATIOS:
            found = rates(noise, ratio, options.runs, options.units, error, options.seed)
            shares = f"{found.false:7.2%} {found.missed:7.2%} {found.open:7.2%}"
            print(f"{name:12} {ratio:5g}  {shares} {found.units:5g}", flush=True)
    print(f"{options.runs} runs of up to {options.units} units each; an error of {error:.2%} allowed")
    return 0


def _of_file(path: Path) -> list[tuple[str, Noise]]:
    measured = load(path.parent if path.name in {FILE_NAME, PACKED_NAME} else path)
    found = {
        one.name: [log(b) - log(a) for _, a, b in cpu_pairs(measured, one.name)]
        for one in measured.settings.scenarios
    }
    return [(name, partial(resampled, seen=seen)) for name, seen in found.items() if len(seen) >= LEAST_LOOK]


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if (value := int(text)) < least:
            raise argparse.ArgumentTypeError(f"{least} or more, not {text}")
        return value

    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
