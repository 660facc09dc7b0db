"""The command line as it is called, in this process: what is refused, and how it is said."""

import sys
from pathlib import Path

import pytest

from loadtests.__main__ import main
from loadtests.compare import plan


def called(monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """Call the command and return its status."""
    monkeypatch.setattr(sys, "argv", ["python -m loadtests", "compare", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--scenario", "nope"], "argument --scenario: invalid choice: 'nope'"),
        (["--units", "0"], "argument --units: must be a whole number from 1 to 200, not '0'"),
        (["--units", "201"], "argument --units: must be a whole number from 1 to 200, not '201'"),
        (["--rounds", "5"], "unrecognized arguments: --rounds 5"),
        (["--seed", "-1"], "argument --seed: must be a whole number from 0 to 99999999, not '-1'"),
        (["--hash-seed", "x"], "argument --hash-seed: must be a whole number from 0 to 99999999, not 'x'"),
        (["--quick", "--thorough"], "argument --thorough: not allowed with argument --quick"),
        (["--seconds", "nan"], "argument --seconds: must be seconds from 0.05 to 600, not 'nan'"),
        (["--flask-url", "http://127.0.0.1:1"], "--flask-url and --fastapi-url need --backend url."),
        (["--backend", "url", "--flask-url", "nonsense"], "--flask-url (FLASK_URL) must be http://HOST"),
        (["--json", "/nowhere/x.json"], "The results cannot be kept in /nowhere: there is no such folder."),
        (["--setup", "latency"], "--setup latency needs --setup capacity"),
        (["--assert", "index.ratio"], "argument --assert: must be like"),
        (["--handicap", "flask=lots"], "argument --handicap: must be a percentage"),
        (["--control", "Old=http://127.0.0.1:9"], "Services of your own need --control NAME=URL"),
    ],
)
def test_compare_with_bad_input_is_refused_in_one_sentence(
    options: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Status 2, no stack trace, nothing started."""
    monkeypatch.setattr(plan, "cores", lambda: (0, 1))
    assert called(monkeypatch, "--out", str(tmp_path / "results"), *options) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert sentence in told.err
    assert len(told.err.splitlines()) == 1


def test_compare_on_one_core_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The generator would take from the servers what is measured."""
    monkeypatch.setattr(plan, "cores", lambda: (None, None))
    assert called(monkeypatch, "--out", str(tmp_path)) == 2
    assert "There is no second core" in capsys.readouterr().err
