"""`make audit` says what is known, and does not take silence for good news."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.images import audit

pytestmark = pytest.mark.full


def answering(*, blind: bool, faults: list[str]) -> Any:
    """Return a database that knows the control, unless it is blind, and these faults in every lock."""

    def ask(_: Path, *options: str) -> list[dict[str, Any]]:
        if blind:
            return [{"name": "jinja2", "skip_reason": "not found"}]
        ids = ["CONTROL-1"] if "--no-deps" in options else faults
        return [{"name": "flask", "version": "1.0", "vulns": [{"id": id} for id in ids]}]

    return ask


@pytest.mark.parametrize(
    ("blind", "faults", "status", "said"),
    [
        (True, [], 0, "NOT AUDITED: no vulnerability database"),
        (False, [], 0, "flask_app/requirements.txt: 1 asked about, 0 with known faults"),
        (False, ["CVE-1"], 1, "  flask 1.0: CVE-1\n"),
    ],
    ids=["blind", "clean", "faulty"],
)
def test_audit_says_what_is_known(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    blind: bool,
    faults: list[str],
    status: int,
    said: str,
) -> None:
    """Nothing reached is no success, nothing found is one, and a fault fails."""
    monkeypatch.setattr(audit, "ask", answering(blind=blind, faults=faults))

    assert audit.main() == status
    assert said in capsys.readouterr().out
