"""The file of results: whole whenever a run stops, and read back as it was written."""

import gzip
from pathlib import Path

import pytest

from loadtests.errors import Refusal
from loadtests.results import FILE_NAME, PACKED_NAME, load
from tests.unit.results_factory import SCENARIOS, reading, results


def test_save_puts_a_new_file_in_the_place_of_the_old(tmp_path: Path) -> None:
    """Who has the old one open reads it to its end: it is replaced, never written into."""
    path = tmp_path / FILE_NAME
    path.write_text("the old one")
    with path.open() as old:
        results().save(path)
        assert old.read() == "the old one"
    assert load(tmp_path) == results()
    assert [left.name for left in tmp_path.iterdir()] == [FILE_NAME]


def test_save_where_a_write_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """And says so; /dev/full stands for a disk that is full."""
    path = tmp_path / FILE_NAME
    path.write_text("the old one")
    path.with_name(path.name + ".part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        results().save(path)
    assert path.read_text() == "the old one"
    assert [left.name for left in tmp_path.iterdir()] == [FILE_NAME]


def test_load_of_a_packed_file_gives_what_was_saved(tmp_path: Path) -> None:
    """Runs are committed packed; a file that is not takes precedence."""
    (tmp_path / PACKED_NAME).write_bytes(gzip.compress(results(seed=2).model_dump_json().encode()))
    assert load(tmp_path) == results(seed=2)
    results().save(tmp_path / FILE_NAME)
    assert load(tmp_path) == results()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no results to draw"),
        (b"{}", "not a results file of version 3"),
        (
            results().model_dump_json().replace('"schema_version":3', '"schema_version":2').encode(),
            "version 3",
        ),
    ],
    ids=["none", "empty", "the version before"],
)
def test_load_of_what_is_no_file_of_this_version_is_refused(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    """Readings of rounds would mean something else as units."""
    if content is not None:
        (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(Refusal, match=words):
        load(tmp_path)


def test_load_of_a_packed_file_cut_short_is_refused(tmp_path: Path) -> None:
    """One sentence, whatever is wrong with it."""
    (tmp_path / PACKED_NAME).write_bytes(gzip.compress(b"{}" * 99)[:-9])
    with pytest.raises(Refusal, match="no results to draw"):
        load(tmp_path)


def test_latency_of_a_scenario_tells_something_unless_its_handler_waits() -> None:
    """The latency of a handler that waits is the wait."""
    assert [one.has_latency for one in SCENARIOS] == [True, True, False]


def test_cpu_per_request_of_a_reading_without_cpu_or_answers_is_unknown() -> None:
    """It is neither zero nor endless."""
    assert reading("efficiency", "index", 8, 1, "flask", server_cpu_s=0.5).cpu_per_request_s == 0.0005
    assert reading("efficiency", "index", 8, 1, "flask", server_cpu_s=None).cpu_per_request_s is None
    assert reading("efficiency", "index", 8, 1, "flask", requests=0).cpu_per_request_s is None
