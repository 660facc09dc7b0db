"""The long run as a process: what it prints and how it ends."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.services import Target, free_port, start, stop, wait_until_it_answers

SOAK = [sys.executable, "-m", "tests.parity.engine.soak"]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run([*SOAK, *options], capture_output=True, text=True, timeout=120, check=False)


def urls(flask: str, fastapi: str) -> list[str]:
    """Say where the services run."""
    return ["--flask-url", flask, "--fastapi-url", fastapi]


@pytest.fixture(scope="module")
def crashing() -> Iterator[str]:
    """Return the URL of a Flask service whose `index` crashes."""
    port = free_port()
    process = start(
        [sys.executable, "-m", "tests.integration.lifecycle.crashing", "flask_app", "--port", str(port)]
    )
    try:
        wait_until_it_answers(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def test_equal_services_end_with_status_0(targets: dict[str, Target]) -> None:
    """The seed comes first, the number of pairs and the rate last."""
    result = run("--pairs", "300", *urls(targets["flask"].url, targets["fastapi"].url))

    assert result.returncode == 0, result.stderr
    assert re.fullmatch(
        r"seed \d+\n300 pairs of answers in [\d.]+ s, [\d,]+ a second: no difference\n", result.stdout
    )


def test_different_services_end_with_status_1_and_the_smallest_request(
    targets: dict[str, Target], crashing: str
) -> None:
    """The report has the request, both answers, and two ways to see it again."""
    result = run("--pairs", "5000", "--seed", "7", *urls(crashing, targets["fastapi"].url))

    assert result.returncode == 1, result.stderr
    assert "  b'GET / HTTP/1.1\\r\\n'\n  b'Host: localhost\\r\\n'\n  b'\\r\\n'\n" in result.stdout
    assert "first difference at byte" in result.stdout
    assert "The server failed to answer." in result.stdout
    assert "Success!" in result.stdout
    assert "printf -- 'GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n'" in result.stdout
    assert re.search(r"\n  python -m tests.parity.engine.soak --seed 7 --pairs \d+\n$", result.stdout)


def test_a_service_that_is_not_there_ends_with_status_2(targets: dict[str, Target]) -> None:
    """One sentence says which."""
    url = f"http://127.0.0.1:{free_port()}"

    result = run("--pairs", "10", *urls(url, targets["fastapi"].url))

    assert result.returncode == 2
    assert result.stderr == (
        f"python -m tests.parity.engine.soak: a service cannot be asked: {url}: Connection refused\n"
    )


def test_an_interrupt_ends_it_with_one_sentence(targets: dict[str, Target]) -> None:
    """No traceback, and status 130 as shells have it."""
    command = [*SOAK, "--pairs", "1000000", *urls(targets["flask"].url, targets["fastapi"].url)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while " pairs, " not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)

    assert process.returncode == 130
    assert errors == "python -m tests.parity.engine.soak: stopped before the end; no difference so far\n"
