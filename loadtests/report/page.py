"""A comparison as one page that opens from a folder, offline, with or without JavaScript."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from loadtests.analysis.comparison import Comparison
from loadtests.inference import Verdict
from loadtests.report import charts, summary, wording
from loadtests.report.palette import DARK, LIGHT
from loadtests.report.preamble import preamble
from loadtests.report.table import METHOD
from loadtests.results import Results, Row

FOLDER = Path(__file__).parent

NO_NUMBER = "∅"
MARKS = {
    Verdict.FASTER: "▲",
    Verdict.SLOWER: "▼",
    Verdict.EQUIVALENT: "=",
    Verdict.INCONCLUSIVE: "?",
    Verdict.DISTURBED: "!",
}

LIMITS_OF_IT = (
    "TLS, HTTP/2, a proxy, a database, a second worker, another machine: none of them was measured.",
    "The requests are few and fixed. A real service spends its time in other code, which no framework makes "
    "faster, so the ratio of a whole service lies nearer to 1.",
    "The intervals speak of these units on this machine, on this day; they know nothing of other machines, "
    "versions and configurations.",
    "CPU time per request is not latency: it says what a request costs, not how long somebody waits for it.",
    "Each scenario's verdict stands for itself; there is no overall winner, and none is computed.",
)


def draw(results: Results, comparison: Comparison) -> str:
    """Write the page; it needs plotly.min.js beside it, and links to results.json and report.md there.

    Nothing may leave the page: its policy knows no network. In a page opened from a file, Chromium takes
    'self' for any file:, so that plotly can be loaded from the folder; our own script is allowed by its hash.
    Plotly sets styles inline, hence 'unsafe-inline' for styles, which without a network can fetch nothing.
    """
    script = (FOLDER / "page.js").read_text()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    sections = charts.draw(results, comparison)
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(number=wording.number, interval=wording.interval, metric=wording.metric)
    page: str = environment.get_template("page.html").render(
        # Not data: these two files are ours, and neither holds a closing tag.
        script=Markup(script),  # noqa: S704
        digest=digest,
        light=LIGHT,
        dark=DARK,
        control=results.targets[0].title,
        candidate=results.targets[1].title,
        complete=results.complete,
        sentence=summary.write(results, comparison),
        preamble=preamble(results),
        groups=list(_groups(results, [row for row in comparison.rows if row.headline])),
        rows=comparison.rows,
        verdict=lambda row: wording.verdict(row, results),
        mark=_mark,
        sections=sections,
        figures={
            f"chart-{chart.key}": {"light": chart.figures.light, "dark": chart.figures.dark}
            for section in sections
            for chart in section.charts
        },
        tables=[
            ("Settings", _flat(results.settings.model_dump(mode="json"))),
            ("Environment", _flat(results.environment.model_dump(mode="json"))),
        ],
        warnings=comparison.warnings,
        method=METHOD,
        limits=LIMITS_OF_IT,
    )
    return page


def _mark(row: Row) -> str:
    if row.verdict:
        return MARKS[row.verdict]
    return NO_NUMBER if None in (row.control.median, row.candidate.median) else ""


def _groups(results: Results, rows: Sequence[Row]) -> Iterator[tuple[str, str, list[Row]]]:
    """Yield each scenario's title, its request, and its rows; what belongs to none stands by itself."""
    requests = {scenario.name: scenario.request for scenario in results.settings.scenarios}
    for scenario, group in groupby(rows, lambda row: row.scenario):
        if scenario is None:
            yield wording.NO_SCENARIO, "", list(group)
        else:
            yield scenario, requests.get(scenario, ""), list(group)


def _flat(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Return every leaf with its dotted path."""
    if isinstance(value, dict):
        return [
            leaf for name, one in value.items() for leaf in _flat(one, f"{path}.{name}" if path else name)
        ]
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return [leaf for place, one in enumerate(value, 1) for leaf in _flat(one, f"{path}.{place}")]
    if isinstance(value, list):
        return [(path, ", ".join(map(str, value)))]
    return [(path, wording.NOTHING if value is None else str(value))]
