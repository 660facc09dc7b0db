"""An interruption of a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from loadtests.compare.plan import ROOT

# What a module with a dataclass does while it is imported: `exec` of a text, in which the signal is heard.
INTERRUPTED = """
import signal, sys
from loadtests.host.interruption import Interrupted, Interruption
interruption = Interruption()
try:
    with interruption.handle_signals():
        exec("signal.raise_signal(signal.SIGINT)")
except Interrupted:
    sys.exit(128 + interruption.signal)
"""


def test_status_is_the_chosen_one_also_where_a_text_was_being_executed(tmp_path: Path) -> None:
    """Python would end the process by SIGINT: the status would be -2, and the caller none the wiser."""
    (tmp_path / "interrupted.py").write_text(INTERRUPTED)
    environ = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    assert subprocess.run([sys.executable, "-m", "interrupted"], env=environ).returncode == 130
