"""A comparison as a table in a terminal, at most 100 columns wide."""

from itertools import groupby
from textwrap import wrap

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from loadtests.analysis.comparison import Comparison
from loadtests.analysis.neighbour import sentence as waiting_sentence
from loadtests.analysis.neighbour import services
from loadtests.analysis.validity import Validity
from loadtests.inference import Verdict
from loadtests.report import neighbour, summary, wording
from loadtests.report.preamble import preamble
from loadtests.results import Results

WIDTH = 100

METHOD = (
    "Values are medians over units. Each ratio comes from pairs of units: the mean of their log-ratios, with "
    "a confidence sequence, which may be looked at after every unit; every answer was checked byte for byte."
)

STYLES = {Verdict.FASTER: "green", Verdict.SLOWER: "yellow", Verdict.EQUIVALENT: "cyan"}


def draw(results: Results, comparison: Comparison) -> RenderableType:
    """Lay out what came out, what was compared, a line for each headline metric, and what to make of it."""
    return Group(
        Padding(Text(summary.write(results, comparison), style="bold"), (0, 0, 1, 0)),
        labelled(preamble(results)),
        Padding(headlines(results, comparison), (1, 0)),
        *_neighbour(results),
        *bullets([*comparison.warnings, METHOD]),
    )


def _neighbour(results: Results) -> list[RenderableType]:
    """Lay out what waiting clients do to the others, where that was measured."""
    if not results.neighbour:
        return []
    found = services(results.neighbour)
    return [
        Text(waiting_sentence(found), style="bold"),
        Padding(neighbour.table(found), (1, 0)),
        Text(neighbour.memory(found)),
        Text(),
    ]


def labelled(pairs: list[tuple[str, str]]) -> Table:
    """Lay out labels and their sentences, which wrap beside them."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for label, sentence in pairs:
        grid.add_row(Text(label), Text(sentence))
    return grid


def bullets(sentences: list[str]) -> list[RenderableType]:
    """Lay out sentences that wrap behind their bullet."""
    lines: list[RenderableType] = []
    for sentence in sentences:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_row(Text("•"), Text(sentence, overflow="fold"))
        lines.append(Padding(grid, 0, expand=False))
    return lines


def headlines(results: Results, comparison: Comparison) -> Table:
    """Lay out a line for each headline metric."""
    rows = [row for row in comparison.rows if row.headline]
    control, candidate = (target.title for target in results.targets)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for head in ("metric", "level"):
        table.add_column(head, overflow="fold")
    # Figures are never broken: rich makes room by folding the columns before them.
    for title, width in ((control, 12), (candidate, 12), (f"{candidate} ÷ {control}", 20)):
        table.add_column(_folded(title, width), justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for scenario, group in groupby(rows, lambda row: row.scenario):
        table.add_section()
        table.add_row(Text(scenario or wording.NO_SCENARIO, style="bold"))
        for row in group:
            table.add_row(
                Text(wording.metric(row)),
                Text(row.level),
                wording.number(row.control.median),
                wording.number(row.candidate.median),
                wording.interval(row.ratio),
                _folded(
                    wording.verdict(row, results),
                    len(Validity.CONFIGURATION_BOUND),
                    STYLES.get(row.verdict, "") if row.verdict else "dim",
                ),
            )
    return table


def _folded(words: str, width: int, style: str = "") -> Text:
    return Text("\n".join(wrap(words, width, break_on_hyphens=False)), style=style)
