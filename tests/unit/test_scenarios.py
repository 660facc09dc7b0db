"""What load takes for a right answer."""

from dataclasses import replace

import pytest

from loadtests.scenarios import ECHO, INDEX, SCENARIOS, operation

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


def test_fault_of_a_service_whose_server_is_not_known_leaves_the_server_alone() -> None:
    """A service of one's own may be served by anything."""
    anything = {**RIGHT, "server": "anything"}
    assert INDEX.fault(None, 200, anything, b'{"msg":"Success!"}') is None


def test_fault_of_an_answer_without_a_content_type_is_one_unless_none_is_expected() -> None:
    """Absent is different from right."""
    bare = replace(INDEX, content_type=None)
    assert INDEX.fault(None, 200, {}, INDEX.answer) == (
        "the content type is None instead of 'application/json'"
    )
    assert bare.fault(None, 200, {}, bare.answer) is None
    assert bare.fault(None, 200, RIGHT, bare.answer) == (
        "the content type is 'application/json' instead of None"
    )


def test_fault_of_a_long_body_shows_its_beginning_only() -> None:
    """A fault is a sentence."""
    fault = INDEX.fault(None, 200, RIGHT, b"x" * 1_000_000)
    assert fault is not None
    assert len(fault) < 250


def test_written_without_a_body_has_no_length() -> None:
    """A GET is a head and an empty line."""
    assert INDEX.written("here:1300") == (
        b"GET / HTTP/1.1\r\nHost: here:1300\r\nAccept-Encoding: identity\r\n\r\n"
    )


def test_written_with_a_body_says_its_length_in_bytes() -> None:
    """Letters beyond ASCII are more bytes than characters."""
    head, _, body = ECHO.written("here").partition(b"\r\n\r\n")
    assert body == ECHO.body
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
    assert len(body) > len(body.decode())


def test_written_with_an_empty_body_says_that_it_is_empty() -> None:
    """A POST without a length would let some servers wait."""
    assert b"\r\nContent-Length: 0\r\n" in replace(ECHO, body=b"").written("here")


def test_written_with_a_host_of_its_own_keeps_it() -> None:
    """A service behind a name can be asked at its address."""
    named = replace(INDEX, headers={"Host": "name.example"})
    assert named.written("127.0.0.1:80") == b"GET / HTTP/1.1\r\nHost: name.example\r\n\r\n"


@pytest.mark.parametrize("name", SCENARIOS)
def test_operation_of_a_scenario_has_its_name_and_a_delay_where_it_waits(name: str) -> None:
    """The arithmetic ceiling comes from the delay; only one scenario has one."""
    found = operation(name, 20)
    assert found.name == name
    assert found.delay_s == (0.02 if name == "wait" else 0)
