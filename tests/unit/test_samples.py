"""The raw samples, in memory and on disk."""

import struct
from pathlib import Path

from loadtests.samples import Samples


def test_within_a_window_counts_what_was_answered_in_it() -> None:
    """A request belongs to the window in which its answer came; the end itself is outside."""
    samples = Samples()
    samples.add(0.5, 0.4)  # answered before
    samples.add(0.5, 0.75)
    samples.add(1.0, 0.5)
    samples.add(1.5, 0.5)  # answered at the end
    assert samples.within(1, 2) == [0.5, 0.75]


def test_save_writes_doubles_that_load_reads_back(tmp_path: Path) -> None:
    """The file is plain little-endian doubles: every start, then every latency."""
    samples = Samples()
    samples.add(1.0, 0.25)
    samples.add(2.0, 0.5)
    samples.save(tmp_path / "samples.f64")
    assert (tmp_path / "samples.f64").read_bytes() == struct.pack("<4d", 1.0, 2.0, 0.25, 0.5)
    assert Samples.load(tmp_path / "samples.f64") == samples
