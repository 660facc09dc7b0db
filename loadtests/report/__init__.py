"""What is left of a comparison in its folder: report.md, report.html, and the script that its charts need."""

import shutil
from pathlib import Path

import plotly
from rich.console import RenderableType

from loadtests.analysis.comparison import Comparison, compare
from loadtests.errors import Refusal
from loadtests.report import compare_runs, markdown, page
from loadtests.results import Results

SCRIPT = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def write(results: Results, comparison: Comparison, folder: Path) -> None:
    """Write both reports into a folder; the page links to the results.json that should lie there.

    Raises:
        Refusal: they cannot be written.
    """
    try:
        (folder / "report.md").write_text(markdown.draw(results, comparison), encoding="utf-8")
        (folder / "report.html").write_text(page.draw(results, comparison), encoding="utf-8")
        shutil.copyfile(SCRIPT, folder / SCRIPT.name)
    except OSError as error:
        raise Refusal(f"The report cannot be kept in {folder}: {error.strerror}.") from None


def side_by_side(first: Results, second: Results) -> RenderableType:
    """Lay two runs side by side: both ratios of each row, and what else differs."""
    return compare_runs.draw(
        first,
        second,
        compare_runs.agreements(compare(first), compare(second)),
        compare_runs.differences(first, second),
    )
