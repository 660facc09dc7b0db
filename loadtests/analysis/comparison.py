"""Everything that is concluded from the readings, in one place; pure."""

from dataclasses import dataclass

from loadtests.analysis import inference
from loadtests.analysis.cells import Cell, cells
from loadtests.analysis.inference import Interval
from loadtests.analysis.metrics import CPU
from loadtests.analysis.notes import notes
from loadtests.analysis.rows import rows
from loadtests.analysis.units import pairs
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
    return Comparison(found, judged, margin, noise, tuple(notes(results, found, judged, noise)))


def _noise(results: Results) -> Interval | None:
    control, twin = results.targets[0].name, f"{results.targets[0].name}-again"
    values = {
        name: {
            one.round: CPU.value(one)
            for one in results.readings
            if (one.setup, one.target) == ("noise", name)
        }
        for name in (control, twin)
    }
    efficiency = results.settings.efficiency
    per_process = efficiency.rounds_per_process if efficiency else None
    found = pairs(values[control], values[twin], per_process)
    return inference.ratio([a for a, _ in found], [b for _, b in found])
