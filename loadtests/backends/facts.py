"""What an app consists of; standard library only, so that it can be sent into a container and run there."""

import ast
import io
import json
import re
import sys
import tokenize
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

LAYOUT = {
    tokenize.ENCODING,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def collect(package: str) -> dict[str, int]:
    """Return `packages`, `packages_bytes` and `code_lines` of a package; empty where it is not importable."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return {}
    folder = Path(spec.origin).parent
    facts = {"code_lines": sum(code_lines(file.read_text()) for file in folder.rglob("*.py"))}
    requirements = folder / "requirements.txt"
    if requirements.is_file():
        needed = list(distributions(requirements.read_text()))
        facts |= {"packages": len(needed), "packages_bytes": sum(map(size_bytes, needed))}
    return facts


def distributions(requirements: str) -> Iterator[Distribution]:
    """Yield what is installed of a lock, which names all that is needed, and some for other systems only."""
    for name in re.findall(r"^[A-Za-z0-9][A-Za-z0-9._-]*", requirements, re.MULTILINE):
        try:
            yield distribution(name)
        except PackageNotFoundError:
            continue


def size_bytes(installed: Distribution) -> int:
    """Add up its files, without the bytecode that Python makes of them."""
    files = (Path(str(file.locate())) for file in installed.files or () if file.suffix != ".pyc")
    return sum(file.stat().st_size for file in files if file.is_file())


def code_lines(source: str) -> int:
    """Count the lines that hold code: no blank ones, no comments, no docstrings."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT and token.type not in LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Documented) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            lines -= set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return len(lines)


if __name__ == "__main__":
    print(json.dumps(collect(sys.argv[1])))
