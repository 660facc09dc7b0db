"""`python -m loadtests selftest` as a process; that its rates are good is what .ci/run looks at."""

import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.integration.loadtests.comparisons import MARK, marked

pytestmark = pytest.mark.full

COMMAND = [sys.executable, "-m", "loadtests", "selftest", "--rounds", "6", "--runs", "9", "--skip-null"]


def test_selftest_interrupted_keeps_its_runs_and_leaves_nothing_running(tmp_path: Path) -> None:
    """A great handicap is found; Ctrl-C then ends the comparison under way as well."""
    mark, kept = uuid.uuid4().hex, tmp_path / "runs.json"
    with subprocess.Popen(
        [*COMMAND, "--handicap", "50%", "--out", str(kept)],
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "run  1 of 9, handicap 50%: " in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert "Stopped; everything that was started has ended." in output
    assert marked(mark) == []
    [run] = json.loads(kept.read_text())
    assert (run["handicap"], run["verdict"]) == (0.5, "slower")
