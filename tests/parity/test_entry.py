"""How the corpus is read: what an entry stands for, and what is said about a wrong one."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.parity.corpus import BadCorpus, load
from tests.parity.engine.case import Case
from tests.parity.engine.exchange import Answer, End, Response

ENTRY: dict[str, Any] = {
    "id": "some.case",
    "what": "A case",
    "rfc": "RFC 9110, 9.1",
    "level": "MUST",
    "layer": "server",
    "get": "/",
}
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
ECHO = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3\r\n"
ECHO_WITH_FIELD = ECHO.replace(b"Content-Length", b"X: y\r\nContent-Length")
NOT_FOUND = Response(
    404,
    ((b"Content-Type", b"application/problem+json"), (b"Content-Length", b"98")),
    b'{"type":"about:blank","title":"Not Found","status":404,"detail":"Nothing is served at this path."}',
)


def written(folder: Path, *entries: Any, name: str = "some.yaml") -> Path:
    """Write a family."""
    (folder / name).write_text(yaml.safe_dump(list(entries)), "ascii")
    return folder


def changed(**changes: Any) -> dict[str, Any]:
    """Change the entry; None takes a member away."""
    return {name: value for name, value in {**ENTRY, **changes}.items() if value is not None}


def only(folder: Path, **changes: Any) -> Case:
    """Read the one case that the changed entry stands for."""
    (case,) = load(written(folder, changed(**changes)))
    return case


def test_entry_becomes_a_case(tmp_path: Path) -> None:
    """With everything that stands in it, and the family from its id."""
    case = only(tmp_path)

    assert case == Case(
        "some.case", "some", "A case", "RFC 9110, 9.1", "MUST", "server", (GET,), 1, False, (False,), None
    )


@pytest.mark.parametrize(
    ("changes", "pieces"),
    [
        ({"get": "/", "fields": ["X: y"]}, [GET[:-2] + b"X: y\r\n\r\n"]),
        ({"get": None, "echo": "abc"}, [ECHO + b"\r\nabc"]),
        (
            {"get": None, "echo": "abc", "fields": ["X: y"]},
            [ECHO_WITH_FIELD + b"\r\nabc"],
        ),
        ({"get": None, "send": "\x00\xff\r\n"}, [b"\x00\xff\r\n"]),
        ({"get": None, "send": ["a", {"repeat": "bc", "times": 3}, "d"]}, [b"abcbcbcd"]),
        ({"get": None, "send": {"repeat": "\xff", "times": 70_000}}, [b"\xff" * 70_000]),
        ({"get": None, "pieces": ["a", "b"]}, [b"a", b"b"]),
    ],
)
def test_entry_says_what_is_sent(tmp_path: Path, changes: dict[str, Any], pieces: list[bytes]) -> None:
    """Byte for byte, in each of the ways to write it."""
    assert list(only(tmp_path, **changes).pieces) == pieces


def test_entry_of_the_application_has_its_answer(tmp_path: Path) -> None:
    """By its name in the contract, on a connection that is kept."""
    case = only(tmp_path, layer="application", expect="not_found")

    assert case.expected == Answer((NOT_FOUND,), End.OPEN)


def test_entry_with_head_expects_no_body(tmp_path: Path) -> None:
    """The headers are those that GET would get."""
    send = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
    case = only(tmp_path, get=None, send=send, layer="application", expect="not_found", end="closed")

    assert case.heads == (True,)
    assert case.expected == Answer((Response(404, NOT_FOUND.headers, b""),), End.CLOSED)


def test_entry_split_at_every_byte_becomes_many_cases(tmp_path: Path) -> None:
    """Two pieces for each place, and one case in single bytes; always the same request."""
    cases = load(written(tmp_path, changed(split="at every byte")))

    assert len(cases) == len(GET)
    assert {case.request for case in cases} == {GET}
    assert [len(case.pieces[0]) for case in cases[:-1]] == list(range(1, len(GET)))
    assert cases[-1].pieces == tuple(GET[i : i + 1] for i in range(len(GET)))
    assert (cases[0].id, cases[-1].id) == ("some.case@1", "some.case@each")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": None}, "some.yaml, entry 1 (without id): id: Field required"),
        ({"id": "Some.Case"}, "the id must begin with 'some' and a dot"),
        ({"id": "other.case"}, "the id must begin with 'some' and a dot"),
        ({"what": None}, "some.yaml, entry 1 (some.case): what: Field required"),
        ({"rfc": "9110"}, "rfc: String should match"),
        ({"level": "must"}, "level: Input should be 'MUST', 'SHOULD', 'MAY' or 'choice'"),
        ({"layer": "app"}, "layer: Input should be 'application' or 'server'"),
        ({"surprise": 1}, "surprise: Extra inputs are not permitted"),
        ({"get": None}, "exactly one of send, pieces, get and echo"),
        ({"send": "x"}, "exactly one of send, pieces, get and echo"),
        ({"get": None, "send": "x", "fields": ["X: y"]}, "fields belong to get and echo"),
        ({"layer": "application"}, "the application's answer must be there"),
        ({"expect": "success"}, "the application's answer must be there, and the server's must not"),
        ({"end": "closed"}, "end belongs to expect"),
        ({"layer": "application", "expect": "nothing"}, "no such answer: 'nothing'"),
        ({"layer": "application", "expect": {"refused": []}}, "no such answer: {'refused': []}"),
        ({"layer": "application", "expect": ["success"], "count": 2}, "one answer for each response"),
        ({"late": True}, "only pieces can be late"),
        ({"patience_s": 0}, "patience_s: Input should be greater than or equal to 1"),
        ({"count": 2, "heads": [True]}, "heads needs one value for each response"),
        ({"count": 2, "split": "at every byte"}, "only one whole request can be split"),
        ({"get": None, "send": "\u0100"}, "ordinal not in range(256)"),
        ({"get": None, "send": {"repeat": "", "times": 1}}, "send"),
    ],
)
def test_entry_that_is_wrong_is_named_with_its_file(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    """The error says where, and what is wrong there."""
    with pytest.raises(BadCorpus) as caught:
        load(written(tmp_path, changed(**changes)))

    assert str(caught.value).startswith("some.yaml, entry 1 (")
    assert says in str(caught.value)


def test_entry_may_be_late_and_patient(tmp_path: Path) -> None:
    """Its pieces come a tenth of a second apart, and its answer is waited for as long as it says."""
    case = only(tmp_path, get=None, pieces=["GET / HT", "TP/1.1\r\n\r\n"], late=True, patience_s=3)

    assert (case.pause_s, case.patience_s) == (0.1, 3)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"- {", "some.yaml: while parsing"),
        (b"- \xc3\xa9", "some.yaml: 'ascii' codec"),
        (b"x: 1", "some.yaml: not a list of entries"),
        (b"", "some.yaml: not a list of entries"),
        (b"- x", "some.yaml, entry 1 (without id): "),
    ],
)
def test_family_that_is_no_list_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    """Not YAML, not ASCII, or something else."""
    (tmp_path / "some.yaml").write_bytes(content)

    with pytest.raises(BadCorpus) as caught:
        load(tmp_path)

    assert str(caught.value).startswith(says)


def test_family_with_an_id_twice_is_refused(tmp_path: Path) -> None:
    """An id means one case."""
    with pytest.raises(BadCorpus, match=r"more than one entry is called some\.case"):
        load(written(tmp_path, ENTRY, ENTRY))


def test_corpus_without_families_is_refused(tmp_path: Path) -> None:
    """A wrong folder is not an empty corpus."""
    with pytest.raises(BadCorpus, match="there are no families"):
        load(tmp_path)
