"""Ask a vulnerability database about what the two images were installed from: `make audit`.

A database that cannot be reached, or knows nothing, finds no fault with anything either. So a version with
known faults is asked about first, and where that one passes, the answer is that nothing was audited.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

LOCKS = (Path("flask_app/requirements.txt"), Path("fastapi_app/requirements.txt"))
# Known since 2019: GHSA-462w-v97r-4m45.
FAULTY = "jinja2==2.10\n"
TIMEOUT_S = 300


def main() -> int:
    """Return 0 where nothing is known against the locks or no database can say, 1 where something is."""
    with TemporaryDirectory() as folder:
        faulty = Path(folder, "requirements.txt")
        faulty.write_text(FAULTY)
        if not known(ask(faulty, "--no-deps")):
            print("NOT AUDITED: no vulnerability database can be reached from here, so nothing is known.")
            return 0
    found = {lock: ask(lock, "--require-hashes") for lock in LOCKS}
    for lock, dependencies in found.items():
        unknown = [dependency["name"] for dependency in dependencies if "vulns" not in dependency]
        print(f"{lock}: {len(dependencies)} asked about, {len(known(dependencies))} with known faults")
        if unknown:
            print(f"  not in the database: {', '.join(unknown)}")
        for fault in known(dependencies):
            print(
                f"  {fault['name']} {fault['version']}: {', '.join(entry['id'] for entry in fault['vulns'])}"
            )
    return int(any(known(dependencies) for dependencies in found.values()))


def ask(lock: Path, *options: str) -> list[dict[str, Any]]:
    """Run pip-audit and return what it says of each package; nothing where it cannot be answered."""
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--format=json", "--disable-pip"]
    result = subprocess.run(
        [*command, *options, "--requirement", str(lock)], capture_output=True, text=True, timeout=TIMEOUT_S
    )
    try:
        dependencies: list[dict[str, Any]] = json.loads(result.stdout)["dependencies"]
    except json.JSONDecodeError:
        return []
    return dependencies


def known(dependencies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep those with known faults."""
    return [dependency for dependency in dependencies if dependency.get("vulns")]


if __name__ == "__main__":
    sys.exit(main())
