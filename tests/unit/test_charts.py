"""The figures, before any browser sees them."""

from typing import Any

from loadtests.analysis.comparison import Comparison, compare
from loadtests.report.charts import Chart, draw
from loadtests.report.charts.chart import plain
from loadtests.report.charts.series import pairs
from loadtests.results import Reading, Results
from loadtests.targets import Target
from tests.unit.comparison_factory import comparison
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
    """Ratios, throughput, tail, spectra, rounds, facts; a chart for each scenario, and for each rate."""
    measured = results()
    sections = draw(measured, compare(measured))
    assert [(section.key, len(section.charts)) for section in sections] == [
        ("ratios", 1),
        ("throughput", 3),
        ("tail", 3),
        ("spectra", 9),
        ("rounds", 3),
        ("facts", 5),
    ]


def test_draw_nothing_measured_has_no_section() -> None:
    """An interrupted comparison still makes a page."""
    measured = results(readings=(), spectra=(), facts=(), rows=())
    assert draw(measured, Comparison((), (), 0.02, None, ())) == ()


def test_draw_throughput_puts_the_ceiling_and_the_bands_into_the_figure() -> None:
    """The band runs from round to round, the ceiling across."""
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
    assert [row[6] for row in chart.table.rows] == [None] * 4


def test_draw_every_number_of_a_curve_stands_in_its_table() -> None:
    """Whoever cannot see the chart loses nothing."""
    for chart in charts(results(), compare(results())).values():
        if chart.key.startswith(("throughput", "tail")):
            middles = [y for trace in chart.figures.light["data"] if "marker" in trace for y in trace["y"]]
            assert set(middles) <= {entry for row in chart.table.rows for entry in row}


def test_pairs_of_the_control_with_itself_are_taken_from_the_same_round() -> None:
    """A/A pairs the control with its second process, whatever that is called."""
    found = pairs(results(), "noise", "index")
    assert [pair.round for pair in found] == list(range(1, 13))
    assert all(0.9 < pair.ratio < 1.1 for pair in found)


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
