"""The report's charts: plotly figures, each with the table of its numbers; pure functions of a comparison."""

from loadtests.analysis.comparison import Comparison
from loadtests.report.charts import cost, facts, load, neighbour, ratios, spectra, units
from loadtests.report.charts.chart import Chart, Section, Table
from loadtests.results import Results

__all__ = ["Chart", "Section", "Table", "draw"]


def draw(results: Results, comparison: Comparison) -> tuple[Section, ...]:
    """Draw every chart that there is something to draw in, in the order of the page."""
    sections = (
        ratios.draw(results, comparison),
        cost.draw(results, comparison),
        load.throughput(results, comparison),
        load.tail(results, comparison),
        spectra.draw(results, comparison),
        neighbour.draw(results),
        units.draw(results, comparison),
        facts.draw(results, comparison),
    )
    return tuple(section for section in sections if section.charts)
