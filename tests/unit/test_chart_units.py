"""The chart of each unit's ratio."""

from math import log10
from typing import Any

import pytest

from loadtests.analysis.comparison import compare
from loadtests.inference import MARGIN
from loadtests.report.charts.chart import Section
from loadtests.report.charts.series import pairs
from loadtests.report.charts.units import draw
from loadtests.results import Reading
from tests.unit.comparison_factory import comparison
from tests.unit.results_factory import reading, results

BOTH = (("flask", 0.4), ("fastapi", 0.1))


def measured_units(*units: int, rounds: int = 1) -> tuple[Reading, ...]:
    """Return pairs of readings in which the candidate takes a quarter of the control's 400 µs."""
    return tuple(
        reading("efficiency", "index", 8, unit, target, server_cpu_s=cpu_s, round=number)
        for unit in units
        for number in range(1, rounds + 1)
        for target, cpu_s in BOTH
    )


def drawn(disturbed: dict[int, str], *units: int) -> Section:
    """Draw these units."""
    measured = results(readings=measured_units(*units))
    return draw(measured, comparison(measured, disturbed=disturbed))


def traces(section: Section) -> list[dict[str, Any]]:
    """Return the traces of the first chart."""
    found: list[dict[str, Any]] = section.charts[0].figures.light["data"]
    return found


def test_pairs_of_several_rounds_are_one_point_a_unit() -> None:
    """Rounds of one process are no independent observations."""
    found = pairs(results(readings=measured_units(1, 2, rounds=3)), "index")
    assert [pair.unit for pair in found] == [1, 2]
    assert [pair.ratio for pair in found] == pytest.approx([0.25, 0.25])
    assert [pair.control_us for pair in found] == pytest.approx([400, 400])


def test_pairs_of_a_unit_that_only_one_target_has_leave_it_out() -> None:
    """A ratio needs both."""
    readings = (*measured_units(1, 2), reading("efficiency", "index", 8, 3, "flask"))
    assert [pair.unit for pair in pairs(results(readings=readings), "index")] == [1, 2]


def test_draw_disturbed_units_are_hollow_and_say_why() -> None:
    """They are seen, but never look like the others; the table has the reason."""
    section = drawn({2: "somebody else had 30% of the servers' core (efficiency)"}, 1, 2, 3)
    quiet, others = traces(section)
    assert (list(quiet["x"]), quiet["marker"]["symbol"]) == ([1, 3], "circle")
    assert (list(others["x"]), others["marker"]["symbol"]) == ([2], "circle-open")
    assert [
        row[0] + ": " + str(row[3]) for row in section.charts[0].table.rows if isinstance(row[0], str)
    ] == [
        "1: ",
        "2: somebody else had 30% of the servers' core (efficiency)",
        "3: ",
    ]
    assert section.charts[0].description.endswith("units: 3, of them disturbed: 1.")


def test_draw_a_disturbed_unit_of_which_nothing_is_known_is_not_drawn() -> None:
    """A unit may be disturbed in what this chart does not show."""
    quiet, others = traces(drawn({7: "something"}, 1, 2))
    assert (list(quiet["x"]), list(others["x"])) == ([1, 2], [])


def test_draw_the_band_is_the_margin_around_1_on_a_log_axis() -> None:
    """As far below as above; every point and the band lie within the axis."""
    [chart] = drawn({}, 1, 2).charts
    layout = chart.figures.light["layout"]
    [band] = layout["shapes"]
    assert (band["y0"], band["y1"]) == (1 / (1 + MARGIN), 1 + MARGIN)
    assert layout["yaxis"]["type"] == "log"
    low, high = layout["yaxis"]["range"]
    assert low < log10(0.25) < 0 < log10(1 + MARGIN) < high
    assert f"±{MARGIN * 100:g} %" in drawn({}, 1, 2).note


def test_draw_every_point_stands_in_the_table() -> None:
    """Whoever cannot see the chart loses nothing."""
    measured = results(units=5)
    for chart in draw(measured, compare(measured)).charts:
        points = [y for trace in chart.figures.light["data"] for y in trace["y"]]
        assert points == [row[1] for row in chart.table.rows]
        assert len(points) == 5


def test_draw_without_cpu_time_has_no_chart() -> None:
    """The CPU time of a service at a URL is not known."""
    measured = results(change=lambda one: one.model_copy(update={"server_cpu_s": None}))
    assert draw(measured, compare(measured)).charts == ()
