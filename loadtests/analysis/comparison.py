"""Everything that is concluded from the readings, in one place; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from loadtests.analysis.cells import Cell, cells
from loadtests.analysis.drift import disturbed_units
from loadtests.analysis.rows import rows
from loadtests.analysis.warnings import warnings
from loadtests.results import Results, Row

__all__ = ["Cell", "Comparison", "compare"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that a report says."""

    cells: tuple[Cell, ...]
    rows: tuple[Row, ...]
    disturbed: Mapping[int, str]
    """Units in which something else was at work, and what it was."""
    warnings: tuple[str, ...]


def compare(results: Results) -> Comparison:
    """Compare over the units that both targets have, each unit a pair."""
    found = tuple(cells(results))
    disturbed = disturbed_units(results)
    judged = tuple(rows(results, found, disturbed))
    return Comparison(found, judged, disturbed, tuple(warnings(results, found, judged, disturbed)))
