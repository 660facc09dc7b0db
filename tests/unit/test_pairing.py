"""What counts as one observation."""

from loadtests.analysis.pairing import by_unit, pairs
from loadtests.results import Reading
from tests.unit.results_factory import reading


def throughput(unit: int, requests: int, number: int = 1) -> Reading:
    """Make a reading of so many answers in a second."""
    return reading("capacity", "index", 8, unit, "flask", requests=requests, round=number)


def value(one: Reading) -> float:
    """Return what is compared."""
    return one.throughput_per_s


def test_by_unit_of_rounds_of_one_process_is_one_observation() -> None:
    """Rounds are put together by their geometric mean, in whatever order they come."""
    found = by_unit([[throughput(2, 8), throughput(1, 3), throughput(2, 2, 2)]], value)
    assert {unit: round(one, 9) for unit, one in found.items()} == {1: 3, 2: 4}
    assert list(found) == [1, 2]


def test_by_unit_of_several_cells_weighs_each_cell_alike() -> None:
    """A cell of two rounds counts no more than one of a single round: (2 * (8 * 8) ** ½) ** ½."""
    found = by_unit([[throughput(1, 2)], [throughput(1, 8), throughput(1, 8, 2)]], value)
    assert round(found[1], 9) == 4


def test_by_unit_of_a_unit_that_lacks_a_value_in_one_cell_leaves_it_out() -> None:
    """Half a plateau is another question; zero and what is unknown are no values."""
    whole, holed = [throughput(unit, 4) for unit in (1, 2, 3)], [throughput(1, 4), throughput(2, 0)]
    assert list(by_unit([whole, holed], value)) == [1]
    assert by_unit([whole], lambda _: None) == by_unit([whole, []], value) == by_unit([], value) == {}


def test_pairs_of_units_that_both_have_keep_their_numbers() -> None:
    """A unit without its other half is no pair."""
    assert pairs({3: 4.0, 1: 1.0, 2: 9.0}, {1: 2.0, 3: 5.0, 4: 9.0}) == [(1, 1.0, 2.0), (3, 4.0, 5.0)]
