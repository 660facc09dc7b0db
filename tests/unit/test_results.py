"""The file of results is the old one or the new one, whenever a run stops."""

from pathlib import Path

import pytest

from loadtests.results import FILE_NAME, load
from tests.unit.results_factory import results


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
