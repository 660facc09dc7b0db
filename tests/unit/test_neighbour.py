"""The neighbour set-up: what is measured in which order, what follows from it, and how it is told."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from loadtests.analysis.comparison import compare
from loadtests.analysis.neighbour import LEAST_ANSWERS, STALLED_FACTOR, sentence, services
from loadtests.analysis.validity import Validity
from loadtests.compare.neighbour import Service, measure
from loadtests.compare.presets import NEIGHBOUR
from loadtests.report import charts, neighbour
from loadtests.report.charts import Chart
from loadtests.results import NeighbourReading
from tests.unit.fakes import FakeBackend, FakeGenerator
from tests.unit.results_factory import latencies, neighbour_readings, results


def changed(target: str, level: int, **changes: Any) -> tuple[NeighbourReading, ...]:
    """Make readings of which those of one cell are changed."""

    def change(one: NeighbourReading) -> NeighbourReading:
        return one.model_copy(update=changes) if (one.target, one.level) == (target, level) else one

    return neighbour_readings(change)


def said(readings: tuple[NeighbourReading, ...]) -> str:
    """Return the sentence that these readings write."""
    return sentence(services(readings))


def drawn(readings: tuple[NeighbourReading, ...]) -> Chart:
    """Return the picture of these readings."""
    measured = results(neighbour=readings)
    [section] = [one for one in charts.draw(measured, compare(measured)) if one.key == "neighbour"]
    return section.charts[0]


def test_measure_takes_every_level_of_a_fresh_process_in_every_round() -> None:
    """A B C in one round and C B A in the next, few waiting clients before many."""
    started: list[tuple[str, int, dict[str, str]]] = []
    backends: list[FakeBackend] = []

    def start(service: Service, number: int) -> Any:
        started.append((service.target.name, number, service.environ))
        backends.append(FakeBackend())
        return backends[-1]

    generator: Any = FakeGenerator(FakeBackend())
    steps: list[str] = []
    found = list(measure(NEIGHBOUR, start, generator, (None, None), 7, steps.append))
    many = {"THREADS": "256"}
    first = [("flask", 1, {}), ("flask-256-threads", 1, many), ("fastapi", 1, {})]
    second = [("fastapi", 2, {}), ("flask-256-threads", 2, many), ("flask", 2, {})]
    assert started == first + second
    assert [one.level for one in found] == [0, 32, 64, 128, 256] * 6
    assert [one.mode for one in generator.orders] == ["closed", *["neighbour"] * 5] * 6
    orders = [one for one in generator.orders if one.mode == "neighbour"]
    assert [one.waiting for one in orders] == [one.level for one in found]
    assert {(one.connections, one.rate_per_s) for one in orders} == {(8, 400)}
    assert [one.seed for one in orders] == [8] * 15 + [9] * 15
    assert len(steps) == len(found)
    assert [backend.stopped for backend in backends] == [1] * 6


def test_measure_that_is_left_early_keeps_what_it_has_and_stops_the_service() -> None:
    """An interruption costs no more than the window in which it comes."""
    backend = FakeBackend()
    made: Any = backend
    generator: Any = FakeGenerator(backend)
    measuring: Any = measure(NEIGHBOUR, lambda *_: made, generator, (None, None), 0, lambda _: None)
    found = [next(measuring) for _ in range(3)]
    measuring.close()
    assert [one.level for one in found] == [0, 32, 64]
    assert backend.stopped == 1


def test_measure_of_an_interrupted_window_stops_the_service() -> None:
    """The process of a service does not outlive the reading."""
    backend = FakeBackend()

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    made: Any = backend
    generator: Any = FakeGenerator(backend, interrupt)
    with pytest.raises(KeyboardInterrupt):
        next(measure(NEIGHBOUR, lambda *_: made, generator, (None, None), 0, lambda _: None))
    assert backend.stopped == 1


def test_services_come_with_their_cells_in_order() -> None:
    """As measured, and by waiting clients; threads that wait are not left."""
    found = services(neighbour_readings()[::-1])
    assert [(one.title, one.held) for one in services(neighbour_readings())] == [
        ("Flask, 64 threads", 64),
        ("Flask, 256 threads", 256),
        ("FastAPI", 256),
    ]
    assert [cell.waiting for cell in found[0].cells] == [0, 32, 64, 128, 256]
    assert [cell.threads_left for one in services(neighbour_readings())[:2] for cell in one.cells] == [
        *(64, 32, 0, 0, 0),
        *(256, 224, 192, 128, 0),
    ]
    assert {cell.threads_left for one in found for cell in one.cells if one.threads is None} == {None}


def test_services_take_the_median_over_rounds() -> None:
    """Of two rounds, what lies between them; failures add up."""

    def change(one: NeighbourReading) -> NeighbourReading:
        later = {"response": latencies(0.003), "waits_per_s": 2.0, "memory_bytes": 50_000_000}
        return one.model_copy(update=later) if one.unit == 2 and not one.level else one

    cell = services(neighbour_readings(change))[0].cells[0]
    assert cell.p50_ms == pytest.approx(2)
    assert cell.p99_ms == pytest.approx(8)
    assert (cell.waits_per_s, cell.memory_bytes) == (1, 45_000_000)
    failing = services(changed("flask", 0, failures=2, first_fault="it broke"))[0].cells[0]
    assert (failing.failures, failing.validity) == (4, Validity.FAILING)


def test_services_of_too_few_answers_have_no_p99() -> None:
    """Ten must be slower, over all rounds together."""
    few, enough = (
        services(changed("flask", 0, requests=requests))[0].cells[0]
        for requests in (LEAST_ANSWERS // 2 - 1, LEAST_ANSWERS // 2)
    )
    assert few.p99_ms is None
    assert few.p50_ms == pytest.approx(1)
    assert enough.p99_ms == pytest.approx(4)


def test_services_charge_memory_to_no_more_clients_than_threads() -> None:
    """The others stand in line outside, and cost next to nothing."""
    assert [one.client_bytes for one in services(neighbour_readings())] == [38_000, 38_000, 22_000]


@pytest.mark.parametrize("level", [0, 256])
def test_services_without_memory_at_either_end_charge_none(level: int) -> None:
    """Half a difference is none, and the most that is known may be fewer clients."""
    found = services(changed("fastapi", level, memory_bytes=None))[2]
    assert (found.held, found.client_bytes) == ((256, None) if level == 0 else (128, 22_000))


@pytest.mark.parametrize(("factor", "stalled"), [(1.0, None), (1.01, 32)])
def test_services_stall_beyond_the_factor(factor: float, stalled: int | None) -> None:
    """Five times the median beside nobody is still kept up with."""
    found = services(changed("fastapi", 32, response=latencies(0.001 * STALLED_FACTOR * factor)))[2]
    assert (found.stalled.waiting if found.stalled else None) == stalled


def test_sentence_of_all_three_is_written_by_the_numbers() -> None:
    """Both of Flask's limits, and what FastAPI does without one."""
    assert said(neighbour_readings()) == (
        "With 64 threads, Flask answers `index` in 1 ms at the median beside 32 waiting clients, in 20 ms "
        "beside 64 and in 1,300 ms beside 128 (and growing); with 256 threads it keeps up until 256 wait; "
        "FastAPI has no such number to choose, keeps up beside 256 (1 ms) and holds a waiting client in 22 "
        "kB instead of Flask's 38."
    )


def test_sentence_of_requests_that_piled_up_says_that_they_grow() -> None:
    """Such a number says how long was waited."""
    readings = tuple(one for one in neighbour_readings() if one.level != 64)
    assert "beside 32 waiting clients and in 1,300 ms beside 128 (and growing);" in said(readings)


@pytest.mark.parametrize(
    ("target", "level", "changes", "gone", "left"),
    [
        ("flask", 0, {"generator_busy_share": 0.95}, "64 threads", "With 256 threads, Flask answers"),
        ("flask", 32, {"stolen_share": 0.2}, "64 threads", "With 256 threads, Flask answers"),
        ("flask-256-threads", 0, {"generator_lag_s": 0.1}, "256 threads", "With 64 threads"),
        (
            "fastapi",
            0,
            {"generator_lag_s": 0.1},
            "keeps up beside",
            "FastAPI has no such number to choose and",
        ),
        ("fastapi", 0, {"memory_bytes": None}, "kB", "and keeps up beside 256 (1 ms)."),
        ("flask-256-threads", 0, {"memory_bytes": None}, "instead", "holds a waiting client in 22 kB."),
        ("fastapi", 256, {"memory_bytes": 40_000_000}, "kB", "and keeps up beside 256 (1 ms)."),
        ("fastapi", 128, {"generator_lag_s": 0.1}, "keeps up beside", "number to choose and holds"),
        ("fastapi", 128, {"unsent": 100}, "keeps up beside", "number to choose and holds"),
    ],
)
def test_sentence_of_what_is_not_sure_leaves_that_out(
    target: str, level: int, changes: dict[str, Any], gone: str, left: str
) -> None:
    """A clause vanishes with the numbers that it rests on, and the others stay."""
    found = said(changed(target, level, **changes))
    assert gone not in found
    assert left in found


def test_sentence_of_a_service_that_fails_says_how_often() -> None:
    """The median of the answers that came would praise it."""
    found = said(changed("flask", 64, failures=30, first_fault="no answer came within 10.5 s"))
    assert "beside 32 waiting clients and not without 60 failures beside 64;" in found


def test_sentence_of_a_service_that_answers_nobody_says_so() -> None:
    """There is no median of nothing."""
    found = said(changed("flask", 64, requests=0, service=None, response=None))
    assert "beside 32 waiting clients and not at all beside 64;" in found


@pytest.mark.parametrize("readings", [(), neighbour_readings()[:1]], ids=["none", "one"])
def test_sentence_of_too_little_is_empty(readings: tuple[NeighbourReading, ...]) -> None:
    """A run that was stopped at once says nothing."""
    assert said(readings) == ""


def test_draw_has_a_line_for_each_service_and_percentile_in_either_theme() -> None:
    """Marker and dash tell services apart without colour, width the percentiles."""
    figures = drawn(neighbour_readings()).figures
    for figure in (figures.light, figures.dark):
        looks = [
            (one["name"], one["marker"]["symbol"], one["line"]["dash"], one["line"]["width"])
            for one in figure["data"]
        ]
        assert looks == [
            ("Flask, 64 threads, p50", "square", "dash", 2.5),
            ("Flask, 64 threads, p99", "square", "dash", 1),
            ("Flask, 256 threads, p50", "diamond", "dot", 2.5),
            ("Flask, 256 threads, p99", "diamond", "dot", 1),
            ("FastAPI, p50", "circle", "solid", 2.5),
            ("FastAPI, p99", "circle", "solid", 1),
        ]
        assert figure["layout"]["yaxis"]["type"] == "log"
        assert figure["layout"]["xaxis"]["categoryarray"] == ["0", "32", "64", "128", "256"]


def test_draw_has_every_number_in_its_table_and_the_ends_in_words() -> None:
    """Whoever cannot see the picture loses nothing."""
    chart = drawn(neighbour_readings())
    points = {y for trace in chart.figures.light["data"] for y in trace["y"]}
    assert points <= {entry for row in chart.table.rows for entry in row}
    assert "FastAPI from 1 ms beside 0 to 1 ms beside 256" in chart.description


def test_draw_of_what_was_not_believed_is_hollow_and_named() -> None:
    """The load generator's limit never looks like a service's."""
    chart = drawn(changed("fastapi", 128, generator_busy_share=0.95))
    curve = next(one for one in chart.figures.light["data"] if one["name"] == "FastAPI, p50")
    assert [colour == "#ffffff" for colour in curve["marker"]["color"]] == [False] * 3 + [True, False]
    assert [one.what for one in chart.doubts] == [
        "Flask, 64 threads beside 128, 256 (overloaded)",
        "FastAPI beside 128 (generator-bound)",
    ]


def test_draw_without_readings_has_no_section() -> None:
    """Most runs do not measure this."""
    measured = results()
    assert "neighbour" not in [one.key for one in charts.draw(measured, compare(measured))]


def test_markdown_has_a_line_for_each_cell() -> None:
    """With the arithmetic: threads that are left."""
    lines = neighbour.markdown(services(neighbour_readings())).splitlines()
    assert len(lines) == 2 + 15
    assert (
        lines[0] == "| service | waiting | threads left | p50 (ms) | p99 (ms) | failures | waits/s | limit |"
    )
    assert lines[4] == "| Flask, 64 threads | 64 | 0 | 20 | 80 | 0 | 128 | ok |"
    assert lines[-1] == "| FastAPI | 256 | — | 1 | 4 | 0 | 512 | ok |"


def test_table_in_a_narrow_terminal_keeps_its_figures_whole() -> None:
    """In a narrow one the limits fold, and no figure is broken."""
    console = Console(width=85, file=StringIO())
    with console.capture() as capture:
        console.print(neighbour.table(services(neighbour_readings())))
    lines = [line.split() for line in capture.get().splitlines()]
    assert ["Flask,", "64", "threads", "64", "0", "20", "80", "0", "128", "ok"] in lines


def test_memory_and_method_say_what_was_measured() -> None:
    """One line each, below the table and in the preamble."""
    assert neighbour.memory(services(neighbour_readings())) == (
        "memory for each waiting client: Flask, 64 threads 38 kB (64 at once); "
        "Flask, 256 threads 38 kB (256 at once); FastAPI 22 kB (256 at once)"
    )
    assert neighbour.memory(()) == ""
    assert neighbour.method(NEIGHBOUR) == (
        "each alone, index in an open loop at 400 req/s on 8 connections "
        "while 0, 32, 64, 128, 256 clients sit in GET /wait?ms=500, 2 rounds of 1.5 s"
    )
