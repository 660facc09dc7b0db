"""What counts as one observation: a unit, whatever was measured in it; pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import exp, log
from statistics import fmean

from loadtests.results import Reading

ByUnit = dict[int, float]
"""A positive value for each unit."""


def by_unit(cells: Sequence[Iterable[Reading]], value: Callable[[Reading], float | None]) -> ByUnit:
    """Return the geometric mean over all readings of each unit, all cells together.

    Rounds of one process share its memory layout, which moves CPU time by 1 % and more: they are no
    independent observations of the code, however exactly they agree. A unit that lacks a value in one of the
    cells is left out.
    """
    found = [_one(cell, value) for cell in cells]
    common = set.intersection(*map(set, found)) if found else set()
    return {unit: exp(fmean(logs[unit] for logs in found)) for unit in sorted(common)}


def _one(cell: Iterable[Reading], value: Callable[[Reading], float | None]) -> Mapping[int, float]:
    logs: dict[int, list[float]] = {}
    for reading in cell:
        number = value(reading)
        if number:
            logs.setdefault(reading.unit, []).append(log(number))
    return {unit: fmean(several) for unit, several in logs.items()}


def pairs(control: Mapping[int, float], candidate: Mapping[int, float]) -> list[tuple[int, float, float]]:
    """Return (unit, control, candidate) of the units that both have."""
    return [(unit, control[unit], candidate[unit]) for unit in sorted(control.keys() & candidate.keys())]
