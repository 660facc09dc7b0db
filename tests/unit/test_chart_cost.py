"""The chart of CPU time per request over the rate."""

from math import log10

import pytest

from loadtests.analysis.comparison import compare
from loadtests.report.charts.chart import Chart
from loadtests.report.charts.cost import draw
from loadtests.results import Reading
from tests.unit.comparison_factory import comparison
from tests.unit.results_factory import reading, results


def charts(*readings: Reading) -> tuple[Chart, ...]:
    """Draw these readings."""
    measured = results(readings=readings)
    return draw(measured, comparison(measured)).charts


def test_draw_every_set_up_is_a_point_named_by_its_load() -> None:
    """From the lowest rate to the highest, each with what it cost there."""
    [chart] = charts(
        reading("capacity", "index", 16, 1, "flask", requests=2000, server_cpu_s=0.8),
        reading("efficiency", "index", 8, 1, "flask", requests=500, server_cpu_s=0.3),
        reading("latency", "index", 0.5, 1, "flask", requests=1000, server_cpu_s=0.5),
    )
    titles, loads, rates, costs = zip(*chart.table.rows, strict=True)
    assert set(titles) == {"Flask"}
    assert loads == ("beside the other", "open loop at 50 % of capacity", "16 in flight")
    assert rates == pytest.approx((500, 1000, 2000))
    assert costs == pytest.approx((600, 500, 400))
    assert chart.description == (
        "CPU time per request of index in microseconds: Flask 600 at 500 a second, 400 at 2,000."
    )


def test_draw_several_units_is_their_median() -> None:
    """An even number of them has its middle between two."""
    [chart] = charts(
        *(
            reading("capacity", "index", 16, unit, "flask", requests=requests, server_cpu_s=requests * cpu_s)
            for unit, (requests, cpu_s) in enumerate([(1000, 1e-4), (2000, 2e-4), (3000, 4e-4), (4000, 9e-4)])
        )
    )
    [(_, _, rate, cost)] = chart.table.rows
    assert (rate, cost) == pytest.approx((2500, 300))


def test_draw_what_is_not_believed_is_left_out() -> None:
    """A generator at its limit says nothing about a target."""
    busy = reading("capacity", "index", 64, 1, "flask", requests=3000, generator_busy_share=0.97)
    [chart] = charts(busy, reading("capacity", "index", 16, 1, "flask", requests=2000))
    assert [load for _, load, *_ in chart.table.rows] == ["16 in flight"]
    assert charts(busy) == ()


def test_draw_without_cpu_time_has_no_chart() -> None:
    """The CPU time of a service at a URL is not known."""
    assert charts(reading("capacity", "index", 16, 1, "flask", server_cpu_s=None)) == ()


def test_draw_both_targets_differ_in_more_than_colour() -> None:
    """Squares and circles, within the axes, from 0 upwards."""
    measured = results()
    for chart in draw(measured, compare(measured)).charts:
        figure = chart.figures.light
        assert [trace["marker"]["symbol"] for trace in figure["data"]] == ["square", "circle"]
        left, right = figure["layout"]["xaxis"]["range"]
        bottom, top = figure["layout"]["yaxis"]["range"]
        assert all(left < log10(x) < right for trace in figure["data"] for x in trace["x"])
        assert all(bottom == 0 < y < top for trace in figure["data"] for y in trace["y"])


def test_draw_every_point_stands_in_the_table_and_names_its_load() -> None:
    """Whoever cannot see the chart loses nothing, and whoever points at one learns where it comes from."""
    measured = results()
    for chart in draw(measured, compare(measured)).charts:
        points = [
            (trace["name"], data[2], x, y)
            for trace in chart.figures.light["data"]
            for x, y, data in zip(trace["x"], trace["y"], trace["customdata"], strict=True)
        ]
        assert tuple(points) == chart.table.rows
        assert len({load for _, load, *_ in points}) > 2
