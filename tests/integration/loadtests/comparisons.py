"""Comparisons as processes, and the processes that come of them."""

import os
import resource
import subprocess
import sys
import uuid
from pathlib import Path

import psutil

MARK = "LOADTESTS_TEST"
# With the parity gate before it, on a machine that may be busy.
TIMEOUT_S = 240


class Comparison:
    """A comparison that runs; whatever it starts inherits a mark by which it is found again.

    `limit_bytes` is the largest file that it and its children may write; `terminal` is where it says what it
    is doing, which otherwise is put to its output.
    """

    def __init__(
        self, folder: Path, *options: str, limit_bytes: int | None = None, terminal: int | None = None
    ) -> None:
        self.mark = uuid.uuid4().hex
        command = [sys.executable, "-m", "loadtests", "compare", "--out", str(folder), *options]
        self.folder = Path(command[len(command) - 1 - command[::-1].index("--out") + 1])

        def restrict() -> None:
            if limit_bytes is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

        self.process = subprocess.Popen(
            command,
            env={**os.environ, MARK: self.mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if terminal is None else terminal,
            text=True,
            start_new_session=True,
            preexec_fn=restrict,
        )

    def commands(self) -> list[str]:
        """Return the command line of every process that came of it, its own included."""
        return marked(self.mark)

    def finish(self) -> tuple[int, str]:
        """Wait for the end and return status and output; fail if it leaves a process behind."""
        output, _ = self.process.communicate(timeout=TIMEOUT_S)
        assert self.commands() == []
        return self.process.returncode, output


def marked(mark: str) -> list[str]:
    """Return the command line of every running process that has inherited this mark."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
