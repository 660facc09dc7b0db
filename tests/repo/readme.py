"""The table in the README, drawn from committed results; as a command (`make readme`) it is written there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
RESULTS = "loadtests/results/2026-11-22"
TABLE = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- /table -->)", re.DOTALL)


def table() -> str:
    """Draw the committed results as `make compare` draws its own."""
    command = [sys.executable, "-m", "loadtests", "report", RESULTS]
    drawn = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = "\n".join(line.rstrip() for line in drawn.strip().splitlines())
    origin = f"Drawn by `python -m loadtests report {RESULTS}`; `make compare` makes another."
    return f"```\n{lines}\n```\n\n{origin}\n"


def written(text: str) -> str:
    """Return the README with the table as it should be."""
    return TABLE.sub(lambda _: table(), text)


if __name__ == "__main__":
    README.write_text(written(README.read_text()))
