"""The README's table and picture of the images, drawn from docker/images.json, and written by it."""

import re
import subprocess
import sys

from docker.picture import svg
from docker.xray import Run
from tests.containers.engine import ROOT

README = ROOT / "README.md"
KEPT = ROOT / "docker/images.json"
PICTURE = ROOT / "docker/images.svg"
TABLE = re.compile(r"(?<=<!-- images -->\n).*(?=<!-- /images -->)", re.DOTALL)


def table() -> str:
    """Draw the committed run as `make images` draws its own."""
    command = [sys.executable, "-m", "docker", "--draw", str(KEPT)]
    drawn = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = "\n".join(line.rstrip() for line in drawn.splitlines() if line.strip())
    return f"```\n{lines}\n```\n"


def picture() -> str:
    """Draw the committed run."""
    return svg(Run.model_validate_json(KEPT.read_text()))


def written(text: str) -> str:
    """Return the README with the table as it should be."""
    return TABLE.sub(lambda _: table(), text)


if __name__ == "__main__":
    README.write_text(written(README.read_text()))
    PICTURE.write_text(picture())
