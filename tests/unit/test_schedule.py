"""The order of measuring."""

from collections import Counter

from loadtests.rounds import schedule
from loadtests.targets import targets

CONTROL, CANDIDATE = targets({})


def test_schedule_of_four_rounds_takes_turns_in_who_is_first() -> None:
    """A B B A A B B A: whatever drifts hits both alike."""
    cells = [cell for cell in schedule(["index"], (CONTROL, CANDIDATE), 4) if cell.round]
    assert "".join("A" if cell.target is CONTROL else "B" for cell in cells) == "ABBAABBA"


def test_schedule_measures_every_cell_once_a_round_after_one_warm_up() -> None:
    """Every target meets every scenario in every round; round 0 is the warm-up."""
    cells = Counter(
        (c.round, c.scenario, c.target.name) for c in schedule(["index", "wait"], (CONTROL, CANDIDATE), 3)
    )
    expected = [
        (number, scenario, name)
        for number in range(4)
        for scenario in ("index", "wait")
        for name in ("flask", "fastapi")
    ]
    assert cells == Counter(expected)


def test_schedule_keeps_the_two_of_a_pair_next_to_each_other() -> None:
    """No other scenario runs between the two measurements that are compared."""
    cells = list(schedule(["index", "echo", "wait"], (CONTROL, CANDIDATE), 2))
    for first, second in zip(cells[::2], cells[1::2], strict=True):
        assert (first.round, first.scenario) == (second.round, second.scenario)
        assert first.target is not second.target
