"""The list of known differences is enforced both ways, and can hold nothing of the application's."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.parity.differences import BadDifferences, Differences, load
from tests.parity.engine.case import Case
from tests.parity.engine.exchange import Answer, End, Response

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
OK = Answer((Response(200, ((b"Content-Type", b"text/plain"),), b"ok"),), End.OPEN)
NO = Answer((Response(400, ((b"Content-Type", b"text/html"),), b"no"),), End.CLOSED)
WORSE = Answer((Response(500, ((b"Content-Type", b"text/html"),), b"no"),), End.CLOSED)
OK_LINE, NO_LINE = "200 text/plain 2 B, open", "400 text/html 2 B, closed"

KNOWN: dict[str, Any] = {
    "name": "a-reason",
    "layer": "server",
    "rfc": "RFC 9112, 3.2",
    "level": "MUST",
    "right": "flask",
    "reason": "One server looks, the other does not.",
    "notices": "Nothing.",
    "cases": {"some.server": {"flask": NO_LINE, "fastapi": OK_LINE}},
}
AGREED: dict[str, Any] = {
    "name": "a-shared-fault",
    "layer": "server",
    "rfc": "RFC 9112, 3.2",
    "level": "MUST",
    "reason": "Neither server looks.",
    "cases": {"some.server": OK_LINE},
}


def case(name: str, expected: Answer | None = None) -> Case:
    """Write a case of the layer that its name says."""
    layer: Any = name.partition(".")[2]
    return Case(name, "some", "A case", "contract", "MUST", layer, (GET,), 1, False, (False,), expected)


SERVER = case("some.server")
APPLICATION = case("some.application", OK)


def listed(folder: Path, *known: dict[str, Any], agreed: tuple[dict[str, Any], ...] = ()) -> Differences:
    """Write a file with these groups and read it."""
    path = folder / "differences.yaml"
    path.write_text(yaml.safe_dump({"differences": list(known), "agreed_but_wrong": list(agreed)}), "ascii")
    return load([SERVER, APPLICATION], path)


def test_server_with_equal_answers_passes(tmp_path: Path) -> None:
    """What is not listed must be the same."""
    assert listed(tmp_path).judge(SERVER, OK, OK) is None


def test_server_with_an_unlisted_difference_fails(tmp_path: Path) -> None:
    """Both answers and the first byte are shown."""
    fault = listed(tmp_path).judge(SERVER, NO, OK)

    assert fault is not None
    assert fault.startswith(f"the servers differ, and no entry says why: flask {NO_LINE} | fastapi {OK_LINE}")
    assert "first difference at byte 9" in fault


def test_server_with_a_listed_difference_passes(tmp_path: Path) -> None:
    """As long as both answers are the ones listed."""
    assert listed(tmp_path, KNOWN).judge(SERVER, NO, OK) is None


def test_server_with_a_listed_difference_that_vanished_fails(tmp_path: Path) -> None:
    """The list must not promise a difference that is gone."""
    assert listed(tmp_path, KNOWN).judge(SERVER, OK, OK) == (
        f"listed under 'a-reason', but both answer {OK_LINE}: take it off the list"
    )


@pytest.mark.parametrize(("flask", "fastapi"), [(WORSE, OK), (NO, WORSE), (OK, NO)])
def test_server_with_a_listed_difference_that_changed_fails(
    tmp_path: Path, flask: Answer, fastapi: Answer
) -> None:
    """On either side, and where the sides are swapped."""
    fault = listed(tmp_path, KNOWN).judge(SERVER, flask, fastapi)

    assert fault is not None
    assert fault.startswith("listed under 'a-reason' with other answers: ")


def test_server_with_a_shared_fault_passes(tmp_path: Path) -> None:
    """As long as both make it."""
    assert listed(tmp_path, agreed=(AGREED,)).judge(SERVER, OK, OK) is None


def test_server_with_a_shared_fault_that_is_gone_fails(tmp_path: Path) -> None:
    """The list must not accuse both of what both have mended."""
    assert listed(tmp_path, agreed=(AGREED,)).judge(SERVER, NO, NO) == (
        f"listed as agreed but wrong (a-shared-fault) with {OK_LINE}; now {NO_LINE}"
    )


def test_server_with_a_shared_fault_that_one_mended_fails(tmp_path: Path) -> None:
    """That is a difference like any other."""
    fault = listed(tmp_path, agreed=(AGREED,)).judge(SERVER, NO, OK)

    assert fault is not None
    assert fault.startswith("the servers differ, and no entry says why")


def test_application_as_expected_passes(tmp_path: Path) -> None:
    """Both answer as the contract says."""
    assert listed(tmp_path).judge(APPLICATION, OK, OK) is None


@pytest.mark.parametrize(("flask", "fastapi", "blamed"), [(NO, OK, "flask"), (OK, NO, "fastapi")])
def test_application_with_one_wrong_answer_fails(
    tmp_path: Path, flask: Answer, fastapi: Answer, blamed: str
) -> None:
    """The side that left the contract is named."""
    fault = listed(tmp_path).judge(APPLICATION, flask, fastapi)

    assert fault is not None
    assert fault.startswith(f"{blamed} (B) does not answer as the contract says (A)\nfirst difference")


def test_application_with_equal_wrong_answers_fails(tmp_path: Path) -> None:
    """To be alike is not enough."""
    fault = listed(tmp_path).judge(APPLICATION, NO, NO)

    assert fault is not None
    assert fault.startswith("both answer alike, but not as the contract says (A)")


@pytest.mark.parametrize("group", [KNOWN, AGREED])
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("some.stranger", "no case is called some.stranger"),
        (
            "some.application",
            "some.application is answered by the application, which has no known differences",
        ),
    ],
)
def test_list_with_a_case_that_does_not_belong_is_refused(
    tmp_path: Path, group: dict[str, Any], name: str, says: str
) -> None:
    """One that does not exist, or that the application answers."""
    misplaced = {**group, "cases": {name: group["cases"]["some.server"]}}
    known, agreed = ((misplaced,), ()) if "right" in group else ((), (misplaced,))

    with pytest.raises(BadDifferences, match=says):
        listed(tmp_path, *known, agreed=agreed)


def test_list_with_a_case_twice_is_refused(tmp_path: Path) -> None:
    """A case cannot both differ and agree."""
    with pytest.raises(BadDifferences, match=r"some\.server is listed twice"):
        listed(tmp_path, KNOWN, agreed=(AGREED,))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"layer": "application"}, r"differences\.0\.layer: Input should be 'server'"),
        ({"right": "nobody"}, r"differences\.0\.right: "),
        ({"reason": ""}, r"differences\.0\.reason: "),
        ({"notices": None}, r"differences\.0\.notices: "),
        ({"cases": {}}, r"differences\.0\.cases: "),
        ({"cases": {"some.server": {"flask": OK_LINE}}}, r"differences\.0\.cases\.some\.server\.fastapi: "),
        ({"surprise": 1}, r"differences\.0\.surprise: Extra inputs"),
    ],
)
def test_list_that_is_incomplete_is_refused(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    """Every group says all that there is to say."""
    with pytest.raises(BadDifferences, match=says):
        listed(tmp_path, {**KNOWN, **changes})


def test_the_list_is_of_the_server_layer_alone(cases: list[Case], differences: Differences) -> None:
    """The applications have no known difference."""
    layers = {case.id: case.layer for case in cases}

    assert {layers[name] for name in [*differences.known, *differences.agreed]} == {"server"}
