"""What counts as one observation: the round, or all rounds of one process; pure."""

from collections.abc import Mapping
from math import exp, log
from statistics import fmean

LEAST_UNITS = 6
"""Fewer carry no interval at 95 %, so then the rounds have to do."""


def pairs(
    control: Mapping[int, float | None], candidate: Mapping[int, float | None], rounds_per_process: int | None
) -> list[tuple[float, float]]:
    """Return paired positive values by round, those of one process put together by their geometric mean.

    Rounds of one process share its memory layout, which moves CPU time by 1 % and more: they are no
    independent observations of the code, however exactly they agree. A round that one side lacks, or has at
    zero, is left out.
    """
    by_process: dict[int, list[tuple[float, float]]] = {}
    for number, a in sorted(control.items()):
        b = candidate.get(number)
        if a and b:
            by_process.setdefault((number - 1) // (rounds_per_process or 1), []).append((a, b))
    if len(by_process) < LEAST_UNITS:
        return [pair for rounds in by_process.values() for pair in rounds]
    return [(_mean([a for a, _ in rounds]), _mean([b for _, b in rounds])) for rounds in by_process.values()]


def _mean(values: list[float]) -> float:
    return exp(fmean(map(log, values)))
