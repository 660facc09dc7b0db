"""One comparison at a time on this machine: two would measure each other."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtests.errors import Refusal

PATH = Path(tempfile.gettempdir()) / "loadtests-compare.lock"


@contextmanager
def exclusive_lock(path: Path = PATH) -> Iterator[None]:
    """Hold the machine until the end of the block; the system gives it back however this process ends.

    Raises:
        Refusal: another comparison holds it, or the file cannot be opened.
    """
    try:
        descriptor = _opened(path)
    except OSError as error:
        raise Refusal(
            f"Nobody can see whether another comparison is running: {path}: {error.strerror}."
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(
                "Another comparison is running on this machine, and the two would measure each other: "
                "wait until it has ended."
            ) from None
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    """Open the file for a lock: it may be somebody else's, which cannot be written, and nothing is."""
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
