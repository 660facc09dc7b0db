"""What counts as one observation."""

import pytest

from loadtests.analysis.pairing import pairs


def test_pairs_of_rounds_of_one_process_are_one_observation() -> None:
    """Seven processes of two rounds give seven pairs, each the geometric mean of its rounds."""
    control = {number: 2.0 if number % 2 else 8.0 for number in range(1, 15)}
    candidate = {number: 3.0 if number % 2 else 12.0 for number in range(1, 15)}
    found = pairs(control, candidate, 2)
    assert len(found) == 7
    assert all(pair == pytest.approx((4, 6)) for pair in found)


def test_pairs_of_too_few_processes_are_rounds() -> None:
    """Five processes could carry no interval, so their rounds count one by one."""
    values = {number: float(number) for number in range(1, 11)}
    assert pairs(values, values, 2) == [(value, value) for value in values.values()]


def test_pairs_without_new_processes_are_rounds() -> None:
    """Where nothing is replaced, every round is an observation."""
    values = {number: float(number) for number in range(1, 8)}
    assert len(pairs(values, values, None)) == 7


def test_pairs_leave_out_what_one_side_lacks() -> None:
    """A round without its second instance, or with nothing measured, is no pair."""
    control: dict[int, float | None] = {1: 1.0, 2: None, 3: 0.0, 4: 4.0}
    candidate: dict[int, float | None] = {1: 2.0, 2: 2.0, 3: 2.0}
    assert pairs(control, candidate, None) == [(1.0, 2.0)]
