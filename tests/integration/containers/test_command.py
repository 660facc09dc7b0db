"""`python -m tests.integration.images`, as it is called by hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.containers.engine import ROOT

pytestmark = pytest.mark.full


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in the repository."""
    return subprocess.run(
        [sys.executable, "-m", "tests.integration.images", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_command_looks_through_any_image_and_draws_it_again(images: dict[str, str], tmp_path: Path) -> None:
    """An image is named, seen through and kept; the same tables come from the file alone."""
    kept, bills = tmp_path / "images.json", tmp_path / "bills"
    assert images
    name = "flask-app"

    seen = command(name, "--json", str(kept), "--sbom", str(bills))
    again = command("--draw", str(kept))

    assert (seen.returncode, seen.stderr) == (0, "")
    assert "pypi flask " in seen.stdout
    assert again.stdout
    assert seen.stdout.endswith(again.stdout)
    assert json.loads((bills / f"{name}.cdx.json").read_text())["bomFormat"] == "CycloneDX"


def test_command_with_an_unknown_image_says_so(base_image: str) -> None:
    """One sentence and a status of its own, no traceback."""
    assert base_image

    result = command("no-such-image")

    assert result.returncode == 2
    assert result.stderr.startswith("python -m tests.integration.images: ")
    assert result.stderr.count("\n") == 1
