"""Each image by itself: who runs in it, what is in it, how it starts."""

import json
import re

import pytest

from tests.integration.containers.conftest import PORTS
from tests.integration.containers.engine import ROOT, inspect, python

pytestmark = pytest.mark.full

FOLDERS = {
    "flask": "flask_app",
    "fastapi": "fastapi_app",
    "flask-debug": "flask_app",
    "fastapi-debug": "fastapi_app",
    "locust": "loadtests",
    "tests": "tests",
}
# Printed by code that runs inside, where nothing of ours can be imported.
INSTALLED = """
import importlib.metadata, re
print(*{re.sub('[-_.]+', '-', d.name).lower() for d in importlib.metadata.distributions()})
"""
UNCOMPILED = """
from importlib.util import cache_from_source
from pathlib import Path
sources = [path for root in ('/app', '/venv') for path in Path(root).rglob('*.py')]
print(*[path for path in sources if not Path(cache_from_source(path)).exists()])
"""


@pytest.fixture(params=sorted(FOLDERS))
def target(request: pytest.FixtureRequest) -> str:
    """Name each image in turn."""
    name: str = request.param
    return name


def test_image_user_is_numeric_and_not_root(images: dict[str, str], target: str) -> None:
    """Nobody has to look the user up to know that it is not root."""
    assert inspect(images[target])["Config"]["User"] == "65532:65532"
    assert python(images[target], "import os; print(os.getuid(), os.getgid())") == "65532 65532"


def test_image_starts_its_server_without_a_shell(images: dict[str, str], target: str) -> None:
    """The server is process 1 and gets SIGTERM itself; the one port it serves is declared."""
    config = inspect(images[target])["Config"]
    assert config["Entrypoint"][:2] == ["python", "-m"]
    assert config["StopSignal"] == "SIGTERM"
    port = PORTS.get(target.removesuffix("-debug"))
    assert config.get("ExposedPorts") == ({f"{port}/tcp": {}} if port else None)
    assert config["Labels"]["org.opencontainers.image.licenses"] == "MIT"
    assert config["Labels"]["org.opencontainers.image.title"]


def test_image_holds_only_its_own_requirements(images: dict[str, str], target: str) -> None:
    """What is installed is the target's own lock, so no framework leans on the other's packages."""
    lock = (ROOT / FOLDERS[target] / "requirements.txt").read_text()
    allowed = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    # Some of a lock is for other systems or versions of Python.
    needed = set(re.findall(r"^([a-z0-9-]+)==[^ ;]+ \\$", lock, re.MULTILINE))
    installed = set(python(images[target], INSTALLED).split())
    assert needed <= installed <= allowed


def test_image_holds_only_its_own_code(images: dict[str, str], target: str) -> None:
    """No image carries the other's code, nor anything of the repository that it does not run."""
    extra = {"pyproject.toml"} if target == "tests" else set()
    assert set(
        json.loads(python(images[target], "import json, os; print(json.dumps(os.listdir('/app')))"))
    ) == {
        FOLDERS[target],
        *extra,
    }


@pytest.mark.parametrize("target", sorted({*FOLDERS} - {"tests"}))
def test_image_is_compiled(images: dict[str, str], target: str) -> None:
    """A read-only container could never write the bytecode that the build left out."""
    assert python(images[target], UNCOMPILED) == ""
