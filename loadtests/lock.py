"""One comparison at a time on this machine: two would measure each other."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtests.errors import Refusal

PATH = Path(tempfile.gettempdir()) / "loadtests-compare.lock"


@contextmanager
def alone(path: Path = PATH) -> Iterator[None]:
    """Hold the machine until the end of the block; the system gives it back however this process ends.

    Raises:
        Refusal: another comparison holds it.
    """
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(
                "Another comparison is running on this machine, and the two would measure each other: "
                "wait until it has ended."
            ) from None
        yield
