"""The condition for measuring at all: both targets are the same service, as `python -m tests.parity` says."""

import subprocess
import sys
from pathlib import Path

from loadtests.errors import Refusal
from loadtests.host.processes import Processes
from loadtests.targets import Target


def check_parity(targets: tuple[Target, Target], processes: Processes, root: Path) -> None:
    """Hold both targets to the contract and to each other, in a few seconds.

    Raises:
        Refusal: they differ, or it cannot be told.
    """
    if not (root / "tests" / "parity").is_dir():
        raise Refusal(f"There is no parity suite in {root}: run the comparison from a full checkout.")
    command = [sys.executable, "-m", "tests.parity", "--quick", *(target.url for target in targets)]
    process = processes.start(
        command, environ={"PYTHONPATH": str(root)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output = process.communicate()[0].decode(errors="replace")
    if process.returncode != 0:
        raise Refusal(
            "These two are not the same service, so there is nothing fair to compare; "
            f"`python -m tests.parity {' '.join(target.url for target in targets)}` says more.\n{output}"
        )
