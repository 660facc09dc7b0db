"""Demands on a comparison for pipelines: `index.cpu_us_per_request.ratio < 0.9`; pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from loadtests.inference import Verdict
from loadtests.results import Row

FORM = re.compile(
    r"\s*(?:([^<>\n]+)\.)?([a-z][a-z0-9_]*)\.(ratio|control|candidate)\s*(<|>)\s*([0-9.]+(?:e-?[0-9]+)?)\s*"
)


class Held(StrEnum):
    """What became of a demand."""

    HELD = "held"
    NOT_HELD = "not held"
    NOT_MEASURED = "no valid measurement"


@dataclass(frozen=True, slots=True)
class Threshold:
    """SCENARIO.METRIC.ratio < NUMBER; without a scenario, a metric of the services themselves.

    A ratio is judged on the bound of its interval that speaks against it, with and without the units in which
    something else was at work: `< 0.9` holds where the whole interval is below 0.9. `control` and `candidate`
    stand for their medians, in the metric's unit.
    """

    text: str
    scenario: str | None
    metric: str
    what: str
    is_below: bool
    number: float


def parse(text: str) -> Threshold:
    """Read a demand.

    Raises:
        ValueError: it is none; the message says how it is written.
    """
    match = FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"must be like 'index.cpu_us_per_request.ratio < 0.9', not {text!r}")
    scenario, metric, what, sign, number = match.groups()
    try:
        limit = float(number)
    except ValueError:
        raise ValueError(f"{number!r} is no number") from None
    if not isfinite(limit):
        raise ValueError(f"{number!r} is too large a number")
    return Threshold(text.strip(), scenario, metric, what, sign == "<", limit)


def judge(threshold: Threshold, rows: Sequence[Row]) -> tuple[Held, str]:
    """Say whether it held, and by what; where several loads were measured, the headlines' load counts."""
    found = [row for row in rows if (row.scenario, row.metric) == (threshold.scenario, threshold.metric)]
    # A metric that is no headline itself (p99) is judged at the load of those that are.
    levels = {row.level for row in rows if row.headline}
    row = min(found, key=lambda row: (not row.headline, row.level not in levels), default=None)
    if row is None:
        known = sorted({".".join(filter(None, (row.scenario, row.metric))) for row in rows})
        return Held.NOT_MEASURED, f"no such metric; there are {', '.join(known)}"
    if threshold.what == "ratio":
        if row.ratio is None:
            validities = f"{row.control.validity}, {row.candidate.validity}"
            return Held.NOT_MEASURED, f"no ratio ({validities})"
        if row.verdict is Verdict.DISTURBED:
            return Held.NOT_MEASURED, "disturbed: without some units it says otherwise"
        intervals = [one for one in (row.ratio, row.undisturbed) if one is not None]
        lows, highs = [one.low for one in intervals], [one.high for one in intervals]
        bound = max(highs) if threshold.is_below else min(lows)
        shown = f"{row.ratio.estimate:.3f} [{row.ratio.low:.3f}, {row.ratio.high:.3f}]"
    else:
        value = row.control if threshold.what == "control" else row.candidate
        if value.median is None:
            return Held.NOT_MEASURED, f"no number ({value.validity})"
        bound, shown = value.median, f"{value.median:g} {row.unit}"
    holds = bound < threshold.number if threshold.is_below else bound > threshold.number
    return (Held.HELD if holds else Held.NOT_HELD), shown
