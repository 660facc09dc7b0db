"""What an app consists of, counted."""

import json
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from loadtests.backends import facts

ROOT = Path(__file__).parents[2]
SOURCE = '''"""A module.

Of two paragraphs.
"""

# A comment.
import os  # counted: 1


class Thing:  # 2
    """A docstring."""

    text = """not a docstring,

    4 lines of code
    """  # 3 to 6

    def name(self) -> str:  # 7
        """Return it."""
        return (  # 8
            os.name  # 9

            # A comment between.
        )  # 10
'''


def test_code_lines_counts_neither_blank_lines_nor_comments_nor_docstrings() -> None:
    """A string over several lines is code, and so is every line of it."""
    assert facts.code_lines(SOURCE) == 10


@pytest.mark.parametrize("source", ["", "\n\n", "# only this\n", '"""Only this."""\n'])
def test_code_lines_of_no_code_is_0(source: str) -> None:
    """What does nothing does not count."""
    assert facts.code_lines(source) == 0


@pytest.mark.parametrize("group", ["flask", "fastapi"])
def test_distributions_of_a_lock_are_all_that_its_group_needs_here(group: str) -> None:
    """Checked against the packages' own metadata: nothing is missing, nothing of another system counts."""
    pending = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"][group]
    needed: set[str] = set()
    while pending:
        requirement = Requirement(pending.pop())
        name = canonicalize_name(requirement.name)
        if name not in needed and (not requirement.marker or requirement.marker.evaluate({"extra": ""})):
            needed.add(name)
            pending += requires(name) or []
    lock = (ROOT / f"{group}_app" / "requirements.txt").read_text()
    assert {canonicalize_name(found.name) for found in facts.distributions(lock)} == needed


def test_size_of_a_distribution_is_that_of_its_files_on_the_disk() -> None:
    """All of a package's folder and its metadata, but no bytecode."""
    installed = distribution("markupsafe")
    site = Path(str(installed.locate_file("")))
    folders = [site / "markupsafe", site / f"markupsafe-{installed.version}.dist-info"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert facts.size_bytes(installed) == sum(path.stat().st_size for path in files if path.suffix != ".pyc")


def test_collect_of_a_package_that_is_not_there_is_empty() -> None:
    """What cannot be seen is absent, not zero."""
    assert facts.collect("no_such_package") == {}


def test_collect_of_a_package_without_a_lock_counts_its_lines_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a list of what it needs, nothing is known about that."""
    (tmp_path / "lockless").mkdir()
    (tmp_path / "lockless" / "__init__.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    assert facts.collect("lockless") == {"code_lines": 10}


def test_facts_sent_to_another_python_are_collected_there() -> None:
    """As they are in a container: from the standard input, with nothing of ours installed."""
    done = subprocess.run(
        [sys.executable, "-S", "-", "flask_app"],
        input=Path(facts.__file__).read_text(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {
        "code_lines": facts.collect("flask_app")["code_lines"],
        "packages": 0,
        "packages_bytes": 0,
    }
