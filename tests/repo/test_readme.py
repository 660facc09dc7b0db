"""The README shows what is in the repository."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from loadtests.analysis.comparison import compare
from loadtests.report.agreement import agreements
from loadtests.results import FILE_NAME, Row, load
from tests.repo.readme import README, RESULTS, ROOT, STRIP, main, stale, wanted
from tests.unit.measured import results

MARKED = "# A\n\n<!-- table -->\nold\n<!-- /table -->\n\nThe end.\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a folder with committed results, whose README and picture were drawn from them."""
    (tmp_path / RESULTS).mkdir(parents=True)
    results().save(tmp_path / RESULTS / FILE_NAME)
    (tmp_path / README.name).write_text(MARKED)
    assert main([], tmp_path) == 0
    return tmp_path


def test_readme_picture_and_table_are_the_committed_run() -> None:
    """No number is typed; `make readme` draws them again."""
    assert stale(wanted(ROOT)) == []


@pytest.mark.parametrize("run", ["again", "code-before", "machine-2", "machine-3"])
def test_readme_says_how_far_the_kept_runs_agree(run: str) -> None:
    """A line for each other run: its ratios on `index`, and how many agree with the published ones."""
    published, other = (compare(load(ROOT / folder)) for folder in (RESULTS, f"{RESULTS}/{run}"))
    found = agreements(published, other)
    ratios = {row.metric: row.ratio for row in other.rows if row.headline and row.scenario == "index"}
    cpu, throughput = ratios["cpu_us_per_request"], ratios["throughput_per_s"]
    assert cpu
    assert throughput
    cells = (
        f"{cpu.estimate:.3f} [{cpu.low:.3f}, {cpu.high:.3f}]",
        f"{throughput.estimate:.2f} [{throughput.low:.2f}, {throughput.high:.2f}]",
        f"{sum(one.agrees for one in found)} of {len(found)}",
    )
    [line] = [
        line for line in README.read_text(encoding="utf-8").splitlines() if f"]({RESULTS}/{run})" in line
    ]
    assert line.endswith(f"| {' | '.join(cells)} |")


def test_every_verdict_but_one_is_the_same_on_every_machine() -> None:
    """The README says so; the app's lines of code are not measured, and have changed."""
    runs = [load(ROOT / RESULTS / run) for run in ("", "again", "machine-2", "machine-3")]
    published, *others = (
        {_asked(row): row.verdict for row in compare(run).rows if row.ratio} for run in runs
    )
    differing = {
        asked
        for other in others
        for asked in published.keys() & other.keys()
        if published[asked] != other[asked]
    }
    assert differing == {
        (None, "code_lines", ""),
        ("wait", "latency_p99_ms", "at 75 % of capacity"),
    }


def _asked(row: Row) -> tuple[str | None, str, str]:
    return row.scenario, row.metric, "" if row.headline else row.level


def test_readme_drawn_again_changes_what_stands_between_the_marks(repository: Path) -> None:
    """The picture, the table and where they are from; the rest is left alone."""
    text = (repository / README.name).read_text()
    assert text.startswith(
        "# A\n\n<!-- table -->\n![FastAPI ÷ Flask, each ratio with its interval; "
        "the table below says the same](loadtests/strip.svg)\n\n| scenario | metric |"
    )
    assert text.endswith("and `make compare` measures here.\n<!-- /table -->\n\nThe end.\n")
    assert "| FastAPI faster |" in text


def test_readme_check_of_what_was_just_drawn_is_silent(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Drawing twice gives the same."""
    assert main(["--check"], repository) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", [README.name, STRIP])
def test_readme_check_of_a_typed_number_fails_in_one_sentence(
    repository: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Either file, changed by hand, is named; nothing is written."""
    path = repository / name
    changed = path.read_text().replace("FastAPI faster", "FastAPI much faster")
    path.write_text(changed)
    assert main(["--check"], repository) == 1
    assert capsys.readouterr().err == (
        f"{name} no longer shows what {RESULTS} holds: draw it again by `make readme`.\n"
    )
    assert path.read_text() == changed


def test_readme_check_without_results_fails_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing folder is no traceback."""
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.startswith("There are no results to draw: ")


def test_readme_handlers_are_the_real_ones() -> None:
    """Every Python block stands in one of the apps, to the letter."""
    routes = [(ROOT / app / "routes.py").read_text() for app in ("flask_app", "fastapi_app")]
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)

    assert len(blocks) == 2
    for block, code in zip(blocks, routes, strict=True):
        assert block in code


def test_readme_links_lead_somewhere() -> None:
    """Every file that is linked exists."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README.read_text()) if not urlsplit(link).scheme]

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_readme_commands_are_in_the_makefile() -> None:
    """Every `make …` that is named is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall(r"[`\n]make ([a-z-]+)", README.read_text()))

    assert named
    assert named <= targets
