"""The folder `docker` is no package: whoever has the Docker SDK installed imports that from here, too."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_installed_docker_sdk_is_imported_from_the_root(tmp_path: Path) -> None:
    """The working directory comes first on the path, and must not get in the way."""
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "__init__.py").write_text("is_sdk = True\n")
    code = f"import sys; sys.path = ['', {str(tmp_path)!r}, *sys.path]; import docker; print(docker.is_sdk)"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert (printed.stdout, printed.stderr) == ("True\n", "")
