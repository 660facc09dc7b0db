"""Two runs side by side: whether the second repeats what the first said."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from loadtests.analysis.comparison import Comparison
from loadtests.inference import Interval
from loadtests.report import wording
from loadtests.report.table import bullets, labelled
from loadtests.results import Results, Row

PASSING = ("environment.started", "environment.load_average")
"""Fields that differ between any two runs, and say nothing by it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """One row of both runs."""

    row: Row
    """As the first run has it."""
    first: Interval
    second: Interval

    @property
    def agrees(self) -> bool:
        """Whether the two intervals overlap."""
        return self.first.low <= self.second.high and self.second.low <= self.first.high


def agreements(first: Comparison, second: Comparison) -> list[Agreement]:
    """Pair the rows that have a ratio in both runs, in the order of the first."""
    others = {_question(row): row.ratio for row in second.rows}
    return [
        Agreement(row, row.ratio, other)
        for row in first.rows
        if row.ratio and (other := others.get(_question(row)))
    ]


def _question(row: Row) -> tuple[str | None, str, str]:
    """Return what a row asks; a headline asks it at the target's best, whatever load that was this time."""
    return row.scenario, row.metric, "" if row.headline else row.level


def differences(first: Results, second: Results) -> list[str]:
    """Name the fields of settings, environment and targets that differ, with both values.

    Where the targets listened does not count, nor when the runs began.
    """
    before, after = _fields(first), _fields(second)
    return [
        f"{name}: {_said(before, name)} | {_said(after, name)}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def draw(
    first: Results, second: Results, agreements: list[Agreement], differences: list[str]
) -> RenderableType:
    """Lay out both ratios of each row and whether they agree; fits 100 columns."""
    differing = sum(not one.agrees for one in agreements)
    sentences = [f"{len(agreements) - differing} of {len(agreements)} intervals overlap."]
    if differing:
        sentences.append(
            "Where two runs differ, something changed between them that neither interval knows of: believe "
            "neither until a third decides."
        )
    if not agreements:
        sentences = ["The two runs have no ratio in common, so nothing can be said of them together."]
    if differences:
        sentences.append(
            f"The runs were not made alike; this differs (first | second): {'; '.join(differences)}."
        )
    return Group(
        labelled([(name, _name(run)) for name, run in (("first", first), ("second", second))]),
        *([Padding(_table(agreements), (1, 0))] if agreements else []),
        *bullets(sentences),
    )


def _name(results: Results) -> str:
    control, candidate = (target.title for target in results.targets)
    environment, settings = results.environment, results.settings
    revision = (environment.git_revision or "no revision")[:12]
    began = f"{environment.started:%Y-%m-%d %H:%M} UTC"
    state = "" if results.complete else ", stopped"
    return f"{candidate} ÷ {control}, {began}, {revision}, preset {settings.preset}{state}"


def _table(agreements: list[Agreement]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for head in ("metric", "level"):
        table.add_column(head, overflow="fold")
    for head in ("first", "second"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for scenario, group in groupby(agreements, lambda one: one.row.scenario):
        table.add_section()
        table.add_row(Text(scenario or wording.NO_SCENARIO, style="bold"))
        for one in group:
            table.add_row(
                Text(wording.metric(one.row)),
                Text(one.row.level),
                wording.interval(one.first),
                wording.interval(one.second),
                Text("agree", style="green") if one.agrees else Text("differ", style="bold yellow"),
            )
    return table


def _fields(results: Results) -> dict[str, Any]:
    whole = {
        "settings": results.settings.model_dump(mode="json"),
        "environment": results.environment.model_dump(mode="json"),
        "targets": [{"name": one.name, "title": one.title} for one in results.targets],
    }
    return {name: value for name, value in _leaves(whole) if name not in PASSING}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    inside = (
        value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list) else None
    )
    if inside is None:
        yield path, value
        return
    for name, one in inside:
        yield from _leaves(one, f"{path}.{name}" if path else str(name))


def _said(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return "nothing" if value is None else str(value)
