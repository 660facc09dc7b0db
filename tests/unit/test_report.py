"""The table as a reader sees it."""

from pathlib import Path

import pytest
from rich.console import Console

from loadtests.errors import Refusal
from loadtests.report import draw
from loadtests.results import FILE_NAME, Results, load
from tests.unit.measured import reading, results


def drawn(measured: Results) -> str:
    """Draw on 100 columns without colour."""
    console = Console(width=100, color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(draw(measured))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def test_draw_a_complete_comparison_is_this_table() -> None:
    """Six rounds in which the candidate answers twice as much for the same CPU."""
    readings = []
    for number in range(1, 7):
        readings.append(reading(number, "flask", 5000))
        readings.append(reading(number, "fastapi", 10000, server_cpu_s=2.5, latency_p50_s=0.0021))
    assert drawn(results(*readings)) == EXPECTED


EXPECTED = """\
FastAPI against Flask: 6 rounds of 2 s, 16 requests in flight (closed loop), wait = 20 ms
backend process, servers on core 0, generator on core 1; A CPU, 2 cores, Linux 6.12, Python 3.13.1;
0123456789ab
flask 3.1.3 · fastapi 0.165.0
┏━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┓
┃ scenario ┃ metric              ┃ Flask ┃ FastAPI ┃   FastAPI ÷ Flask ┃ verdict        ┃
┡━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━┩
│ index    │ throughput (req/s)  │ 2,500 │   5,000 │ 2.00 [2.00, 2.00] │ FastAPI better │
│          │ latency p50 (ms)    │  3.50 │    2.10 │ 0.60 [0.60, 0.60] │ FastAPI better │
│          │ latency p99 (ms)    │  12.3 │    12.3 │ 1.00 [1.00, 1.00] │ inconclusive   │
│          │ server CPU (µs/req) │   250 │     250 │ 1.00 [1.00, 1.00] │ inconclusive   │
└──────────┴─────────────────────┴───────┴─────────┴───────────────────┴────────────────┘
• Each value is the median over rounds; each ratio, with its 95 % interval, comes from pairs of
neighbouring windows (Hodges-Lehmann, signed-rank). Every answer was checked byte for byte."""


def test_draw_a_stopped_comparison_says_how_much_of_it_there_is() -> None:
    """A part is never taken for the whole."""
    text = drawn(results(reading(1, "flask", 5000), reading(1, "fastapi", 5000), complete=False))
    assert "1 of 6 rounds (stopped)" in text
    assert "too few rounds: fewer than 6 pairs cannot carry a 95 % interval" in text


def test_draw_a_cell_bound_by_the_generator_shows_no_number_for_it() -> None:
    """The generator's own speed never stands in the table as a target's."""
    readings = []
    for number in range(1, 7):
        readings.append(reading(number, "flask", 5000))
        readings.append(reading(number, "fastapi", 14242, generator_busy_share=0.98))
    text = drawn(results(*readings))
    table, notes = text.split("generator-bound: ", 1)
    assert "not reached" in table
    assert "7,121" not in table
    assert "busy 98% of the time at 7,121 req/s" in " ".join(notes.split())


def test_draw_on_a_noisy_machine_says_so() -> None:
    """Time that the machine did not get is named."""
    readings = [
        reading(number, name, 5000, server_stolen_share=0.31)
        for number in range(1, 7)
        for name in ("flask", "fastapi")
    ]
    assert "did not get its core for 31% of the time" in " ".join(drawn(results(*readings)).split())


def test_draw_fits_a_hundred_columns() -> None:
    """The widest words of every column leave the table whole."""
    readings = [
        reading(
            number, name, 2_400_000, scenario=scenario, generator_busy_share=1 if name == "flask" else 0.1
        )
        for number in range(1, 7)
        for name in ("flask", "fastapi")
        for scenario in ("index", "echo", "wait")
    ]
    lines = drawn(results(*readings, scenarios=("index", "echo", "wait"))).splitlines()
    assert max(map(len, lines)) <= 100
    assert not any(line.startswith("│          │          ") and "(" not in line for line in lines)


def test_load_of_what_was_saved_gives_the_same_results(tmp_path: Path) -> None:
    """The file holds everything that the table is made of."""
    measured = results(reading(1, "flask", 5000), reading(1, "fastapi", 5000))
    measured.save(tmp_path / FILE_NAME)
    assert load(tmp_path) == measured


def test_load_of_another_version_is_refused(tmp_path: Path) -> None:
    """A file of a later schema is not guessed at."""
    text = results().model_dump_json().replace('"schema_version":1', '"schema_version":2')
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(Refusal, match=r"is not a results file of version 1 .* schema_version"):
        load(tmp_path)
