"""The headline ratios with their intervals as a small SVG; the same text on every machine."""

from collections.abc import Iterable, Iterator
from html import escape
from math import log

from loadtests.analysis.comparison import Comparison
from loadtests.inference import MARGIN, Verdict
from loadtests.report import wording
from loadtests.report.palette import DARK, LIGHT, Palette
from loadtests.results import Results, Row

WIDTH, TOP, STEP, GAP, BOTTOM = 1080, 58, 25, 9, 44
LEFT, RIGHT, VERDICT = 388, 638, 812
"""Where the axis begins and ends, and where the verdicts begin; names stand left, numbers between."""

LONGEST, LONGEST_VERDICT = 55, 40
"""Letters of a name and of a verdict that fit beside the axis."""

CLAIM = "all intervals at once: 95 % confidence; log scale"

DECADE = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)

SIDES = {Verdict.FASTER: "candidate", Verdict.SLOWER: "control"}


def _colours(palette: Palette) -> str:
    return "\n".join(
        [
            f"  .ground {{ fill: {palette.card} }} .band {{ fill: {palette.band} }}",
            f"  text {{ fill: {palette.ink} }}",
            f"  text.quiet {{ fill: {palette.quiet} }} .tick {{ stroke: {palette.line} }}",
            f"  .control {{ stroke: {palette.control}; fill: {palette.control} }}",
            f"  .candidate {{ stroke: {palette.candidate}; fill: {palette.candidate} }}",
            f"  .neither {{ stroke: {palette.quiet}; fill: {palette.card} }}",
        ]
    )


# It carries its own ground, so that it can be read on a page of either theme.
STYLE = f"""
  text {{ font: 13px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif }}
  .head {{ font-weight: 600 }} .middle {{ text-anchor: middle }} .interval {{ stroke-width: 2 }}
{_colours(LIGHT)}
  @media (prefers-color-scheme: dark) {{
{_colours(DARK)}
  }}
"""


def draw(results: Results, comparison: Comparison) -> str:
    """Draw a line for each headline metric: ratio and interval on a log axis, or why there is none."""
    rows = [row for row in comparison.rows if row.headline]
    low, high = reach(rows)
    axis = _Axis(low / 1.1, high * 1.1)
    heights = list(_heights(rows))
    foot = (heights[-1] if heights else TOP) + STEP / 2
    height = round(foot + BOTTOM)
    control, candidate = (target.title for target in results.targets)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(f"{candidate} ÷ {control}")}</title>',
        f'<desc id="description">{escape(describe(results, comparison))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" rx="8" class="ground"/>',
        _text(16, 26, f"{candidate} ÷ {control}", "head"),
        _text(16, 44, CLAIM, "quiet"),
        _band(axis, MARGIN, foot),
        *(_tick(axis, tick, foot) for tick in ticks(axis.low, axis.high)),
    ]
    for y, row in zip(heights, rows, strict=True):
        parts += _row(axis, row, y, results)
    return "\n".join([*parts, *_legend(height - 14, control, candidate), "</svg>"]) + "\n"


def _heights(rows: list[Row]) -> Iterator[float]:
    y, before = TOP - STEP / 2, rows[0].scenario if rows else None
    for row in rows:
        y += STEP + (GAP if row.scenario != before else 0)
        before = row.scenario
        yield y


def _legend(y: float, control: str, candidate: str) -> list[str]:
    return [
        f'<circle class="candidate" cx="22" cy="{y}" r="4.5"/>',
        _text(34, y + 4, f"{candidate} better", "quiet"),
        f'<rect class="control" x="{LEFT - 4}" y="{y - 4}" width="8" height="8"/>',
        _text(LEFT + 12, y + 4, f"{control} better", "quiet"),
        f'<circle class="neither interval" cx="{RIGHT + 28}" cy="{y}" r="4.5"/>',
        _text(RIGHT + 40, y + 4, "no difference shown", "quiet"),
    ]


def describe(results: Results, comparison: Comparison) -> str:
    """Say in words what the picture shows."""
    return "; ".join(
        f"{wording.subject(row)}: "
        + (f"{wording.interval(row.ratio)}, " if row.ratio else "")
        + wording.verdict(row, results)
        for row in comparison.rows
        if row.headline
    )


def reach(rows: Iterable[Row]) -> tuple[float, float]:
    """Return the least and the greatest ratio to draw; an interval that says nothing yet is cut off there."""
    ratios = [row.ratio for row in rows if row.ratio]
    bounds = [bound for one in ratios if wording.is_known(one) for bound in (one.low, one.high)]
    every = [*bounds, *(one.estimate for one in ratios), 0.5, 2.0]
    return min(every), max(every)


def ticks(low: float, high: float) -> list[float]:
    """Choose round ratios within bounds: six a decade, or three where they would touch."""
    chosen = DECADE if high / low < 6 else (1.0, 2.0, 5.0)
    every = (float(f"{digit:g}e{power}") for power in range(-4, 5) for digit in chosen)
    return [tick for tick in every if low <= tick <= high]


class _Axis:
    """A log scale over the middle of the picture."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def x(self, ratio: float) -> float:
        """Return where a ratio lies; what lies outside is put at the edge."""
        inside = min(max(ratio, self.low), self.high)
        return LEFT + (RIGHT - LEFT) * log(inside / self.low) / log(self.high / self.low)


def _row(axis: _Axis, row: Row, y: float, results: Results) -> list[str]:
    said = wording.verdict(row, results)
    name = _text(16, y + 4, " · ".join(part for part in (row.scenario, row.title, row.level) if part))
    if row.ratio is None:
        return [name, _text(VERDICT, y + 4, said, "quiet", LONGEST_VERDICT)]
    low, middle, high = (axis.x(bound) for bound in (row.ratio.low, row.ratio.estimate, row.ratio.high))
    side = SIDES.get(row.verdict, "neither") if row.verdict else "neither"
    mark = (
        f'<rect class="{side}" x="{middle - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>'
        if side == "control"
        else f'<circle class="{side} interval" cx="{middle:.1f}" cy="{y:.1f}" r="4.5"/>'
    )
    return [
        name,
        f'<line class="{side} interval" x1="{low:.1f}" y1="{y:.1f}" x2="{high:.1f}" y2="{y:.1f}"/>',
        mark,
        _text(RIGHT + 24, y + 4, wording.interval(row.ratio)),
        _text(VERDICT, y + 4, said, longest=LONGEST_VERDICT),
    ]


def _band(axis: _Axis, margin: float, foot: float) -> str:
    low, high = axis.x(1 / (1 + margin)), axis.x(1 + margin)
    return (
        f'<rect x="{low:.1f}" y="{TOP - 4}" width="{high - low:.1f}" height="{foot - TOP + 4:.1f}" '
        'class="band"/>'
    )


def _tick(axis: _Axis, ratio: float, foot: float) -> str:
    x = axis.x(ratio)
    line = f'<line class="tick" x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" y2="{foot}"/>'
    return line + _text(x, TOP - 10, f"{ratio:g}", "quiet middle")


def _text(x: float, y: float, words: str, style: str = "", longest: int = LONGEST) -> str:
    shown = words if len(words) <= longest else words[: longest - 1] + "…"
    attribute = f' class="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{attribute}>{escape(shown)}</text>'
