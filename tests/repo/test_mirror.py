"""The two apps are read side by side: the same modules, and the same names in them."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLASK, FASTAPI = ROOT / "flask_app", ROOT / "fastapi_app"
OPERATIONS = ["index", "wait", "echo", "healthz"]


def functions(path: Path) -> list[str]:
    """List the top-level functions of a module, in order."""
    body = ast.parse(path.read_text()).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_both_apps_have_the_same_modules() -> None:
    """One noun per file, the same nouns."""
    assert sorted(p.name for p in FLASK.glob("*.py")) == sorted(p.name for p in FASTAPI.glob("*.py"))


@pytest.mark.parametrize("module", ["schemas.py"])
def test_the_models_are_the_same_to_the_letter(module: str) -> None:
    """The validator is not what is compared."""
    assert (FLASK / module).read_text() == (FASTAPI / module).read_text()


@pytest.mark.parametrize("app", [FLASK, FASTAPI])
def test_the_handlers_are_the_operations_in_order(app: Path) -> None:
    """One function for each operation of the contract."""
    assert functions(app / "routes.py")[: len(OPERATIONS)] == OPERATIONS


@pytest.mark.parametrize("app", [FLASK, FASTAPI])
def test_a_package_that_is_imported_does_nothing(app: Path) -> None:
    """Its `__init__.py` holds its docstring and nothing else."""
    (only,) = ast.parse((app / "__init__.py").read_text()).body

    assert isinstance(only, ast.Expr)


@pytest.mark.parametrize("module", ["settings.py", "health.py", "schemas.py", "routes.py"])
def test_the_same_functions_stand_in_the_same_order(module: str) -> None:
    """Where the framework asks for nothing else, the functions agree in name and order."""
    assert functions(FLASK / module) == functions(FASTAPI / module)
