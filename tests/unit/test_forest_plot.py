"""The picture in the README."""

from xml.etree import ElementTree

from loadtests.report.forest_plot import LONGEST, draw, ticks
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
    picture = parsed(draw(measured, comparison(measured, row(ratio=(2, 0.5, 3)))))
    at = {one.text: one.get("x") for one in picture.iter(f"{SVG}text")}
    mark = next(picture.iter(f"{SVG}circle"))
    line = next(one for one in picture.iter(f"{SVG}line") if one.get("class") == "candidate interval")
    assert (mark.get("class"), mark.get("cx")) == ("candidate interval", at["2"])
    assert (line.get("x1"), line.get("x2")) == (at["0.5"], at["3"])


def test_draw_a_row_without_a_ratio_names_its_limit_and_marks_nothing() -> None:
    """Beside the legend there is no mark."""
    measured = results()
    picture = draw(measured, comparison(measured, ROWS[4]))
    assert "generator-bound (FastAPI)" in words(picture)
    assert picture.count("<circle") == 2


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
    assert ticks(0.09, 11) == [0.1, 0.2, 0.5, 1, 2, 5, 10]
