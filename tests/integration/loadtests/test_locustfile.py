"""The users of loadtests/locustfile.py, driven by the interface of Locust's page and by its command line."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.integration.loadtests.locust import Page, locust_page, run_headless, wait_until
from tests.integration.loadtests.recorder import Recorder, recording

pytestmark = pytest.mark.full

ENOUGH = 5


@pytest.fixture
def flask() -> Iterator[Recorder]:
    """Stand in for the Flask service and count."""
    with recording("gunicorn") as recorder:
        yield recorder


@pytest.fixture
def fastapi() -> Iterator[Recorder]:
    """Stand in for the FastAPI service and count."""
    with recording("uvicorn") as recorder:
        yield recorder


@pytest.fixture
def page(flask: Recorder, fastapi: Recorder) -> Iterator[Page]:
    """Run Locust's page with both targets."""
    with locust_page(flask.url, fastapi.url) as page:
        yield page


def test_page_with_both_classes_calls_every_operation_of_both_under_its_name(
    page: Page, flask: Recorder, fastapi: Recorder
) -> None:
    """One row for each target and operation, none of them with a failure."""
    names = {f"[{t}] {o}" for t in ("flask", "fastapi") for o in ("index", "wait", "echo", "healthz")}
    page.start("Flask", "FastAPI", users=8)
    wait_until("every operation was called", lambda: page.rows().keys() >= names)
    page.stop()
    rows = page.rows()
    assert rows.keys() == names
    assert sum(row["num_failures"] for row in rows.values()) == 0
    for recorder, name in ((flask, "flask"), (fastapi, "fastapi")):
        recorded = {row: rows[row]["num_requests"] for row in rows if row.startswith(f"[{name}]")}
        paths = {"index": "/", "wait": "/wait", "echo": "/echo", "healthz": "/healthz"}
        assert recorded == {f"[{name}] {o}": recorder.answered[path] for o, path in paths.items()}


def test_page_with_the_other_targets_url_as_host_reaches_the_own_target(
    page: Page, flask: Recorder, fastapi: Recorder
) -> None:
    """The page offers the last target as the next run's host: it must reach the class's own target only."""
    page.start("Flask", host=fastapi.url)
    wait_until("Flask was called", lambda: flask.answered.total() >= ENOUGH)
    page.stop()
    assert fastapi.asked.total() == 0
    assert sum(row["num_failures"] for row in page.rows().values()) == 0

    flask_before = flask.asked.total()
    page.start("FastAPI", host=flask.url)
    wait_until("FastAPI was called", lambda: fastapi.answered.total() >= ENOUGH)
    page.stop()
    assert flask.asked.total() == flask_before
    assert sum(row["num_failures"] for row in page.rows().values()) == 0


def test_page_after_a_run_with_a_host_does_not_offer_it_again(page: Page, fastapi: Recorder) -> None:
    """A host that applies to nobody is not shown as if it did."""
    page.start("Flask", "FastAPI", host="http://127.0.0.1:9")
    wait_until("FastAPI was called", lambda: fastapi.answered.total() >= 1)
    page.stop()
    assert "127.0.0.1:9" not in page.client.get("/").text


@pytest.mark.parametrize("how", ["option", "environment"])
def test_host_from_outside_the_page_reaches_nobody(how: str, flask: Recorder, fastapi: Recorder) -> None:
    """Neither --host nor LOCUST_HOST moves a class to another target."""
    environ = {"FLASK_URL": flask.url, "FASTAPI_URL": fastapi.url}
    if how == "option":
        done = run_headless(environ, "--host", fastapi.url, "Flask")
    else:
        done = run_headless({**environ, "LOCUST_HOST": fastapi.url}, "Flask")
    assert done.returncode == 0, done.stdout
    assert flask.answered.total() >= ENOUGH
    assert fastapi.asked.total() == 0


def test_answer_of_another_server_is_a_failure(fastapi: Recorder) -> None:
    """The Server header tells whom a request has reached."""
    done = run_headless({"FLASK_URL": fastapi.url}, "Flask")
    assert done.returncode == 1
    assert "the answer is from 'uvicorn' instead of 'gunicorn'" in done.stdout


@pytest.mark.parametrize(
    ("attribute", "value", "fault"),
    [
        ("status", 203, "the status is 203 instead of 200"),
        ("status", 302, "the status is 302 instead of 200"),
        ("status", 500, "the status is 500 instead of 200"),
        ("content_type", "application/json; charset=utf-8", "the content type is"),
        ("suffix", b"\n", "the body is"),
    ],
    ids=["success", "redirect", "error", "content type", "one byte"],
)
def test_answer_that_breaks_the_contract_is_a_failure(
    attribute: str, value: object, fault: str, flask: Recorder
) -> None:
    """Status, content type and body are checked on every answer."""
    setattr(flask, attribute, value)
    done = run_headless({"FLASK_URL": flask.url}, "Flask")
    assert done.returncode == 1
    assert fault in done.stdout


def test_target_that_does_not_answer_is_a_failure() -> None:
    """A refused connection is counted, with its reason."""
    done = run_headless({"FLASK_URL": "http://127.0.0.1:9"}, "Flask")
    assert done.returncode == 1
    assert "refused" in done.stdout


def test_stop_with_slow_requests_in_flight_records_every_one(
    page: Page, flask: Recorder, fastapi: Recorder
) -> None:
    """Locust has as many requests in its statistics as the servers have answered."""
    page.start("Flask", "FastAPI", users=12, wait_ms="1500")

    def waiting() -> int:
        return sum(recorder.asked["/wait"] - recorder.answered["/wait"] for recorder in (flask, fastapi))

    wait_until("several slow requests are in flight", lambda: waiting() >= 3)
    page.stop()
    assert waiting() == 0
    answered = flask.answered.total() + fastapi.answered.total()
    assert sum(row["num_requests"] for row in page.rows().values()) == answered
    assert sum(row["num_failures"] for row in page.rows().values()) == 0


def test_the_two_classes_differ_in_their_target_only() -> None:
    """Whatever one user does, the other does."""
    # In a process of its own: importing Locust patches the one that does it.
    script = (
        "import json; from loadtests.locustfile import FastAPI, Flask, TargetUser;"
        "mro = [c.__mro__[1:] == TargetUser.__mro__ for c in (Flask, FastAPI)];"
        "names = [sorted(n for n in vars(c) if not n.startswith('__')) for c in (Flask, FastAPI)];"
        "print(json.dumps([mro, names, Flask.tasks == FastAPI.tasks == TargetUser.tasks]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[True, True], [["abstract", "host", "target", "tasks"]] * 2, True]
