"""Schemathesis, which knows only the document, tries the same cases on both services and finds nothing."""

import json
import os
import sys
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from typing import Any

import pytest

from tests.contract.document import PATH
from tests.services import Target, free_port, start, stop, wait_until_it_answers

pytestmark = pytest.mark.full

SEED = 1
EXAMPLES_PER_OPERATION = 100
TIMEOUT_S = 240


def test_both_services_pass_the_same_cases(targets: dict[str, Target], tmp_path: Path) -> None:
    """All checks are on; those about logins and stored resources find nothing here to be applied to."""
    runs = {name: begin(target.url, tmp_path / name) for name, target in targets.items()}
    reports = {name: end(run, tmp_path / name) for name, run in runs.items()}

    for report in reports.values():
        assert report["failures"] == []
        assert report["errors"] == []
        assert report["operations"]["tested"] == report["operations"]["total"] == 11
    cases = {name: report["test_cases"]["generated"] for name, report in reports.items()}
    assert cases["flask"] == cases["fastapi"] > EXAMPLES_PER_OPERATION


def test_a_crash_is_found(tmp_path: Path) -> None:
    """The run can fail: an `index` that answers 500 is no success."""
    port = free_port()
    process = start(
        [sys.executable, "-m", "tests.integration.lifecycle.crashing", "flask_app", "--port", str(port)]
    )
    try:
        wait_until_it_answers(port, process)
        report = end(begin(f"http://127.0.0.1:{port}", tmp_path, "--include-operation-id", "index"), tmp_path)
    finally:
        stop(process)

    assert [failure["type"] for failure in report["failures"]] == ["ServerError"]


def begin(url: str, folder: Path, *options: str) -> Popen[str]:
    """Start a run that writes its report into a folder."""
    folder.mkdir(exist_ok=True)
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(PATH), "--url", url]
    command += ["--seed", str(SEED), "--max-examples", str(EXAMPLES_PER_OPERATION), "--checks", "all"]
    command += ["--report", "json", "--report-json-path", str(folder / "report.json")]
    command += ["--generation-database", "none", "--no-color", *options]
    root = str(Path(__file__).parents[2])
    environ = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.parity.short_waits", "PYTHONPATH": root}
    return Popen(command, cwd=folder, env=environ, stdout=PIPE, stderr=STDOUT, text=True)


def end(run: Popen[str], folder: Path) -> dict[str, Any]:
    """Wait for a run and read its report; without one, fail with what it printed."""
    output, _ = run.communicate(timeout=TIMEOUT_S)
    report = folder / "report.json"
    assert report.exists(), output
    content: dict[str, Any] = json.loads(report.read_text())
    return content
