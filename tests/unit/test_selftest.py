"""The self-test's rates, bounds and status, from runs that are given, and how it plans one."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from scipy import stats

from loadtests.analysis.comparison import Comparison
from loadtests.cli import parser
from loadtests.compare import plan as planning
from loadtests.compare.plan import Plan
from loadtests.errors import Refusal
from loadtests.host.interruption import Interruption
from loadtests.inference import Verdict
from loadtests.results import Results
from loadtests.selftest import run as selftest
from loadtests.selftest.run import Outcome, Run, is_plausible, main, rates, upper_bound
from tests.unit.comparison_factory import comparison, row
from tests.unit.results_factory import results

SAME, FASTER, SLOWER, OPEN = Verdict.EQUIVALENT, Verdict.FASTER, Verdict.SLOWER, Verdict.INCONCLUSIVE
SILENT = Console(quiet=True)


def outcome(
    verdict: Verdict | None, metric: str = "cpu_us_per_request", around: float | None = 1.0
) -> Outcome:
    """Make what a run concluded of a metric; its interval is 2 % wide to either side, or there is none."""
    if around is None:
        return Outcome(metric, None, None, None, verdict)
    return Outcome(metric, around, around * 0.98, around * 1.02, verdict)


def run(verdict: Verdict, handicap: float = 0.0, around: float | None = 1.0, **others: Verdict) -> Run:
    """Make a run by its verdict on CPU time, and by others'."""
    outcomes = (outcome(verdict, around=around), *(outcome(one, name) for name, one in others.items()))
    return Run("flask", handicap, False, 5, outcomes)


def judged(runs: Sequence[Run]) -> tuple[int, list[str]]:
    """Return the status and what was printed."""
    printed = StringIO()
    status = rates(runs, Console(file=printed, width=200, highlight=False))
    return status, printed.getvalue().splitlines()


@pytest.mark.parametrize(
    ("false", "bound", "status"),
    [(0, "13.9%", 0), (1, "21.6%", 0), (2, "28.3%", 0), (3, "34.4%", 0), (4, "40.1%", 1)],
)
def test_rates_of_null_runs_hold_to_the_error_that_was_promised(false: int, bound: str, status: int) -> None:
    """Of twenty, three false ones can be chance at 5 % of its own (they come about in 7.5 %), four cannot."""
    runs = [run(SLOWER if place < false else SAME) for place in range(20)]
    assert judged(runs)[0] == status
    assert judged(runs)[1][0] == (
        f"nothing differs (A/A): {false} of 20 runs claim any difference, over all rows "
        f"(with 95% confidence at most {bound} of runs would)"
    )


def test_rates_of_null_runs_count_every_row() -> None:
    """A run is false once, whatever it claims; each metric is named with how often it was claimed."""
    runs = [
        run(SAME, throughput_per_s=FASTER, latency_p50_ms=SLOWER),
        run(OPEN, throughput_per_s=SLOWER, latency_p50_ms=OPEN),
        run(Verdict.DISTURBED, throughput_per_s=SAME),
    ]
    assert judged(runs)[1][0].startswith("nothing differs (A/A): 2 of 3 runs claim any difference")
    assert judged(runs)[1][1:] == ["  latency_p50_ms: 1", "  throughput_per_s: 2"]


@pytest.mark.parametrize(("found", "status"), [(20, 0), (18, 0), (17, 1), (0, 1)])
def test_rates_of_a_handicap_that_is_missed_too_often_are_not_good(found: int, status: int) -> None:
    """Two in twenty may be missed."""
    runs = [run(SLOWER if place < found else OPEN, 0.05, 1.05) for place in range(20)]
    assert judged(runs) == (
        status,
        [
            f"a handicap of 5% CPU per request: found in {found} of 20 runs; "
            "its interval holds 1.05 in 20 of 20"
        ],
    )


def test_rates_of_a_handicap_with_the_sign_wrong_are_not_good() -> None:
    """Faster is no finding."""
    assert judged([run(FASTER, 0.05)] * 20)[0] == 1


def test_rates_of_a_handicap_below_what_must_be_found_are_told_only() -> None:
    """So that the smallest that is found can be looked for."""
    assert judged([run(OPEN, 0.03, 1.03)] * 20) == (
        0,
        ["a handicap of 3% CPU per request: found in 0 of 20 runs; its interval holds 1.03 in 20 of 20"],
    )


def test_rates_of_several_handicaps_are_told_apart_from_the_smallest_on() -> None:
    """One that is missed spoils the status, whatever became of the others."""
    runs = [run(SLOWER, 0.2, 1.2), run(OPEN, 0.05, 1.05), run(SLOWER, 0.2, 1.1), run(SLOWER, 0.1, None)]
    assert judged(runs) == (
        1,
        [
            "a handicap of 5% CPU per request: found in 0 of 1 runs; its interval holds 1.05 in 1 of 1",
            "a handicap of 10% CPU per request: found in 1 of 1 runs; its interval holds 1.1 in 0 of 0",
            "a handicap of 20% CPU per request: found in 2 of 2 runs; its interval holds 1.2 in 1 of 2",
        ],
    )


@pytest.mark.parametrize(("around", "covered"), [(1.05, 1), (1.03, 1), (1.0295, 1), (1.0293, 0), (1.08, 0)])
def test_rates_of_a_handicap_say_whether_its_size_was_right(around: float, covered: int) -> None:
    """The interval must hold the truth, not only exclude 1."""
    assert judged([run(SLOWER, 0.05, around)])[1][0].endswith(f"its interval holds 1.05 in {covered} of 1")


@pytest.mark.parametrize(("count", "runs"), [(0, 1), (0, 20), (1, 20), (7, 20), (3, 200), (20, 20)])
def test_upper_bound_is_that_of_clopper_and_pearson(count: int, runs: int) -> None:
    """From the beta distribution, which is the same thing seen from the other side."""
    exact = 1.0 if count == runs else float(stats.beta.ppf(0.95, count + 1, runs - count))
    assert upper_bound(count, runs) == pytest.approx(exact, abs=1e-5)


@pytest.mark.parametrize("runs", [1, 9, 20, 100])
def test_is_plausible_is_the_binomial_test(runs: int) -> None:
    """As many or more at a rate of 5 %, in more than 5 % of the cases."""
    for false in range(runs + 1):
        chance = stats.binomtest(false, runs, 0.05, alternative="greater").pvalue
        assert is_plausible(false, runs) == (chance > 0.05)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Let each run be a comparison that nobody makes; return what was planned."""
    plans: list[Plan] = []

    def compared(plan: Plan, *_: Any) -> tuple[Results, Comparison]:
        plans.append(plan)
        verdict = SLOWER if plan.settings.handicaps else SAME
        measured = results(units=4)
        return measured, comparison(
            measured,
            row(verdict=verdict),
            row("index", "throughput_per_s", ratio=None, verdict=None),
            row(None, "packages"),
        )

    @contextmanager
    def nothing() -> Iterator[None]:
        yield

    monkeypatch.setattr(planning, "cores", lambda: (0, 1))
    monkeypatch.setattr(selftest, "run", compared)
    monkeypatch.setattr(selftest, "exclusive_lock", nothing)
    return plans


def called(*options: str) -> tuple[int, list[str]]:
    """Call the command; return its status and what it printed."""
    printed = StringIO()
    chosen = parser().parse_args(["selftest", *options])
    status = main(chosen, Console(file=printed, width=200, highlight=False), SILENT)
    return status, printed.getvalue().splitlines()


def test_main_runs_every_kind_of_each_service_in_turn(fake: list[Plan]) -> None:
    """Without a handicap and with each; index alone, and no more units than were asked for."""
    status, printed = called("--runs", "2", "--handicap", "5%", "--handicap", "20%", "--units", "7")

    assert status == 0
    kinds = [({}, "fastapi"), ({"fastapi-again": 0.05}, "fastapi"), ({"fastapi-again": 0.2}, "fastapi")]
    kinds += [({}, "flask"), ({"flask-again": 0.05}, "flask"), ({"flask-again": 0.2}, "flask")]
    assert [(plan.settings.handicaps, plan.targets[0].name) for plan in fake] == kinds
    for plan in fake:
        assert plan.settings.null
        assert [one.name for one in plan.settings.scenarios] == ["index"]
        assert (plan.settings.stopping.least_units, plan.settings.stopping.most_units) == (3, 7)
        assert not plan.folder.exists()
    assert printed[0] == "run  1 of 2, fastapi handicap  0%,  4 units: CPU 0.390 [0.380, 0.400] equivalent"
    assert printed[1] == "run  1 of 2, fastapi handicap  5%,  4 units: CPU 0.390 [0.380, 0.400] slower"
    assert len(printed) == 6 + 3


def test_main_without_options_tries_nothing_and_5_percent(fake: list[Plan]) -> None:
    """That is what every change of the method must pass."""
    called("--runs", "1")
    assert [list(plan.settings.handicaps.values()) for plan in fake] == [[], [0.05]]


def test_main_with_one_service_and_no_null_runs_that_handicap_alone(fake: list[Plan]) -> None:
    """`--skip-null` asks for the handicap alone."""
    _, printed = called("--runs", "2", "--service", "flask", "--skip-null")
    assert [plan.settings.handicaps for plan in fake] == [{"flask-again": 0.05}] * 2
    assert not any("A/A" in line for line in printed)


def test_main_takes_other_moments_in_each_run(fake: list[Plan]) -> None:
    """Runs that met the same bursts would say the same thing twice."""
    called("--runs", "5")
    assert len({plan.settings.seed for plan in fake}) > 1


def test_main_keeps_every_row_that_units_are_measured_for(fake: list[Plan], tmp_path: Path) -> None:
    """With its interval, where it has one; what is no measurement is left out."""
    assert called("--runs", "1", "--skip-null", "--out", str(tmp_path / "runs.json"))[0] == 0
    assert fake
    assert json.loads((tmp_path / "runs.json").read_text()) == [
        {
            "service": "fastapi",
            "handicap": 0.05,
            "drift": False,
            "units": 4,
            "outcomes": [
                {
                    "metric": "cpu_us_per_request",
                    "ratio": 0.39,
                    "low": 0.38,
                    "high": 0.4,
                    "verdict": "slower",
                },
                {"metric": "throughput_per_s", "ratio": None, "low": None, "high": None, "verdict": None},
            ],
        }
    ]


def test_main_that_cannot_keep_its_runs_is_refused(fake: list[Plan]) -> None:
    """At once, not after hours."""
    with pytest.raises(
        Refusal, match=r"^The runs cannot be kept in /nowhere/x: No such file or directory\.$"
    ):
        called("--runs", "3", "--out", "/nowhere/x")
    assert len(fake) == 1


def test_main_of_a_run_without_any_verdict_is_refused(
    fake: list[Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rates of nothing would look good."""
    measured = results(units=4)
    nothing = comparison(measured, row(ratio=None, verdict=None))
    monkeypatch.setattr(selftest, "run", lambda *_: (measured, nothing))
    with pytest.raises(Refusal, match=r"^A run gave no verdict at all; `compare --null` says why\.$"):
        called("--runs", "3")
    assert fake == []


@pytest.mark.parametrize("drift", [True, False])
def test_main_with_drift_has_a_neighbour_on_the_servers_core_in_each_run(
    drift: bool, fake: list[Plan], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another one each time, which is gone when the run is; without it there is none."""
    events: list[str] = []
    whole: Callable[..., Any] = vars(selftest)["run"]

    class Owner:
        def __init__(self, _: Interruption) -> None:
            pass

        def __enter__(self) -> "Owner":
            return self

        def __exit__(self, *_: object) -> None:
            events.append("ended")

        def start(self, command: list[str], core: int) -> None:
            events.append(f"{' '.join(command[1:])} on {core}")

    def compared(*arguments: Any) -> Any:
        events.append("run")
        return whole(*arguments)

    monkeypatch.setattr(selftest, "Processes", Owner)
    monkeypatch.setattr(selftest, "run", compared)
    kept = tmp_path / "runs.json"
    called("--runs", "2", "--skip-null", "--out", str(kept), *(["--drift"] if drift else []))

    assert fake
    burners = [["-m loadtests.selftest.burner 1 on 0"], ["-m loadtests.selftest.burner 2 on 0"]]
    assert events == [event for burner in burners for event in (*(burner if drift else []), "run", "ended")]
    assert [one["drift"] for one in json.loads(kept.read_text())] == [drift, drift]
