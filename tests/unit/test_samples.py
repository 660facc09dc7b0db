"""The raw samples, in memory and on disk."""

import struct
import sys
from pathlib import Path

import pytest

from loadtests.generator.samples import Samples


def samples(*rows: tuple[float, float, float]) -> Samples:
    """Make samples of rows of due, start and latency."""
    made = Samples()
    for row in rows:
        made.add(*row)
    return made


def test_due_within_a_window_counts_what_was_due_in_it() -> None:
    """Whenever it was sent and answered; the window's end itself is outside."""
    made = samples((0.5, 1.25, 0.25), (1.0, 1.0, 0.5), (1.5, 2.5, 0.25), (2.0, 2.0, 0.5))
    assert made.due_within(1, 2) == ([0.5, 0.25], [0.5, 1.25])


def test_due_within_a_window_without_requests_is_empty() -> None:
    """No rows, no latencies by either clock."""
    assert Samples().due_within(0, 1) == ([], [])


def test_save_writes_little_endian_columns(tmp_path: Path) -> None:
    """The file is plain doubles: every due moment, then every start, then every latency."""
    samples((1.0, 1.5, 0.25), (2.0, 2.5, 0.5)).save(tmp_path / "samples.f64")
    written = (tmp_path / "samples.f64").read_bytes()
    assert written == struct.pack("<6d", 1.0, 2.0, 1.5, 2.5, 0.25, 0.5)


def test_save_on_a_machine_of_the_other_byte_order_writes_other_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the machine's doubles are the other way round they are turned, on a copy; and back when read."""
    made = samples((1.0, 1.5, 0.25))
    monkeypatch.setattr(sys, "byteorder", "big")
    made.save(tmp_path / "samples.f64")
    assert (tmp_path / "samples.f64").read_bytes() == struct.pack(">3d", 1.0, 1.5, 0.25)
    assert made == samples((1.0, 1.5, 0.25))
    assert Samples.load(tmp_path / "samples.f64") == made


@pytest.mark.parametrize("rows", [[], [(1.0, 1.5, 0.25)], [(1.0, 1.5, 0.25), (2.0, 2.5, 0.5)]])
def test_load_reads_back_what_save_wrote(rows: list[tuple[float, float, float]], tmp_path: Path) -> None:
    """Bit for bit."""
    made = samples(*rows)
    made.save(tmp_path / "samples.f64")
    assert Samples.load(tmp_path / "samples.f64") == made


def test_save_into_a_folder_that_is_not_there_fails(tmp_path: Path) -> None:
    """The system's own error, for whoever can say what to do."""
    with pytest.raises(FileNotFoundError):
        Samples().save(tmp_path / "nowhere" / "samples.f64")
