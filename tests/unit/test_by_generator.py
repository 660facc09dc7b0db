"""The table of what each generator says of both services."""

import pytest

from loadtests.targets import targets
from tests.experiments import by_generator
from tests.experiments.by_generator import Found, Reading, lines, main

FOUND: Found = {
    ("flask", 16, "ours"): [Reading(2000 + n, 0.005, 0.010, 300e-6) for n in range(7)],
    ("flask", 16, "wrk"): [Reading(2000 + n, 0.005, 0.020, 300e-6) for n in range(7)],
    ("fastapi", 16, "ours"): [Reading(6000 + 3 * n, 0.002, 0.004, 120e-6) for n in range(7)],
    ("fastapi", 16, "wrk"): [Reading(4000 + 2 * n, 0.003, 0.004, 150e-6) for n in range(7)],
}


def test_each_generator_stands_over_ours_and_has_a_ratio_of_its_own() -> None:
    """Medians first, then ratios from pairs; ours has none to itself."""
    written = [line.split() for line in lines(FOUND, targets({}), [16])]
    assert written[1] == ["Flask", "16", "ours", "2,003", "5.000", "10.00", "300"]
    assert written[4][:6] == ["FastAPI", "16", "wrk", "4,006", "0.67", "[0.67,"]
    assert written[4][-4:] == ["150", "1.25", "[1.25,", "1.25]"]
    assert written[7] == ["in", "flight", "ours", "wrk"]
    assert written[8] == ["16", "3.00", "[3.00,", "3.00]", "2.00", "[2.00,", "2.00]"]
    assert written[-2] == ["16", "0.40", "[0.40,", "0.40]", "0.50", "[0.50,", "0.50]"]


def test_without_two_cores_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence and status 2."""
    monkeypatch.setattr(by_generator, "cores", lambda: (None, None))
    assert main([]) == 2
    assert "two cores are needed" in capsys.readouterr().err


def test_fewer_than_one_request_in_flight_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is started."""
    monkeypatch.setattr(by_generator, "cores", lambda: (0, 1))
    assert main(["16", "0"]) == 2
    assert "0 requests in flight" in capsys.readouterr().err


def test_without_strangers_there_is_nothing_to_compare_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No failure: `make bench-generator` has more to show."""
    monkeypatch.setattr(by_generator, "cores", lambda: (0, 1))
    monkeypatch.setattr(by_generator, "STRANGERS", ())
    assert main([]) == 0
    assert "not compared" in capsys.readouterr().out
