"""A comparison in Markdown, to be pasted into a pull request."""

import html
import re
from collections.abc import Iterable, Sequence

from loadtests.analysis.comparison import Comparison
from loadtests.analysis.neighbour import sentence, services
from loadtests.report import neighbour, summary, wording
from loadtests.report.preamble import preamble
from loadtests.report.table import METHOD
from loadtests.results import Results, Row


def draw(results: Results, comparison: Comparison) -> str:
    """Write all of it: what came out, what was compared, the headline table, warnings, and every row."""
    control, candidate = (text(target.title) for target in results.targets)
    parts = [
        f"## {candidate} against {control}",
        f"**{text(summary.write(results, comparison))}**",
        origin(results),
        headlines(results, comparison),
        waiting(results),
        warnings(comparison),
        f"<details><summary>Every row ({len(comparison.rows)})</summary>",
        table(results, comparison.rows),
        "</details>",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def origin(results: Results) -> str:
    """Write what was compared, how and where."""
    return bullets(f"**{text(label)}**: {text(sentence)}" for label, sentence in preamble(results))


def headlines(results: Results, comparison: Comparison) -> str:
    """Write the table of the headline metrics."""
    return table(results, [row for row in comparison.rows if row.headline])


def waiting(results: Results) -> str:
    """Write what waiting clients do to the others, where that was measured."""
    if not results.neighbour:
        return ""
    found = services(results.neighbour)
    return "\n\n".join((f"**{sentence(found)}**", neighbour.markdown(found), text(neighbour.memory(found))))


def warnings(comparison: Comparison) -> str:
    """Write what to make of it, the method last."""
    return bullets(text(warning) for warning in (*comparison.warnings, METHOD))


def table(results: Results, rows: Sequence[Row]) -> str:
    """Write these rows as a table."""
    control, candidate = (text(target.title) for target in results.targets)
    heads = ("scenario", "metric", "level", control, candidate, f"{candidate} ÷ {control}", "verdict")
    lines = [_line(heads), "|---|---|---|--:|--:|--:|---|"]
    for row in rows:
        lines.append(
            _line(
                (
                    text(row.scenario or ""),
                    text(wording.metric(row)),
                    text(row.level),
                    wording.number(row.control.median),
                    wording.number(row.candidate.median),
                    wording.interval(row.ratio),
                    text(wording.verdict(row, results)),
                )
            )
        )
    return "\n".join(lines)


def bullets(sentences: Iterable[str]) -> str:
    """Write a list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def text(plain: str) -> str:
    """Write text so that it shows as it is, in one line, whatever characters it holds."""
    return re.sub(r"([\\`*_\[\]|~])", r"\\\1", html.escape(" ".join(plain.split()), quote=False))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
