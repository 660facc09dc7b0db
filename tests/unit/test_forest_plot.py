"""The picture in the README."""

from xml.etree import ElementTree

import pytest

from loadtests.analysis.comparison import compare
from loadtests.inference import Interval, Verdict
from loadtests.report import wording
from loadtests.report.forest_plot import LEFT, LONGEST, LONGEST_VERDICT, RIGHT, VERDICT, draw, reach, ticks
from loadtests.results import Row
from loadtests.targets import Target
from tests.unit.comparison_factory import ROWS, comparison, row
from tests.unit.results_factory import results

SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: str) -> ElementTree.Element:
    """Read our own picture, which must be well-formed."""
    return ElementTree.fromstring(picture)  # noqa: S314


def words(picture: str) -> list[str]:
    """Return all its text, from top to bottom."""
    return [one.text or "" for one in parsed(picture).iter(f"{SVG}text")]


def test_draw_a_row_with_a_ratio_puts_it_to_scale() -> None:
    """The mark stands where the tick of the same ratio stands, the line from bound to bound."""
    measured = results()
    picture = parsed(draw(measured, comparison(measured, row(ratio=(1, 0.5, 2)))))
    at = {one.text: one.get("x") for one in picture.iter(f"{SVG}text")}
    mark = next(picture.iter(f"{SVG}circle"))
    line = next(one for one in picture.iter(f"{SVG}line") if one.get("class") == "candidate interval")
    assert (mark.get("class"), mark.get("cx")) == ("candidate interval", at["1"])
    assert (line.get("x1"), line.get("x2")) == (at["0.5"], at["2"])


def test_draw_a_row_without_a_ratio_names_its_limit_and_marks_nothing() -> None:
    """Beside the legend there is no mark."""
    measured = results()
    picture = draw(measured, comparison(measured, ROWS[4]))
    assert "generator-bound (FastAPI)" in words(picture)
    assert picture.count("<circle") == 2


def test_draw_an_interval_that_says_nothing_yet_leaves_the_scale_to_the_others() -> None:
    """Its line runs from edge to edge, and no other is pressed together."""
    measured = results()
    unknown = row("echo", ratio=(0.4, 1e-300, 1e300), verdict=Verdict.INCONCLUSIVE)
    picture = parsed(draw(measured, comparison(measured, row(ratio=(2, 0.5, 3)), unknown)))
    lines = [one for one in picture.iter(f"{SVG}line") if "interval" in (one.get("class") or "")]
    assert [(one.get("x1"), one.get("x2")) for one in lines][1] == (f"{LEFT:.1f}", f"{RIGHT:.1f}")
    assert "0.40 [?]" in words(draw(measured, comparison(measured, unknown)))
    at = {one.text: one.get("x") for one in picture.iter(f"{SVG}text")}
    assert lines[0].get("x1") == at["0.5"]


def test_reach_of_ratios_holds_every_known_bound_and_every_estimate() -> None:
    """At least from a half to twice; bounds that say nothing yet do not count."""
    known, unknown = row(ratio=(3, 2.5, 4)), row(ratio=(0.1, 1e-9, 1e9))
    assert reach([]) == (0.5, 2)
    assert reach([known, unknown, row(ratio=None)]) == (0.1, 4)


def test_draw_a_whole_comparison_cuts_no_name_and_no_verdict() -> None:
    """What our own runs say fits, their longest words included."""
    measured = results()
    compared = compare(measured)
    long = row("index", title="latency p50", level="at 1,234 req/s, 50 % of capacity")
    disturbed = row(verdict=Verdict.DISTURBED, undisturbed=Interval(0.5, 0.49, 0.51))
    shown = words(draw(measured, comparison(measured, *compared.rows, long, disturbed)))
    assert [one for one in shown if one.endswith("…")] == []


@pytest.mark.parametrize("one", [ROWS[0], ROWS[4]])
def test_draw_a_long_verdict_is_cut_where_the_picture_ends(one: Row) -> None:
    """Nothing runs out of it unseen, with a ratio or without."""
    targets = Target("a", "A", None, "http://a"), Target("b", "B" * 60, None, "http://b")
    measured = results(targets)
    whole = wording.verdict(one, measured)
    [shown] = [
        said.text
        for said in parsed(draw(measured, comparison(measured, one))).iter(f"{SVG}text")
        if said.get("x") == f"{VERDICT:.1f}"
    ]
    assert len(whole) > LONGEST_VERDICT
    assert shown == f"{whole[: LONGEST_VERDICT - 1]}…"


def test_draw_a_disturbed_row_is_marked_for_neither_side() -> None:
    """What was disturbed says nothing for either target."""
    measured = results()
    picture = parsed(draw(measured, comparison(measured, row(verdict=Verdict.DISTURBED))))
    assert next(picture.iter(f"{SVG}circle")).get("class") == "neither interval"


def test_draw_twice_is_the_same_text() -> None:
    """It can be compared with a committed file."""
    assert draw(results(), comparison(results())) == draw(results(), comparison(results()))


def test_draw_a_hostile_title_is_text_and_short() -> None:
    """It is well-formed, keeps the characters, and cuts what has no room."""
    title = "<script>&" + "x" * 80
    measured = results((Target("a", "A", None, "http://a"), Target("b", title, None, "http://b")))
    shown = words(draw(measured, comparison(measured)))
    assert f"{title[: LONGEST - 1]}…" in shown
    assert max(map(len, shown)) == LONGEST


def test_ticks_of_narrow_and_wide_axes_stay_few() -> None:
    """Six a decade, or three."""
    assert ticks(0.45, 2.2) == [0.5, 0.7, 1, 1.5, 2]
    assert ticks(0.2, 2.2) == [0.2, 0.5, 1, 2]
    assert ticks(0.09, 11) == [0.1, 0.2, 0.5, 1, 2, 5, 10]
