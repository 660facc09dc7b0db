"""The README's picture and table, drawn from committed results; `--check` only says if they are stale."""

import re
import sys
from pathlib import Path

from loadtests.analysis.comparison import Comparison, compare
from loadtests.errors import Refusal
from loadtests.report import markdown, strip
from loadtests.results import Results, load

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
RESULTS = "loadtests/published"
STRIP = "loadtests/strip.svg"
BLOCK = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- /table -->)", re.DOTALL)


def block(results: Results, comparison: Comparison) -> str:
    """Write what stands between the two marks: picture, table, what to make of them, where they are from."""
    control, candidate = (markdown.text(target.title) for target in results.targets)
    pace = results.settings.pace
    command = "make compare" if pace == "default" else f"make compare ARGS=--{pace}"
    parts = [
        f"![{candidate} ÷ {control}, each ratio with its interval; the table below says the same]({STRIP})",
        markdown.headlines(results, comparison),
        markdown.origin(results, comparison),
        markdown.warnings(comparison),
        f"Drawn by `make readme` from [{RESULTS}]({RESULTS}); `python -m loadtests report {RESULTS}` draws "
        f"every chart of it, and `{command}` measures here.",
    ]
    return "\n\n".join(parts) + "\n"


def written(text: str, results: Results) -> str:
    """Return the README with the block as it should be."""
    return BLOCK.sub(lambda _: block(results, compare(results)), text)


def wanted(root: Path) -> dict[Path, str]:
    """Return each file that is drawn from the results, and what it should hold.

    Raises:
        Refusal: there are no results.
    """
    results = load(root / RESULTS)
    readme = root / README.name
    return {
        readme: written(readme.read_text(encoding="utf-8"), results),
        root / STRIP: strip.draw(results, compare(results)),
    }


def stale(files: dict[Path, str]) -> list[Path]:
    """Return those that do not hold what they should."""
    return [
        path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the files; with `--check` only say which are stale, status 1 if any is."""
    try:
        files = wanted(root)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    if arguments != ["--check"]:
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
        return 0
    found = " and ".join(str(path.relative_to(root)) for path in stale(files))
    if found:
        print(
            f"{found} no longer shows what {RESULTS} holds: draw it again by `make readme`.", file=sys.stderr
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
