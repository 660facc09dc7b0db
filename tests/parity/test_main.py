"""The command `python -m tests.parity`, against real services."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.contract.document import Document
from tests.services import COMMANDS, free_port, running, start, stop, wait_until_it_answers

pytestmark = pytest.mark.full

TIMEOUT_S = 300


@pytest.fixture(scope="module")
def urls() -> Iterator[tuple[str, str]]:
    """Return where both services run."""
    with running("flask") as flask, running("fastapi") as fastapi:
        yield flask.url, fastapi.url


@pytest.fixture(scope="module")
def faulty() -> Iterator[str]:
    """Return where a FastAPI service runs that allows one character too many."""
    port = free_port()
    command = [sys.executable, "-m", "tests.parity.faults", "longer-message", "fastapi_app"]
    process = start([*command, "--port", str(port)])
    try:
        wait_until_it_answers(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def run(*options: str) -> tuple[int, str]:
    """Run the command to its end; return the status and everything it wrote."""
    process = start([*COMMANDS["flask"][:2], "tests.parity", *options])
    try:
        output, _ = process.communicate(timeout=TIMEOUT_S)
    finally:
        stop(process)
    return process.returncode, output


def test_parity_of_both_services_is_0(urls: tuple[str, str]) -> None:
    """The corpus with the known differences, then generated requests; each is counted."""
    status, output = run(*urls, "--pairs", "300")

    assert status == 0, output
    assert "0 failures" in output
    assert "300 pairs" in output


def test_parity_in_the_other_order_is_0(urls: tuple[str, str]) -> None:
    """Which of the two is gunicorn is seen, not assumed."""
    status, output = run("--quick", *reversed(urls))

    assert status == 0, output


def test_parity_of_a_service_with_itself_is_0(urls: tuple[str, str]) -> None:
    """With the same server on both sides no difference is accepted, and none is there."""
    status, output = run(urls[1], urls[1], "--pairs", "100")

    assert status == 0, output


def test_parity_with_a_faulty_service_is_1(urls: tuple[str, str], faulty: str) -> None:
    """The case is named, both answers are shown, and a command repeats it."""
    status, output = run("--quick", urls[0], faulty)

    assert status == 1
    assert "json.msg-281" in output
    assert "first difference at byte" in output
    assert "/dev/tcp/" in output


def test_parity_by_a_document_finds_the_fault(urls: tuple[str, str], faulty: str, tmp_path: Path) -> None:
    """Requests generated from the document alone find what they can: here the limit that it names."""
    content = Document.load().content
    document = tmp_path / "openapi.yaml"
    document.write_text(yaml.safe_dump({**content, "paths": {"/echo": content["paths"]["/echo"]}}))
    status, output = run(urls[0], faulty, "--openapi", str(document), "--seed", "1")

    assert status == 1, output
    assert "POST /echo" in output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["http://127.0.0.1:9", "http://127.0.0.1:9"],
            "http://127.0.0.1:9 cannot be reached: Connection refused.",
        ),
        (
            ["https://127.0.0.1", "http://127.0.0.1"],
            "https://127.0.0.1 is no http:// URL; TLS is not compared.",
        ),
        (["http://no-such-host.invalid", "http://x"], "http://no-such-host.invalid cannot be reached:"),
        (
            ["http://127.0.0.1:99999", "http://x"],
            "http://127.0.0.1:99999 cannot be reached: Port out of range",
        ),
        (["http://127.0.0.1"], "the following arguments are required: http://B"),
        (["http://a", "http://b", "--pairs", "many"], "argument --pairs: must be a whole number, not 'many'"),
    ],
)
def test_parity_with_bad_input_is_2_with_one_sentence(options: list[str], sentence: str) -> None:
    """Nothing could be told, and the sentence says why."""
    status, output = run(*options)

    assert status == 2
    assert output.startswith(f"python -m tests.parity: {sentence}")
    assert output.count("\n") == 1


@pytest.mark.parametrize(
    "content", [None, "{", "a: b", 'openapi: "3.1.0"\ninfo: {title: x, version: "1"}\npaths: {}\n']
)
def test_parity_with_a_bad_document_is_2(urls: tuple[str, str], tmp_path: Path, content: str | None) -> None:
    """A document that is missing, malformed, none or empty is named."""
    path = tmp_path / "openapi.yaml"
    if content is not None:
        path.write_text(content)
    status, output = run(*urls, "--openapi", str(path))

    assert status == 2
    assert output.startswith(f"python -m tests.parity: {path} ")
    assert output.count("\n") == 1
