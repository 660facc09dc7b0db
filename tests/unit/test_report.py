"""What a comparison leaves in its folder."""

import re
from pathlib import Path

import pytest

from loadtests.analysis.comparison import compare
from loadtests.errors import Refusal
from loadtests.inference import Verdict
from loadtests.report import summary, write
from loadtests.results import FILE_NAME, load
from tests.unit.comparison_factory import comparison, row
from tests.unit.results_factory import results


def test_write_leaves_both_reports_and_the_script_they_need(tmp_path: Path) -> None:
    """The folder is all there is to hand on."""
    write(results(), compare(results()), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "report.md", "plotly.min.js"}


def test_write_of_a_comparison_that_had_hardly_begun_leaves_a_report(tmp_path: Path) -> None:
    """A stop before the first unit is no reason for a traceback."""
    found = results(readings=(), spectra=(), starts=(), facts=(), generator_per_s=None, complete=False)
    write(found, compare(found), tmp_path)
    assert "was stopped before its end" in (tmp_path / "report.html").read_text()


def test_write_puts_the_same_sentence_before_everything(tmp_path: Path) -> None:
    """Whoever reads one line has read what came out, in either report; then the table, then the pictures."""
    measured = results()
    compared = compare(measured)
    write(measured, compared, tmp_path)
    sentence = summary.write(measured, compared)
    page, pasted = ((tmp_path / name).read_text() for name in ("report.html", "report.md"))
    places = [page.index(f"<{tag}") for tag in ("main", "p id", "section", "table", "figure")]
    assert places == sorted(places)
    assert f'<p id="summary">{sentence}</p>' in page
    assert pasted.splitlines()[2] == f"**{sentence}**"


def test_write_a_row_with_any_verdict_leaves_a_page(tmp_path: Path) -> None:
    """Each verdict has a mark of its own, which the words beside it do not need."""
    measured = results()
    rows = [row(f"s{place}", verdict=verdict) for place, verdict in enumerate(Verdict)]
    write(measured, comparison(measured, *rows), tmp_path)
    marks = re.findall(r'<span aria-hidden="true">(.)</span>', (tmp_path / "report.html").read_text())
    assert len(set(marks)) == len(Verdict)


def test_write_twice_leaves_the_same_text(tmp_path: Path) -> None:
    """A report is a function of its results alone."""
    texts = []
    for _ in range(2):
        write(results(), compare(results()), tmp_path)
        texts.append([(tmp_path / name).read_text() for name in ("report.html", "report.md")])
    assert texts[0] == texts[1]


def test_write_into_no_folder_is_refused(tmp_path: Path) -> None:
    """One sentence instead of a traceback."""
    with pytest.raises(Refusal, match=r"The report cannot be kept in .*nowhere: No such file or directory\."):
        write(results(), compare(results()), tmp_path / "nowhere")


def test_load_of_what_was_saved_gives_the_same_results(tmp_path: Path) -> None:
    """The file holds everything that a report is made of."""
    measured = results()
    measured.save(tmp_path / FILE_NAME)
    assert load(tmp_path) == measured


def test_load_of_another_version_is_refused(tmp_path: Path) -> None:
    """A file of a later schema is not guessed at."""
    text = results().model_dump_json().replace('"schema_version":3', '"schema_version":4')
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(Refusal, match=r"is not a results file of version 3 .* schema_version"):
        load(tmp_path)
