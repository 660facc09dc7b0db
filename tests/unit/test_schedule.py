"""The order of measuring within a unit."""

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import pytest

from loadtests.cli import parser
from loadtests.compare import plan
from loadtests.compare.presets import PRESETS, Name
from loadtests.compare.schedule import Step, levels, schedule
from loadtests.inference import LEAST_LOOK
from loadtests.results import Efficiency, Settings
from tests.unit.results_factory import SETTINGS

CONTROL, CANDIDATE = "flask", "fastapi"
BOTH = (CONTROL, CANDIDATE)
NAMES = ("index", "echo", "wait")
TWICE = Efficiency(rounds=2, round_s=1, connections=8)


def steps(unit: int = 1, names: Collection[str] = NAMES, **changes: Any) -> list[Step]:
    """Return the steps of a unit under the settings, but for the changes."""
    return list(schedule(SETTINGS.model_copy(update=changes), unit, BOTH, names))


@pytest.fixture
def preset(monkeypatch: pytest.MonkeyPatch) -> Callable[[Name], Settings]:
    """Return the settings that a preset comes to on two cores."""
    monkeypatch.setattr(plan, "cores", lambda: (0, 1))

    def settings(name: Name) -> Settings:
        options = [] if name == "default" else [f"--{name}"]
        return plan.plan(parser().parse_args(["compare", *options])).settings

    return settings


def test_schedule_of_a_unit_warms_up_everything_first_and_once() -> None:
    """Both at once under every scenario, as in their rounds; round 0 is not kept."""
    found = [step for step in steps() if step.round == 0]
    assert found == steps()[: len(found)]
    assert [(s.setup, s.scenario, s.level, s.targets) for s in found] == [
        ("efficiency", scenario, 8, BOTH) for scenario in NAMES
    ]


def test_schedule_of_a_unit_measures_every_cell_once_a_round() -> None:
    """3 × 2 pairs at once; 8 + 8 + 8 levels of 2 in a closed and 2 × 3 rates of 2 in an open loop."""  # noqa: RUF002
    found = [step for step in steps(efficiency=TWICE) if step.round]
    assert max(Counter((s.setup, s.scenario, s.level, s.round, s.targets) for s in found).values()) == 1
    assert Counter(step.setup for step in found) == {"efficiency": 6, "capacity": 48, "latency": 12}


def test_schedule_of_a_unit_has_its_number_in_every_step() -> None:
    """What was measured together is found together."""
    assert {step.unit for step in steps(7)} == {7}


@pytest.mark.parametrize("setup", ["capacity", "latency"])
@pytest.mark.parametrize(("unit", "order"), [(1, BOTH), (2, BOTH[::-1]), (3, BOTH), (4, BOTH[::-1])])
def test_schedule_of_what_is_measured_alone_takes_turns_from_unit_to_unit(
    unit: int, order: tuple[str, str], setup: str
) -> None:
    """A B in one unit and B A in the next, with nothing else between the two of a pair."""
    found = [step for step in steps(unit) if step.setup == setup]
    assert found
    for first, second in zip(found[::2], found[1::2], strict=True):
        assert (first.scenario, first.level) == (second.scenario, second.level)
        assert (first.targets, second.targets) == ((order[0],), (order[1],))


@pytest.mark.parametrize("unit", [1, 2])
def test_schedule_loads_both_at_once_for_efficiency(unit: int) -> None:
    """Whatever disturbs one disturbs the other; control and candidate keep their places."""
    assert {step.targets for step in steps(unit) if step.setup == "efficiency"} == {BOTH}


def test_schedule_of_efficiency_has_rounds_outermost() -> None:
    """A slow drift of the machine spreads over every scenario."""
    found = [(s.round, s.scenario) for s in steps(efficiency=TWICE) if s.setup == "efficiency" and s.round]
    assert found == [(number, scenario) for number in (1, 2) for scenario in NAMES]


def test_schedule_measures_each_capacity_before_the_rates_that_come_of_it() -> None:
    """The open loop's rates are shares of the first unit's capacity."""
    order = [step.setup for step in steps()]
    assert order.index("latency") == len(order) - order[::-1].index("capacity")


def test_schedule_of_a_handler_that_waits_has_no_open_loop() -> None:
    """Its latency is the wait."""
    assert {step.scenario for step in steps() if step.setup == "latency"} == {"index", "echo"}


@pytest.mark.parametrize("names", [["echo"], ["wait", "index"], []])
def test_schedule_of_some_scenarios_leaves_out_the_others_alone(names: list[str]) -> None:
    """What is settled is neither warmed up nor measured again; the order stays that of the settings."""
    assert steps(names=names) == [step for step in steps() if step.scenario in names]


@pytest.mark.parametrize("left_out", ["efficiency", "capacity", "latency"])
def test_schedule_without_a_setup_leaves_it_out(left_out: str) -> None:
    """What was not asked for is not measured."""
    without: dict[str, Any] = {left_out: None}
    setups = {step.setup for step in steps(**without) if step.round}
    assert setups == {"efficiency", "capacity", "latency"} - {left_out}


def test_schedule_without_efficiency_warms_up_all_the_same() -> None:
    """With a connection to each."""
    found = [step for step in steps(efficiency=None) if step.round == 0]
    assert [(step.scenario, step.level, step.targets) for step in found] == [(n, 1, BOTH) for n in NAMES]


@pytest.mark.parametrize(
    ("sweep", "index", "wait"),
    [((), [8, 16, 32, 64], [128]), ((1, 8, 256), [1, 8, 16, 32, 64, 256], [1, 8, 128, 256])],
)
def test_levels_of_a_scenario_are_its_plateau_and_the_sweep(
    sweep: tuple[int, ...], index: list[int], wait: list[int]
) -> None:
    """Each once, from the lowest to the highest."""
    assert SETTINGS.capacity is not None
    settings = SETTINGS.model_copy(update={"capacity": SETTINGS.capacity.model_copy(update={"sweep": sweep})})
    by_name = {one.name: one for one in settings.scenarios}
    assert levels(settings, by_name["index"]) == index
    assert levels(settings, by_name["wait"]) == wait
    scheduled = schedule(settings, 1, BOTH, ["wait"])
    assert [step.level for step in scheduled if step.setup == "capacity"] == [n for n in wait for _ in BOTH]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_units_enough_for_a_verdict(name: Name) -> None:
    """The least are as many as any interval needs, and there is room for more."""
    stopping = PRESETS[name].stopping
    assert LEAST_LOOK <= stopping.least_units < stopping.most_units
