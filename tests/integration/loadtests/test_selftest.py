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
from tests.integration.loadtests.locust import wait_until

pytestmark = pytest.mark.full

COMMAND = [sys.executable, "-m", "loadtests", "selftest", "--units", "3", "--runs", "9", "--skip-null"]


@pytest.mark.parametrize("options", [[], ["--drift"]], ids=["quiet", "drift"])
def test_selftest_interrupted_keeps_its_runs_and_leaves_nothing_running(
    options: list[str], tmp_path: Path
) -> None:
    """A great handicap is found; Ctrl-C then ends the comparison under way, and a neighbour, as well."""
    mark, kept = uuid.uuid4().hex, tmp_path / "runs.json"
    with subprocess.Popen(
        [*COMMAND, "--handicap", "300%", "--service", "flask", "--out", str(kept), *options],
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("run  1 of 9, flask   handicap 300%,  3 units: CPU ")
        if options:
            wait_until("there is a neighbour", lambda: any("burner" in command for command in marked(mark)))
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert "Stopped; everything that was started has ended." in output
    assert marked(mark) == []
    [run] = json.loads(kept.read_text())
    assert (run["service"], run["handicap"], run["drift"], run["units"]) == ("flask", 3.0, bool(options), 3)
    [cpu] = [one for one in run["outcomes"] if one["metric"] == "cpu_us_per_request"]
    assert cpu["low"] <= cpu["ratio"] <= cpu["high"]
    assert cpu["ratio"] > 2
