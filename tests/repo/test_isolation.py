"""Each app needs nothing but its own requirements."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("package", "foreign"),
    [
        ("flask_app", ["fastapi", "uvicorn", "httpx", "locust"]),
        ("fastapi_app", ["flask", "gunicorn", "httpx", "locust"]),
    ],
)
def test_app_imports_in_an_environment_of_its_own(package: str, foreign: list[str], tmp_path: Path) -> None:
    """Locust brings Flask into every development environment, where a leak would go unseen."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path)], check=True)
    python = str(tmp_path / "bin" / "python")
    lock = str(ROOT / package / "requirements.txt")
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement", lock]
    subprocess.run([python, "-m", "pip", "install", *options], check=True)
    code = (
        f"import importlib.util as u, {package}.__main__, {package}.app; {package}.app.create_app();"
        f"print([name for name in {foreign!r} if u.find_spec(name)])"
    )
    found = subprocess.run([python, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)

    assert found.stdout == "[]\n"
