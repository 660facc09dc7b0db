"""What a comparison leaves in its folder."""

from pathlib import Path

import pytest

from loadtests.analysis.comparison import compare
from loadtests.errors import Refusal
from loadtests.report import write
from loadtests.results import FILE_NAME, load
from tests.unit.results_factory import results


def test_write_leaves_both_reports_and_the_script_they_need(tmp_path: Path) -> None:
    """The folder is all there is to hand on."""
    write(results(), compare(results()), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "report.md", "plotly.min.js"}


def test_write_of_a_comparison_that_had_hardly_begun_leaves_a_report(tmp_path: Path) -> None:
    """A stop before the first round is no reason for a traceback."""
    found = results(readings=(), spectra=(), facts=(), generator_per_s=None, complete=False)
    write(found, compare(found), tmp_path)
    assert "was stopped before its end" in (tmp_path / "report.html").read_text()


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
    text = results().model_dump_json().replace('"schema_version":2', '"schema_version":3')
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(Refusal, match=r"is not a results file of version 2 .* schema_version"):
        load(tmp_path)
