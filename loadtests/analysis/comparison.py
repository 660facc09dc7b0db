"""Everything that is concluded from the readings, in one place; pure."""

from dataclasses import dataclass

from loadtests import inference
from loadtests.analysis.cells import Cell, cells
from loadtests.analysis.metrics import CPU
from loadtests.analysis.pairing import pairs
from loadtests.analysis.rows import rows
from loadtests.analysis.warnings import warnings
from loadtests.inference import Interval
from loadtests.results import Results, Row

__all__ = ["Cell", "Comparison", "compare"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that a report says."""

    cells: tuple[Cell, ...]
    rows: tuple[Row, ...]
    margin: float
    """A ratio within 1 ± margin counts as no difference."""
    noise: Interval | None
    """The ratio of the control to itself (A/A), where it was measured."""
    warnings: tuple[str, ...]


def compare(results: Results) -> Comparison:
    """Compare over the rounds that both targets have, each round a pair."""
    found = tuple(cells(results))
    noise = _noise(results)
    margin = inference.margin(noise)
    judged = tuple(rows(results, found, margin))
    return Comparison(found, judged, margin, noise, tuple(warnings(results, found, judged, noise)))


def _noise(results: Results) -> Interval | None:
    """Return the ratio of the control's second instance to the control."""
    values: tuple[dict[int, float | None], dict[int, float | None]] = ({}, {})
    for one in results.readings:
        if one.setup == "noise":
            values[one.target != results.targets[0].name][one.round] = CPU.value(one)
    efficiency = results.settings.efficiency
    per_process = efficiency.rounds_per_process if efficiency else None
    found = pairs(*values, per_process)
    return inference.ratio([a for a, _ in found], [b for _, b in found])
