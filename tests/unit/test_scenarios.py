"""What load takes for a right answer."""

import pytest

from loadtests.scenarios import ECHO, INDEX, operation

RIGHT = {"server": "gunicorn", "content-type": "application/json"}


def test_fault_of_the_right_answer_is_none() -> None:
    """Nothing is wrong with what the contract says."""
    assert INDEX.fault("gunicorn", 200, RIGHT, b'{"msg":"Success!"}') is None


@pytest.mark.parametrize(
    ("server", "status", "headers", "body", "fault"),
    [
        ("uvicorn", 200, RIGHT, b'{"msg":"Success!"}', "the answer is from 'gunicorn' instead of 'uvicorn'"),
        ("gunicorn", 503, RIGHT, b'{"msg":"Success!"}', "the status is 503 instead of 200"),
        (
            "gunicorn",
            200,
            {**RIGHT, "content-type": "text/plain"},
            b'{"msg":"Success!"}',
            "the content type is 'text/plain' instead of 'application/json'",
        ),
        (
            "gunicorn",
            200,
            RIGHT,
            b'{"msg": "Success!"}',
            'the body is b\'{"msg": "Success!"}\' instead of b\'{"msg":"Success!"}\'',
        ),
    ],
    ids=["server", "status", "content type", "one byte"],
)
def test_fault_of_a_wrong_answer_says_what_is_wrong(
    server: str, status: int, headers: dict[str, str], body: bytes, fault: str
) -> None:
    """Server, status, content type and every byte count."""
    assert INDEX.fault(server, status, headers, body) == fault


def test_operation_of_a_waiting_scenario_asks_for_its_milliseconds() -> None:
    """The delay is part of the request and of the answer."""
    waiting = operation("wait", 35)
    assert waiting.path == "/wait?ms=35"
    assert waiting.answer == b'{"msg":"Success!","waited_ms":35}'


def test_echo_expects_what_it_sends() -> None:
    """The answer to echo is its own body, byte for byte."""
    assert ECHO.body == ECHO.answer
