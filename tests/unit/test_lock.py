"""One comparison at a time on a machine."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadtests.errors import Refusal
from loadtests.host.lock import exclusive_lock

HOLD = """
import subprocess, sys
from pathlib import Path
from loadtests.host.lock import exclusive_lock
with exclusive_lock(Path(sys.argv[1])):
    child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Hold the lock in another process, which has a child that outlives it."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        try:
            yield process, child
        finally:
            process.kill()
            os.kill(child, signal.SIGKILL)


def test_exclusive_lock_while_another_process_holds_the_machine_is_refused(tmp_path: Path) -> None:
    """One sentence that says what to do, and the other one goes on undisturbed."""
    path = tmp_path / "lock"
    with holder(path) as (process, _):
        for _ in range(2):
            with pytest.raises(Refusal) as refusal, exclusive_lock(path):
                pytest.fail("both hold it")
            assert str(refusal.value) == (
                "Another comparison is running on this machine, and the two would measure each other: wait "
                "until it has ended."
            )
        assert process.poll() is None


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_exclusive_lock_after_the_holder_was_killed_holds_the_machine(
    tmp_path: Path, by: signal.Signals
) -> None:
    """The system gives it back, even where a child of the holder is still alive."""
    path = tmp_path / "lock"
    with holder(path) as (process, child):
        process.send_signal(by)
        process.wait()
        os.kill(child, 0)
        with exclusive_lock(path):
            pass


def test_exclusive_lock_after_an_orderly_end_holds_the_machine_again(tmp_path: Path) -> None:
    """Once or twice in one process, and after a failure in the block."""
    path = tmp_path / "lock"
    with exclusive_lock(path):
        pass
    with pytest.raises(RuntimeError, match="in the block"), exclusive_lock(path):
        raise RuntimeError("in the block")
    with exclusive_lock(path):
        pass


def test_exclusive_lock_within_itself_is_refused(tmp_path: Path) -> None:
    """Two comparisons in one process would measure each other, too."""
    path = tmp_path / "lock"
    with exclusive_lock(path), pytest.raises(Refusal), exclusive_lock(path):
        pytest.fail("both hold it")


def test_exclusive_lock_leaves_no_open_file_behind(tmp_path: Path) -> None:
    """A refusal gives back what it had opened."""
    path = tmp_path / "lock"
    with exclusive_lock(path):
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            with pytest.raises(Refusal), exclusive_lock(path):
                pytest.fail("both hold it")
        assert len(os.listdir("/proc/self/fd")) == before


def test_exclusive_lock_writes_nothing_into_the_file(tmp_path: Path) -> None:
    """Whoever puts a link to another file in its place loses nothing of it."""
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (tmp_path / "lock").symlink_to(precious)
    with exclusive_lock(tmp_path / "lock"):
        pass
    assert precious.read_text() == "kept"


def test_exclusive_lock_with_a_file_that_may_only_be_read_holds_the_machine(tmp_path: Path) -> None:
    """It is another user's from an earlier comparison; opened for reading it does just as well."""
    path = tmp_path / "lock"
    path.touch()
    path.chmod(0o444)
    with exclusive_lock(path):
        pass
    assert path.stat().st_mode & 0o777 == 0o444


def test_exclusive_lock_where_no_file_can_be_made_is_refused(tmp_path: Path) -> None:
    """The sentence names the place and the system's reason."""
    path = tmp_path / "nowhere" / "lock"
    with pytest.raises(Refusal) as refusal, exclusive_lock(path):
        pytest.fail("nothing holds it")
    assert str(refusal.value) == (
        f"Nobody can see whether another comparison is running: {path}: No such file or directory."
    )
