"""Collect what a reader needs to judge the numbers: machine, software, revision."""

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from loadtests.results import Environment

GENERATOR_PACKAGES = ("locust", "gevent", "httptools")
SERVER_PACKAGES = (
    "flask",
    "werkzeug",
    "gunicorn",
    "fastapi",
    "starlette",
    "uvicorn",
    "uvloop",
    "pydantic",
)


def collect(
    root: Path, servers_run_here: bool, servers: Mapping[str, Mapping[str, str | int | bool]]
) -> Environment:
    """Look at this machine and at the checkout in `root`; what runs elsewhere has versions of its own."""
    packages = (*SERVER_PACKAGES, *GENERATOR_PACKAGES) if servers_run_here else GENERATOR_PACKAGES
    changes = _git(root, "status", "--porcelain")
    return Environment(
        started=datetime.now(UTC).replace(microsecond=0),
        git_revision=_git(root, "rev-parse", "HEAD"),
        git_changed=None if changes is None else bool(changes),
        python=platform.python_version(),
        kernel=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        cpu=_cpu(),
        cpu_count=os.cpu_count() or 1,
        load_average=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        versions={name: found for name in packages if (found := _version(name))},
        servers={name: dict(settings) for name, settings in servers.items()},
    )


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
