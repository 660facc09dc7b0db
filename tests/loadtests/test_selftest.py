"""`python -m loadtests selftest`, in short: whether it can tell a good method from a bad one."""

import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

from tests.loadtests.comparisons import MARK, marked

COMMAND = [sys.executable, "-m", "loadtests", "selftest", "--rounds", "6"]
TIMEOUT_S = 240


def test_selftest_with_a_great_handicap_finds_it_and_keeps_every_run(tmp_path: Path) -> None:
    """Two rates with their counts, each run in the file."""
    kept = tmp_path / "runs.json"
    command = [*COMMAND, "--runs", "1", "--handicap", "50%", "--out", str(kept)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "false verdicts where nothing differs (A/A): 0 of 1" in done.stdout
    assert "a handicap of 50% CPU per request found: 1 of 1" in done.stdout
    null, handicapped = json.loads(kept.read_text())
    assert null["handicap"] == 0
    assert handicapped["handicap"] == 0.5
    assert handicapped["verdict"] == "slower"


def test_selftest_interrupted_says_so_and_leaves_nothing_running() -> None:
    """Ctrl-C ends the comparison under way as well."""
    mark = uuid.uuid4().hex
    with subprocess.Popen(
        [*COMMAND, "--runs", "9"],
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "run  1" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert "Stopped; everything that was started has ended." in output
    assert marked(mark) == []
