"""The table of planted faults names what exists; that it is true is tried by tests/parity/test_faults.py."""

import ast
from pathlib import Path

from tests.parity.corpus import load
from tests.parity.faults import table

CONTRACT = Path(__file__).parents[1] / "contract"


def test_table_names_tests_and_cases_that_exist() -> None:
    """A test that was renamed would leave a fault with nobody who notices it."""
    found = table.read(table.PATH.read_text("utf-8")).values()
    tests = {
        node.name
        for path in CONTRACT.glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }

    assert {trial.contract for trial in found if trial.contract} <= tests
    assert {trial.corpus for trial in found if trial.corpus} <= {case.id for case in load()}
