"""One more container of an image, timed from creating it to its first answer."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from loadtests.backends.engine import begin, docker
from loadtests.backends.health import free_port, seconds_to_answer
from loadtests.targets import Target


class Started(NamedTuple):
    """A container that has answered for the first time."""

    url: str
    seconds: float
    """From creating it to its first 200."""


@contextmanager
def cold_started(name: str, image: str, port: int, options: Sequence[str] = ()) -> Iterator[Started]:
    """Run a container until the end of the block; it is removed afterwards.

    `port` is where the service listens inside, `options` are those of `docker run`.

    Raises:
        Refusal: it did not come up.
    """
    place = free_port()
    target = Target(name, image, None, f"http://127.0.0.1:{place}")
    begin_s = time.perf_counter()
    publish = ["--publish", f"127.0.0.1:{place}:{port}"]
    process = begin(["run", "--detach", "--name", name, *publish, *options, image])
    try:
        yield Started(target.url, seconds_to_answer(target, begin_s, lambda: _failure(process)))
    finally:
        process.communicate()
        docker("rm", "--force", name)


def _failure(process: "subprocess.Popen[str]") -> str | None:
    """Return why the engine did not start it, once that is known."""
    if not process.poll() or process.stderr is None:
        return None
    said = process.stderr.read().strip().splitlines()
    return said[-1] if said else f"docker ended with status {process.returncode}"
