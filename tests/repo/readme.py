"""What the READMEs show of committed runs, drawn from them; `--check` only says which files are stale."""

import re
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from textwrap import fill

from rich.console import Console

from loadtests.analysis import neighbour
from loadtests.analysis.comparison import Comparison, compare
from loadtests.errors import Refusal
from loadtests.report import forest_plot, markdown, summary, wording
from loadtests.report.compare_runs import agreements
from loadtests.results import Results, Row, load
from tests.integration.images.picture import svg
from tests.integration.images.report import MB, WIDTH, tables
from tests.integration.images.xray import Run

ROOT = Path(__file__).parents[2]
RESULTS = "loadtests/published"
REPEATS = (f"{RESULTS}/default-1", f"{RESULTS}/default-2", f"{RESULTS}/default-3")
"""Runs at the default preset, on the machine of the published one."""
PLOT = f"{RESULTS}/forest-plot.svg"
IMAGES = "docker/images.json"
PICTURE = "docker/images.svg"
SHOWN = {
    "cpu_us_per_request",
    "cpu_at_limit_us_per_request",
    "throughput_per_s",
    "latency_p50_ms",
    "latency_p90_ms",
    "cold_start_ms",
    "memory_loaded_mb",
}
REPEATED = ("cpu_us_per_request", "cpu_at_limit_us_per_request", "throughput_per_s", "latency_p50_ms")


def answer(results: Results, comparison: Comparison) -> str:
    """Write the conclusion in a sentence, and the few rows that it comes from."""
    rows = [row for row in comparison.rows if row.headline and row.metric in SHOWN and row.ratio]
    rows = [row for row in rows if row.scenario in {"index", None}]
    control, candidate = (markdown.text(target.title) for target in results.targets)
    sentence = fill(f"**{summary.write(results, comparison)}**", 110, break_on_hyphens=False)
    environment = results.environment
    lines = [f"| | | {control} | {candidate} | {candidate} ÷ {control} | |", "|---|---|--:|--:|--:|---|"]
    lines += [_line(row, results) for row in rows]
    origin = (
        f"Measured {environment.started:%Y-%m-%d} at revision {(environment.git_revision or '')[:7]} on "
        f"{environment.cpu}, {environment.cpu_count} cores."
    )
    said = neighbour.sentence(neighbour.services(results.neighbour)) if results.neighbour else ""
    waiting = ["", fill(said, 110, break_on_hyphens=False)] if said else []
    return "\n".join([sentence, "", *lines, "", origin, *waiting]) + "\n"


def _line(row: Row, results: Results) -> str:
    cells = (
        wording.metric(row),
        row.level,
        wording.number(row.control.median),
        wording.number(row.candidate.median),
        wording.interval(row.ratio),
        wording.verdict(row, results),
    )
    return f"| {' | '.join(map(markdown.text, cells))} |".replace("\\[", "[").replace("\\]", "]")


def repeats(runs: Mapping[str, Results]) -> str:
    """Lay kept runs below the published one: ratios of `index`, units, and how far they agree."""
    (_, published), *_ = runs.items()
    first = compare(published)
    heads = ("run", *(f"{row.title}, {row.level}" for row in _repeated(first)))
    heads = (*heads, "units", "intervals that overlap")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, run in runs.items():
        comparison = compare(run)
        agreeing = agreements(first, comparison)
        overlap = f"{sum(one.agrees for one in agreeing)} of {len(agreeing)}" if run is not published else ""
        ratios = [wording.interval(row.ratio) for row in _repeated(comparison)]
        units = str(len({one.unit for one in run.readings}))
        lines.append(f"| {' | '.join((name, *ratios, units, overlap))} |")
    return "\n".join(lines) + "\n"


def strangers(results: Results, comparison: Comparison) -> str:
    """Say what other generators made of the same question, where they were asked."""
    rows = {(row.metric, row.level): row for row in comparison.rows if row.ratio and row.scenario == "index"}
    said = []
    for tool, in_flight in sorted({(one.tool, one.in_flight) for one in results.strangers}):
        level = f"{in_flight} in flight"
        theirs = rows.get((f"throughput_by_{tool}_per_s", f"{level}, by {tool}"))
        ours = rows.get(("throughput_per_s", level))
        if theirs and ours:
            said.append(
                f"In the published run throughput at {level} came to {wording.interval(theirs.ratio)} by "
                f"{tool} and to {wording.interval(ours.ratio)} by ours."
            )
    return "\n".join(said) + "\n"


def _repeated(comparison: Comparison) -> list[Row]:
    return [
        row
        for metric in REPEATED
        for row in comparison.rows
        if (row.metric, row.scenario, row.headline) == (metric, "index", True)
    ]


def everything(results: Results, comparison: Comparison) -> str:
    """Write picture, table, what to make of them, and where they are from."""
    control, candidate = (markdown.text(target.title) for target in results.targets)
    preset = results.settings.preset
    command = "make compare" if preset == "default" else f"make compare ARGS=--{preset}"
    name = PLOT.removeprefix("loadtests/")
    parts = [
        f"![{candidate} ÷ {control}, each ratio with its interval; the table below says the same]({name})",
        markdown.headlines(results, comparison),
        markdown.origin(results),
        markdown.waiting(results),
        markdown.warnings(comparison),
        f"Drawn by `make readme` from [published](published); `python -m loadtests report {RESULTS}` draws "
        f"every chart of it, and `{command}` measures here.",
    ]
    return "\n\n".join(parts) + "\n"


def sizes(run: Run) -> str:
    """Say how large the slim images are, beside the plain ones."""
    by_name = {image.name: image.size_bytes / MB for image in run.images}
    said = [
        f"{title} {by_name[f'{name}-app']:.1f} MB instead of {by_name[f'{name}-app-plain']:.0f}"
        for title, name in (("Flask", "flask"), ("FastAPI", "fastapi"))
    ]
    return fill(f"{' and '.join(said)} for a plain `FROM {run.base}` (all files, not packed).", 110) + "\n"


def images(run: Run) -> str:
    """Draw the committed run as `make images` draws its own."""
    drawn = Console(width=WIDTH, file=StringIO(), highlight=False)
    drawn.print(tables(run))
    assert isinstance(drawn.file, StringIO)
    return fenced("\n".join(line.rstrip() for line in drawn.file.getvalue().splitlines() if line.strip()))


def _named(folder: str) -> str:
    name = folder.rpartition("/")[2]
    return f"[{name}](published/{name})"


def fenced(text: str) -> str:
    """Write text as it is."""
    return f"```\n{text.strip()}\n```\n"


def written(text: str, blocks: Mapping[str, str]) -> str:
    """Return a README with each block between its two marks."""
    for mark, block in blocks.items():
        between = re.compile(rf"(?<=<!-- {mark} -->\n).*(?=<!-- /{mark} -->)", re.DOTALL)
        text = between.sub(lambda _, block=block: block, text)  # type: ignore[misc]
    return text


def wanted(root: Path) -> dict[Path, str]:
    """Return each file that is drawn from what is committed, and what it should hold.

    Raises:
        Refusal: there are no results.
    """
    results = load(root / RESULTS)
    comparison = compare(results)
    run = Run.model_validate_json((root / IMAGES).read_text())
    blocks = {
        "README.md": {
            "answer": answer(results, comparison),
            "sizes": sizes(run),
        },
        "loadtests/README.md": {
            "table": everything(results, comparison),
            "glue": fenced((root / RESULTS / "glue.txt").read_text()),
            "repeats": repeats({"thorough": results} | {_named(name): load(root / name) for name in REPEATS}),
            "strangers": strangers(results, comparison),
            "selftest": fenced((root / RESULTS / "selftest.txt").read_text()),
        },
        "tests/README.md": {"hazards": fenced((root / RESULTS / "hazards.txt").read_text())},
        "docker/README.md": {"images": images(run)},
    }
    texts = {root / name: written((root / name).read_text("utf-8"), each) for name, each in blocks.items()}
    return {**texts, root / PLOT: forest_plot.draw(results, comparison), root / PICTURE: svg(run)}


def stale(files: Mapping[Path, str]) -> list[Path]:
    """Return those that do not hold what they should."""
    return [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the files; with `--check` only say which are stale, status 1 if any is."""
    try:
        files = wanted(root)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    if arguments != ["--check"]:
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
        return 0
    found = " and ".join(str(path.relative_to(root)) for path in stale(files))
    if found:
        print(f"{found} no longer shows what is committed: draw it again by `make readme`.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
