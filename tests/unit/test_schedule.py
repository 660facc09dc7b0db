"""The order of measuring, and what it costs."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from loadtests.cli import parser
from loadtests.compare import plan
from loadtests.compare.calibration import CALIBRATION_S
from loadtests.compare.presets import PRESETS, Name
from loadtests.compare.run import COLD_START_S, START_S
from loadtests.compare.schedule import ORDER_S, RENEWAL_S, REWARM_S, SETTLE_S, Step, schedule
from loadtests.results import Efficiency, Settings
from tests.unit.results_factory import SETTINGS as MEASURED

EFFICIENCY = Efficiency(rounds=12, round_s=1, connections=8, rounds_per_process=None)
SETTINGS = MEASURED.model_copy(update={"efficiency": EFFICIENCY})
"""Without new processes, but where a test asks for them."""

CONTROL, CANDIDATE = "flask", "fastapi"
BOTH = (CONTROL, CANDIDATE)
AGAIN = "flask-again"
LIMITS_S: dict[Name, float] = {"quick": 90, "default": 360, "thorough": 1800}


def steps(noise: str | None = AGAIN, **changes: Any) -> list[Step]:
    """Return the steps of the settings, but for the changes."""
    return list(schedule(SETTINGS.model_copy(update=changes), BOTH, noise))


def renewing(rounds_per_process: int | None, noise: str | None = AGAIN) -> list[Step]:
    """Return the steps where each process is measured in so many rounds."""
    changes = {"rounds_per_process": rounds_per_process}
    return steps(noise, efficiency=EFFICIENCY.model_copy(update=changes))


@pytest.fixture
def preset(monkeypatch: pytest.MonkeyPatch) -> Callable[[Name], Settings]:
    """Return the settings that a preset comes to on two cores, three scenarios."""
    monkeypatch.setattr(plan, "cores", lambda: (0, 1))

    def settings(name: Name) -> Settings:
        options = [] if name == "default" else [f"--{name}"]
        return plan.plan(parser().parse_args(["compare", *options])).settings

    return settings


def letters(found: list[Step]) -> str:
    """Write down who was measured: A for the control, B for the candidate."""
    return "".join("A" if step.targets == (CONTROL,) else "B" for step in found)


@pytest.mark.parametrize("setup", ["capacity", "latency"])
def test_schedule_of_one_cell_alone_takes_turns_in_who_is_first(setup: str) -> None:
    """A B B A A B B A: whatever drifts hits both alike."""
    level = {"capacity": 16, "latency": 0.5}[setup]
    found = [s for s in steps() if (s.setup, s.scenario, s.level) == (setup, "index", level) and s.round]
    assert letters(found) == "ABBA" * 4


@pytest.mark.parametrize("setup", ["efficiency", "capacity", "latency"])
def test_schedule_has_rounds_outermost(setup: str) -> None:
    """A slow drift of the machine spreads over every scenario and level."""
    rounds = [step.round for step in steps() if step.setup == setup and step.round]
    assert rounds == sorted(rounds)
    assert len(set(rounds)) == {"efficiency": 12, "capacity": 8, "latency": 8}[setup]


@pytest.mark.parametrize("setup", ["capacity", "latency"])
def test_schedule_keeps_the_two_of_a_pair_next_to_each_other(setup: str) -> None:
    """Nothing else runs between the two measurements that are compared."""
    found = [step for step in steps() if step.setup == setup and step.round]
    for first, second in zip(found[::2], found[1::2], strict=True):
        assert (first.round, first.scenario, first.level) == (second.round, second.scenario, second.level)
        assert {first.targets, second.targets} == {(CONTROL,), (CANDIDATE,)}


def test_schedule_measures_every_cell_once_a_round() -> None:
    """12 × 3 pairs at once, 8 × 3 × 8 × 2 in a closed and 8 × 3 × 3 × 2 in an open loop."""  # noqa: RUF002
    found = [step for step in steps() if step.round]
    assert max(Counter((s.setup, s.scenario, s.level, s.round, s.targets) for s in found).values()) == 1
    assert Counter(step.setup for step in found) == {
        "efficiency": 36,
        "noise": 12,
        "capacity": 384,
        "latency": 144,
    }


def test_schedule_loads_both_at_once_for_efficiency() -> None:
    """Whatever disturbs one disturbs the other."""
    assert {step.targets for step in steps() if step.setup == "efficiency"} == {BOTH}


def test_schedule_of_the_a_a_rounds_comes_before_each_round_of_efficiency() -> None:
    """The control and its second process, under the first scenario, in the same minutes."""
    found = [step for step in steps() if step.setup in {"efficiency", "noise"}]
    assert [step.setup for step in found] == ["noise", "efficiency", "efficiency", "efficiency"] * 12
    assert {(s.targets, s.scenario, s.level) for s in found if s.setup == "noise"} == {
        ((CONTROL, AGAIN), "index", 8)
    }


def test_schedule_without_a_second_control_has_no_a_a_rounds() -> None:
    """At URLs there is nothing of which a second process could be started."""
    assert "noise" not in {step.setup for step in steps(noise=None)}


def test_schedule_warms_up_everything_first_and_once() -> None:
    """Every target under every scenario, the second control included; round 0 is not kept."""
    found = [step for step in steps() if step.round == 0]
    assert found == steps()[: len(found)]
    assert [(step.scenario, step.targets) for step in found] == [
        (scenario, (target,)) for scenario in ("index", "echo", "wait") for target in (*BOTH, AGAIN)
    ]


def test_schedule_measures_capacity_before_the_rates_that_come_of_it() -> None:
    """The open loop's rates are shares of the capacity."""
    order = [step.setup for step in steps()]
    assert order.index("latency") == len(order) - order[::-1].index("capacity")


@pytest.mark.parametrize("left_out", ["efficiency", "capacity", "latency"])
def test_schedule_without_a_setup_leaves_it_out(left_out: str) -> None:
    """What was not asked for is not measured; no A/A without its efficiency."""
    setups = {step.setup for step in steps(**{left_out: None}) if step.round}
    every = {"efficiency", "noise", "capacity", "latency"}
    assert setups == every - ({"efficiency", "noise"} if left_out == "efficiency" else {left_out})


def test_schedule_with_new_processes_replaces_all_of_them_between_rounds() -> None:
    """Before rounds 4, 7 and 10 everything is started anew and warmed up, which is not kept."""
    found = [s for s in renewing(3) if s.setup in {"efficiency", "noise"}]
    renewals = [place for place, step in enumerate(found) if step.renews]
    assert [found[place - 1].round for place in renewals] == [3, 6, 9]
    for place in renewals:
        again = found[place : place + 3]
        assert [step.scenario for step in again] == ["index", "echo", "wait"]
        assert {(step.round, step.targets) for step in again} == {(0, (*BOTH, AGAIN))}
        assert [step.renews for step in again] == [True, False, False]


def test_schedule_with_a_process_a_round_replaces_them_before_every_round_but_the_first() -> None:
    """The first round has the processes that passed the gate and were warmed up."""
    found = renewing(1)
    renewals = [place for place, step in enumerate(found) if step.renews]
    assert [found[place - 1].round for place in renewals[1:]] == list(range(2, 12))
    following = [next(step.round for step in found[place:] if step.round) for place in renewals]
    assert following == list(range(2, 13))


def test_schedule_with_new_processes_and_no_second_control_replaces_both() -> None:
    """In an A/A comparison by itself there is nobody else."""
    assert [step.targets for step in renewing(3, noise=None) if step.renews] == [BOTH] * 3


def test_schedule_with_new_processes_measures_alone_as_without() -> None:
    """Capacity and latency meet the processes of the last rounds of efficiency."""
    with_new, without = (
        [step for step in renewing(each) if step.setup in {"capacity", "latency"}] for each in (1, None)
    )
    assert with_new == without
    assert not any(step.renews for step in with_new)


def test_schedule_without_new_processes_replaces_none() -> None:
    """Every round meets the process that the first one met."""
    assert not any(step.renews for step in steps())


def test_cost_of_every_step_holds_its_settling_and_its_window() -> None:
    """The time left is as honest as this; alone, what a handler's delay keeps in flight is awaited."""
    costs = {(step.setup, step.scenario): step.cost_s for step in steps() if step.round}
    paired_s, capacity_s, latency_s = SETTLE_S + 1 + ORDER_S, 0.2 + 1 + ORDER_S, 0.2 + 2 + ORDER_S
    assert costs == pytest.approx(
        {
            ("noise", "index"): paired_s,
            **{("efficiency", scenario): paired_s for scenario in ("index", "echo", "wait")},
            **{("capacity", scenario): capacity_s for scenario in ("index", "echo")},
            **{("latency", scenario): latency_s for scenario in ("index", "echo")},
            ("capacity", "wait"): capacity_s + 0.02,
            ("latency", "wait"): latency_s + 0.02,
        }
    )


@pytest.mark.parametrize(("noise", "processes"), [(AGAIN, 3), (None, 2)])
def test_cost_of_new_processes_holds_their_start_and_each_scenarios_warm_up(
    noise: str | None, processes: int
) -> None:
    """They are started once, and warmed up under every scenario."""
    found = [step for step in renewing(6, noise) if step.setup == "efficiency" and not step.round]
    warm_s = REWARM_S + ORDER_S
    assert [step.cost_s for step in found] == pytest.approx([warm_s + processes * RENEWAL_S, warm_s, warm_s])


@pytest.mark.parametrize("name", PRESETS)
def test_cost_of_a_preset_fits_into_what_it_promises(name: Name, preset: Callable[[Name], Settings]) -> None:
    """90 seconds, 6 and 30 minutes, start, gate, calibration and cold starts included."""
    settings = preset(name)
    measuring_s = sum(step.cost_s for step in schedule(settings, BOTH, AGAIN))
    setting_up_s = START_S + CALIBRATION_S + 2 * settings.cold_starts * COLD_START_S
    assert measuring_s + setting_up_s <= LIMITS_S[name]
    assert measuring_s + setting_up_s >= 0.75 * LIMITS_S[name]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_rounds_enough_for_a_verdict_on_three_scenarios(name: Name) -> None:
    """An interval needs six, three scenarios at once a seventh."""
    preset = PRESETS[name]
    assert min(preset.efficiency.rounds, preset.capacity.rounds, preset.latency.rounds) >= 7
