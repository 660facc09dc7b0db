"""The README shows what is in the repository."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from loadtests.analysis.comparison import compare
from loadtests.analysis.rows import questions
from loadtests.analysis.stopping import asked
from loadtests.report.compare_runs import agreements
from loadtests.results import FILE_NAME, Row, StrangerReading, load
from tests.experiments.hazards import HAZARDS
from tests.repo.readme import IMAGES, PLOT, REPEATS, RESULTS, ROOT, main, repeats, stale, strangers, wanted
from tests.unit.results_factory import results

READMES = ("README.md", "loadtests/README.md", "tests/README.md", "docker/README.md")
FOLDERS = [*READMES, "loadtests/published/README.md", ".ci/README.md", "DECISIONS.md"]
MARKED = """# A

<!-- answer -->
old
<!-- /answer -->

The end.
"""
LONGEST = 160
WIDEST = 120


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a folder with what is committed, whose READMEs and pictures were drawn from it."""
    (tmp_path / RESULTS).mkdir(parents=True)
    results().save(tmp_path / RESULTS / FILE_NAME)
    for folder in REPEATS:
        (tmp_path / folder).mkdir()
        results(seed=2).save(tmp_path / folder / FILE_NAME)
    for name in ("glue.txt", "hazards.txt", "selftest.txt"):
        (tmp_path / RESULTS / name).write_text("a line\n")
    for name in READMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(MARKED)
    (tmp_path / IMAGES).write_text((ROOT / IMAGES).read_text())
    assert main([], tmp_path) == 0
    return tmp_path


def test_readmes_and_pictures_are_what_is_committed() -> None:
    """No number is typed; `make readme` draws them again."""
    assert stale(wanted(ROOT)) == []


def test_readme_stays_short() -> None:
    """A stranger reads it to its end: so many lines, and none that runs out of the window."""
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()

    assert len(lines) <= LONGEST
    assert [line for line in lines if len(line) > WIDEST and not line.startswith("|")] == []


@pytest.mark.parametrize("folder", REPEATS)
def test_kept_runs_agree_within_their_intervals(folder: str) -> None:
    """On one machine, the default run repeats every headline row: its verdict, and the interval overlaps."""
    first, other = (compare(load(ROOT / one)) for one in (REPEATS[0], folder))
    found = [one for one in agreements(first, other) if one.row.headline]

    assert [one.row.metric for one in found if not one.agrees] == []
    settled = {_asked(row): row.verdict for row in asked(first.rows)}
    assert settled == {_asked(row): row.verdict for row in asked(other.rows)}
    assert len(settled) == questions(load(ROOT / folder).settings)


def _asked(row: Row) -> tuple[str | None, str]:
    return row.scenario, row.metric


def test_repeats_say_how_far_the_kept_runs_agree() -> None:
    """A line for each run: its ratios on `index`, its units, and how many intervals overlap."""
    runs = {"first": results(), "other": results(seed=2)}
    found = agreements(*map(compare, runs.values()))
    lines = repeats(runs).splitlines()

    assert len(lines) == 4
    assert lines[2].startswith("| first | 0.38 [")
    assert lines[3].endswith(f"| 8 | {sum(one.agrees for one in found)} of {len(found)} |")
    assert repeats(runs) != repeats({"first": results(), "other": results(seed=3)})


def test_strangers_are_named_with_their_ratio_beside_ours() -> None:
    """Where another generator was asked, a reader sees how much the ratio depends on ours."""
    asked_too = [
        StrangerReading(
            tool="wrk",
            unit=unit,
            target=target,
            in_flight=32,
            requests=count + unit,
            duration_s=2,
        )
        for unit in range(1, 9)
        for target, count in (("flask", 3_000), ("fastapi", 9_000))
    ]
    run = results(strangers=tuple(asked_too))

    assert strangers(run, compare(run)).startswith(
        "In the published run throughput at 32 in flight came to 2.997 [2.989, 3.005] by wrk and to 2.52 "
    )
    assert strangers(results(), compare(results())) == "\n"


def test_readme_drawn_again_changes_what_stands_between_the_marks(repository: Path) -> None:
    """The conclusion, its rows and where they are from; the rest is left alone."""
    text = (repository / "README.md").read_text()

    assert text.startswith("# A\n\n<!-- answer -->\n**FastAPI used ")
    assert text.endswith("\n<!-- /answer -->\n\nThe end.\n")
    assert "| FastAPI faster |" in text


def test_readme_check_of_what_was_just_drawn_is_silent(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Drawing twice gives the same."""
    assert main(["--check"], repository) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["README.md", PLOT])
def test_readme_check_of_a_typed_number_fails_in_one_sentence(
    repository: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Either file, changed by hand, is named; nothing is written."""
    path = repository / name
    changed = path.read_text().replace("FastAPI faster", "FastAPI much faster")
    path.write_text(changed)
    assert main(["--check"], repository) == 1
    assert capsys.readouterr().err == (
        f"{name} no longer shows what is committed: draw it again by `make readme`.\n"
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
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)

    assert len(blocks) == 2
    for block, code in zip(blocks, routes, strict=True):
        assert block in code


def test_readme_names_every_hazard_before_anybody_ships() -> None:
    """What a client can do to all others has a line, with what `make hazards` has shown of it."""
    said = {
        "lingering": ("A client that does not close stalls Flask.", r"9 answers in 10 s beside one client"),
        "held": ("A request that never ends holds one of Flask's threads.", r"half a body no answer"),
        "waiting": ("A slow handler holds a thread even when its client has left.", r"took 5\.\d+ s"),
        "idle": ("Some idle connections are never closed.", r"still open after 8 s: nothing sent"),
        "resets": ("uvicorn keeps about 10 kB for each connection that was reset", r"\b9\.\d kB kept"),
    }
    assert said.keys() == HAZARDS.keys()
    readme = (ROOT / "README.md").read_text("utf-8")
    _, _, section = readme.partition("\n## Before you ship this\n")
    kept = (ROOT / RESULTS / "hazards.txt").read_text().splitlines()
    for hazard, (sentence, shown) in said.items():
        assert sentence in section.partition("\n## ")[0]
        assert any(line.startswith(hazard) and re.search(shown, line) for line in kept), hazard


@pytest.mark.parametrize("name", FOLDERS)
def test_links_lead_somewhere(name: str) -> None:
    """Every file that is linked exists, and so does every heading."""
    path = ROOT / name
    for link in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")):
        if urlsplit(link).scheme:
            continue
        file, _, heading = link.partition("#")
        assert (path.parent / file).exists(), link
        if heading:
            titles = re.findall(r"^#+ (.*)$", (path.parent / file).read_text("utf-8"), re.MULTILINE)
            assert heading in {title.lower().replace(" ", "-") for title in titles}, link


@pytest.mark.parametrize("name", FOLDERS)
def test_commands_are_in_the_makefile(name: str) -> None:
    """Every `make …` that is named is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"[`\n]make ([a-z-]+)", (ROOT / name).read_text("utf-8"))) <= targets


def test_files_that_the_map_names_exist() -> None:
    """The answers to a stranger's questions are where they are said to be."""
    text = (ROOT / "tests/README.md").read_text("utf-8")
    questions = text[text.index("## Where is") : text.index("## Contributing")]
    answers = [name for name in re.findall(r"`([a-z_.]+/[^`]+)`", questions) if "?" not in name]

    assert len(answers) >= 9
    assert [name for name in answers if not (ROOT / name).exists()] == []
