"""What follows from the readings of the neighbour set-up: its table, and one sentence; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from loadtests.analysis.metrics import LATENCIES, MILLI
from loadtests.analysis.validity import Terms, Validity, judge
from loadtests.results import Latencies, NeighbourReading

STALLED_FACTOR = 5
"""Beside waiting clients a service keeps up until its median latency is so many times that beside none."""

LEAST_ANSWERS = {metric.name: metric.least_answers for metric in LATENCIES}["latency_p99_ms"]
"""Of all rounds together, as in a spectrum: p99 needs ten slower ones."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One service beside so many waiting clients, all rounds."""

    waiting: int
    threads_left: int | None
    """None where there is no such number."""
    p50_ms: float | None
    p99_ms: float | None
    """None where there are too few answers for it."""
    failures: int
    waits_per_s: float
    memory_bytes: float | None
    validity: Validity
    reason: str
    """A sentence; empty where the cell can be believed."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service beside more and more waiting clients."""

    title: str
    name: str
    """The title without its threads."""
    threads: int | None
    cells: tuple[Cell, ...]
    """By waiting clients."""
    last_kept: Cell | None
    """The last one before `stalled`; None where its latency beside nobody is not believed."""
    stalled: Cell | None
    """The first one in which it does not keep up any more."""
    overrun: Cell | None
    """From there on, the first one that is at its end: what it is asked for piles up, or fails."""
    held: int
    """The most clients that waited in it at once: those beyond its threads only stand in line."""
    client_bytes: float | None
    """Memory for each of those."""


def services(readings: Sequence[NeighbourReading]) -> tuple[Service, ...]:
    """Sum up every service in the order of its first reading; values are medians over rounds."""
    order = {one.target: None for one in readings}
    ordered = sorted(readings, key=lambda one: ([*order].index(one.target), one.level))
    return tuple(_service(tuple(group)) for _, group in groupby(ordered, key=lambda one: one.target))


def sentence(found: Sequence[Service]) -> str:
    """Say what waiting clients do to the others, and what one of them costs; empty where nothing is sure."""
    sure = [one for one in found if _is_sure(one)]
    limited = [one for one in sure if one.threads is not None]
    clauses = [_first(one) if one is limited[0] else _more(one, limited[0]) for one in limited]
    clauses += [said for one in found if one.threads is None and (said := _free(one, found, bool(limited)))]
    return "; ".join(clauses) + "." if clauses else ""


def _is_sure(one: Service) -> bool:
    """Whether it is known where it stops to keep up, or that it does not, up to the most that wait."""
    return one.stalled is not None or (len(one.cells) > 1 and one.last_kept is one.cells[-1])


def _first(one: Service) -> str:
    assert one.last_kept
    beside = f"{one.last_kept.waiting} waiting clients" if one.last_kept.waiting else "nobody who waits"
    said = [f"in {_ms(one.last_kept)} at the median beside {beside}"]
    said += [_stalled(cell) for cell in (one.stalled, one.overrun) if cell]
    # Where it does not keep up at once, both are the same.
    said = list(dict.fromkeys(said))
    return f"With {one.threads} threads, {one.name} answers `index` {_joined(said)}"


def _stalled(cell: Cell) -> str:
    if cell.failures:
        return f"not without {cell.failures:,} failures beside {cell.waiting}"
    if cell.p50_ms is None:
        return f"not at all beside {cell.waiting}"
    growing = " (and growing)" if cell.validity is Validity.OVERLOADED else ""
    return f"in {_ms(cell)} beside {cell.waiting}{growing}"


def _more(one: Service, first: Service) -> str:
    who = "it" if one.name == first.name else one.name
    return f"with {one.threads} threads {who} keeps up {_reach(one)}"


def _free(one: Service, found: Sequence[Service], is_second: bool) -> str:
    said = ["has no such number to choose"] if is_second else []
    if _is_sure(one):
        said.append(f"keeps up {_reach(one)}")
    if one.client_bytes and one.client_bytes > 0:
        said.append(f"holds a waiting client in {_kb(one.client_bytes)} kB")
        for other in found:
            # As many clients in either: the first ones cost more than those that follow.
            if other.threads and other.held == one.held and other.client_bytes:
                said[-1] += f" instead of {other.name}'s {_kb(other.client_bytes)}"
    return f"{one.name} {_joined(said)}" if said else ""


def _joined(parts: Sequence[str]) -> str:
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last


def _reach(one: Service) -> str:
    assert one.last_kept
    if one.stalled:
        return f"until {one.stalled.waiting} wait"
    return f"beside {one.last_kept.waiting} ({_ms(one.last_kept)})"


def _kb(size_bytes: float) -> str:
    return f"{size_bytes / 1000:.0f}"


def _ms(cell: Cell) -> str:
    assert cell.p50_ms is not None
    return f"{cell.p50_ms:,.0f} ms" if cell.p50_ms >= 10 else f"{cell.p50_ms:.2g} ms"


def _service(readings: tuple[NeighbourReading, ...]) -> Service:
    one = readings[0]
    cells = tuple(_cell(tuple(group)) for _, group in groupby(readings, key=lambda one: one.level))
    memory = _memory(cells, one.threads)
    return Service(one.title, one.service_title, one.threads, cells, *_turns(cells), *memory)


def _cell(readings: tuple[NeighbourReading, ...]) -> Cell:
    threads, waiting = readings[0].threads, int(readings[0].level)
    enough = sum(one.requests for one in readings) >= LEAST_ANSWERS
    known_bytes = [one.memory_bytes for one in readings if one.memory_bytes is not None]
    return Cell(
        waiting,
        None if threads is None else max(0, threads - waiting),
        _median_ms(readings, lambda one: one.p50_s),
        _median_ms(readings, lambda one: one.p99_s) if enough else None,
        sum(one.failures for one in readings),
        median(one.waits_per_s for one in readings),
        median(known_bytes) if known_bytes else None,
        *judge(readings, Terms(0, None)),
    )


def _median_ms(readings: Sequence[NeighbourReading], pick: Callable[[Latencies], float]) -> float | None:
    values = [pick(one.response) * MILLI for one in readings if one.response is not None]
    return median(values) if values else None


def _turns(cells: Sequence[Cell]) -> tuple[Cell | None, Cell | None, Cell | None]:
    """Return the last cell in which it keeps up, the first in which it does not, and the first at its end.

    As far as is sure: of what lies behind a cell in any doubt but these, nothing is known. Requests that
    piled up by chance, behind a stall at a window's end, leave the median where it was.
    """
    alone = cells[0]
    if alone.waiting or not alone.validity.is_believed or alone.p50_ms is None:
        return None, None, None
    kept, stalled = alone, None
    for cell in cells[1:]:
        is_slow = cell.p50_ms is not None and cell.p50_ms > STALLED_FACTOR * alone.p50_ms
        if cell.validity is Validity.FAILING or (cell.validity is Validity.OVERLOADED and is_slow):
            return kept, stalled or cell, cell
        if not cell.validity.is_believed:
            break
        if is_slow:
            stalled = stalled or cell
        elif stalled is None:
            kept = cell
    return kept, stalled, None


def _memory(cells: Sequence[Cell], threads: int | None) -> tuple[int, float | None]:
    """Return the most clients that waited at once, and the memory for each."""
    held = {
        cell.waiting: cell.memory_bytes
        for cell in cells
        if cell.memory_bytes is not None and (threads is None or cell.waiting <= threads)
    }
    most = max(held, default=0)
    return most, (held[most] - held[0]) / most if most and 0 in held else None
