"""The figures, before any browser sees them."""

from statistics import median
from typing import Any

import pytest

from loadtests.analysis.comparison import Comparison, compare
from loadtests.inference import Verdict
from loadtests.report.charts import Chart, draw
from loadtests.report.charts.chart import plain
from loadtests.results import Reading, Results
from loadtests.targets import Target
from tests.unit.comparison_factory import comparison, row
from tests.unit.results_factory import results


def charts(measured: Results, compared: Comparison) -> dict[str, Chart]:
    """Return every chart by its key."""
    return {chart.key: chart for section in draw(measured, compared) for chart in section.charts}


def starved(reading: Reading) -> Reading:
    """Let the generator be the limit of the candidate's echo from 64 in flight on."""
    if (reading.setup, reading.scenario, reading.target) == (
        "capacity",
        "echo",
        "fastapi",
    ) and reading.level >= 64:
        return reading.model_copy(update={"generator_busy_share": 0.97})
    return reading


def test_draw_a_whole_comparison_has_every_section() -> None:
    """From ratios to facts; a chart for each scenario, and for each rate."""
    measured = results()
    sections = draw(measured, compare(measured))
    assert [(section.key, len(section.charts)) for section in sections] == [
        ("ratios", 1),
        ("cost", 3),
        ("throughput", 3),
        ("tail", 3),
        ("spectra", 6),
        ("units", 3),
        ("facts", 5),
    ]


def test_draw_nothing_measured_has_no_section() -> None:
    """An interrupted comparison still makes a page."""
    measured = results(readings=(), starts=(), spectra=(), facts=())
    assert draw(measured, Comparison((), (), {}, ())) == ()


def test_draw_throughput_puts_the_ceiling_and_the_bands_into_the_figure() -> None:
    """The band runs from unit to unit, the ceiling across."""
    measured = results()
    figure = charts(measured, compare(measured))["throughput-0"].figures.light
    band, curve = figure["data"][0], figure["data"][1]
    assert band["fill"] == "toself"
    assert min(band["y"]) <= min(curve["y"]) <= max(curve["y"]) <= max(band["y"])
    assert figure["data"][-1]["y"] == [28_400, 28_400]


def test_draw_points_without_belief_are_hollow_and_named() -> None:
    """The generator's limit never looks like a target's."""
    measured = results(change=starved)
    chart = charts(measured, compare(measured))["throughput-1"]
    curve = next(trace for trace in chart.figures.light["data"] if trace.get("name") == "FastAPI")
    hollow = [colour == "#ffffff" for colour in curve["marker"]["color"]]
    assert hollow == [False] * 6 + [True] * 2
    assert [doubt.what for doubt in chart.doubts] == ["FastAPI at 64, 128 in flight (generator-bound)"]
    assert "busy for 97%" in chart.doubts[0].reason


def test_draw_in_either_theme_differs_in_colours_alone() -> None:
    """Both themes show the same numbers."""

    def points(figure: dict[str, Any]) -> list[Any]:
        return [(trace.get("x"), trace.get("y")) for trace in figure["data"]]

    for chart in charts(results(), compare(results())).values():
        assert points(chart.figures.light) == points(chart.figures.dark)
        assert chart.figures.light != chart.figures.dark


def test_draw_either_target_differs_in_more_than_colour() -> None:
    """Dash and marker tell them apart, too."""
    figure = charts(results(), compare(results()))["throughput-0"].figures.light
    marks = [(one["line"]["dash"], one["marker"]["symbol"]) for one in figure["data"] if "marker" in one]
    assert marks == [("dash", "square"), ("solid", "circle")]


def test_draw_a_spectrum_of_few_answers_leaves_its_tail_out() -> None:
    """p99.9 of 5,000 answers rests on five of them."""
    measured = results()
    spectra = tuple(one.model_copy(update={"count": 5000}) for one in measured.spectra)
    chart = charts(measured.model_copy(update={"spectra": spectra}), compare(measured))["spectra-0"]
    assert [len(trace["x"]) for trace in chart.figures.light["data"]] == [3, 3, 3, 3]
    assert [row[8] for row in chart.table.rows] == [None] * 4
    assert "p99.9" not in chart.description


def test_draw_every_number_of_a_curve_stands_in_its_table() -> None:
    """Whoever cannot see the chart loses nothing."""
    for chart in charts(results(), compare(results())).values():
        if chart.key.startswith(("throughput", "tail")):
            middles = [y for trace in chart.figures.light["data"] if "marker" in trace for y in trace["y"]]
            assert set(middles) <= {entry for row in chart.table.rows for entry in row}


def test_draw_a_tail_names_the_rate_behind_every_latency() -> None:
    """In its table and where one points at it, beside what was in flight."""
    measured = results()
    chart = charts(measured, compare(measured))["p99-0"]
    curve = next(trace for trace in chart.figures.light["data"] if trace.get("name") == "FastAPI")
    assert chart.table.head[5] == "req/s"
    rates = [row[5] for row in chart.table.rows if row[1] == "FastAPI"]
    assert rates == [
        median(
            one.requests / one.window_s
            for one in measured.readings
            if (one.setup, one.scenario, one.target, one.level) == ("capacity", "index", "fastapi", level)
        )
        for level in curve["x"]
    ]
    assert [load for *_, load in curve["customdata"]] == [
        f"{level:g} in flight, {rate:,.0f} req/s" for level, rate in zip(curve["x"], rates, strict=True)
    ]


def test_draw_a_throughput_does_not_name_itself_twice() -> None:
    """The rate is the number itself."""
    chart = charts(results(), compare(results()))["throughput-0"]
    assert chart.table.head == ("in flight", "target", "req/s", "lowest", "highest", "limit")
    assert chart.figures.light["data"][1]["customdata"][0][2] == "1 in flight"


def test_draw_a_spectrum_names_its_rate_in_words_table_and_picture() -> None:
    """781 requests a second are half of the slower one's capacity."""
    chart = charts(results(), compare(results()))["spectra-1"]
    assert chart.title == "index, 781 req/s, 50 % of capacity (ms)"
    assert "Response time of index at 781 req/s, 50 % of capacity: Flask " in chart.description
    assert {row[2] for row in chart.table.rows} == {0.5 / 640e-6}
    assert {trace["hovertemplate"].partition(":")[0] for trace in chart.figures.light["data"]} == {
        "781 req/s, 50 % of capacity"
    }


def test_draw_a_spectrum_shows_service_time_beside_response_time() -> None:
    """Both clocks, each with what was in flight by it: rate times mean (Little's law)."""
    measured = results()
    chart = charts(measured, compare(measured))["spectra-1"]
    spectrum = next(one for one in measured.spectra if (one.level, one.target) == (0.5, "flask"))
    assert [row[:2] for row in chart.table.rows] == [
        ("Flask", "response"),
        ("Flask", "service"),
        ("FastAPI", "response"),
        ("FastAPI", "service"),
    ]
    response, service = chart.table.rows[:2]
    assert response[3] == 0.5 / 640e-6 * spectrum.response.mean_s
    assert service[3] == 0.5 / 640e-6 * spectrum.service.mean_s
    assert (response[5], service[5]) == (spectrum.response.p50_s * 1e3, spectrum.service.p50_s * 1e3)


def late(reading: Reading) -> Reading:
    """Let the generator be later from unit to unit, for the candidate 100 µs more, and once 200 µs."""
    if reading.late_s is None:
        return reading
    if (reading.scenario, reading.level, reading.unit, reading.target) == ("echo", 0.75, 7, "fastapi"):
        return reading.model_copy(update={"late_s": 200e-6})
    late_s = reading.unit * 10e-6 + (100e-6 if reading.target == "fastapi" else 0)
    return reading.model_copy(update={"late_s": late_s})


def test_draw_a_spectrum_shows_how_late_the_generator_was() -> None:
    """Its median and its worst window, by target in the table, of all windows in the note."""
    measured = results(change=late, units=7)
    section = next(one for one in draw(measured, compare(measured)) if one.key == "spectra")
    assert section.charts[0].table.head[-2:] == ("late (µs)", "at worst (µs)")
    shown = {row[0]: row[-2:] for row in section.charts[0].table.rows}
    assert shown == {"Flask": pytest.approx((40, 70)), "FastAPI": pytest.approx((140, 170))}
    assert "The generator itself sent 90 µs later than due" in section.note
    assert "and 200 µs in the worst window." in section.note


def test_draw_a_spectrum_of_an_unknown_lateness_says_nothing_of_it() -> None:
    """What was not seen is neither 0 nor a sentence."""
    measured = results(change=lambda one: one.model_copy(update={"late_s": None}))
    section = next(one for one in draw(measured, compare(measured)) if one.key == "spectra")
    assert "later than due" not in section.note
    assert {row[-2:] for row in section.charts[0].table.rows} == {(None, None)}


def test_draw_ratios_with_an_interval_that_says_nothing_yet_keeps_the_scale() -> None:
    """It runs out of the picture, and its bounds are no numbers of the table."""
    measured = results()
    unknown = row("echo", ratio=(0.4, 1e-300, 1e300), verdict=Verdict.INCONCLUSIVE)
    alone = charts(measured, comparison(measured, row()))["ratios-0"]
    chart = charts(measured, comparison(measured, row(), unknown))["ratios-0"]
    axis = chart.figures.light["layout"]["xaxis"]["range"]
    assert axis[1] == alone.figures.light["layout"]["xaxis"]["range"][1]
    points = chart.figures.light["data"][0]
    low = 0.4 - points["error_x"]["arrayminus"][1]
    high = 0.4 + points["error_x"]["array"][1]
    assert (0 < low < 10 ** axis[0], 10 ** axis[1] < high < 10) == (True, True)
    assert chart.table.rows[1][1:4] == (0.4, None, None)


def test_draw_facts_come_from_the_rows() -> None:
    """Memory, cold start and size are what the table says, and what it lacks is not drawn."""
    measured = results()
    compared = compare(measured)
    shown = charts(measured, compared)
    [start] = [one for one in compared.rows if one.metric == "cold_start_ms"]
    assert shown["facts-1"].table.rows == (
        ("Flask", start.control.median),
        ("FastAPI", start.candidate.median),
    )
    assert [label for label, _ in shown["facts-0"].table.rows] == [
        "Flask idle",
        "FastAPI idle",
        "Flask after load",
        "FastAPI after load",
    ]
    half = row(None, "cold_start_ms", (400.0, None), None, None, ("ok", "not known"))
    assert charts(measured, comparison(measured, half))["facts-0"].table.rows == (("Flask", 400.0),)


def test_plain_of_tags_and_entities_is_text_to_plotly() -> None:
    """Plotly takes tags in any text, and links among them."""
    assert plain('<a href="x">&amp;') == '&lt;a href="x"&gt;&amp;amp;'


def test_draw_a_hostile_title_is_escaped_in_every_figure() -> None:
    """No figure holds a tag that came from outside."""
    targets = Target("a", "<b>A</b>", None, "http://a"), Target("b", "<img src=x>", None, "http://b")
    measured = results(targets)
    for chart in charts(measured, comparison(measured)).values():
        assert "<img" not in str(chart.figures)
        assert "<b>" not in str(chart.figures)
