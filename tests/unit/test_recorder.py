"""What counts as a right answer under load, without a connection."""

from types import SimpleNamespace

import pytest

from loadtests.generator.messages import Aim
from loadtests.generator.recorder import Recorder

BODY = b'{"msg":"Success!"}'
AIM = Aim(
    target="flask",
    host="127.0.0.1",
    port=1300,
    request=b"GET / HTTP/1.1\r\n\r\n",
    server="flask",
    status=200,
    content_type="application/json",
    body=BODY,
)
RIGHT = {"status": 200, "content_type": b"application/json", "server": b"flask", "body": BODY}


def check(**changes: object) -> Recorder:
    """Record one answer after a second that differs from the right one in `changes`."""
    recorder = Recorder(AIM)
    recorder.check(SimpleNamespace(**RIGHT | changes), 0, 0, 1)  # type: ignore[arg-type]
    return recorder


def test_check_of_the_right_answer_keeps_a_sample() -> None:
    """And no fault."""
    recorder = check()
    assert (list(recorder.samples.latencies_s), recorder.faults) == ([1], [])


@pytest.mark.parametrize(
    ("late_s", "median_s"),
    [([0.5], 0.5), ([0.25, 0.0, 4.0], 0.25), ([0.0, 0.5, 0.25, 4.0], 0.375), ([], None)],
    ids=["one", "odd", "even", "none"],
)
def test_served_by_due_moments_is_as_late_as_the_median_of_the_window(
    late_s: list[float], median_s: float | None
) -> None:
    """From when a request was due to when it was sent, of those that were due in the window."""
    recorder = Recorder(AIM)
    recorder.samples.add(9.5, 19.5, 1)
    for number, one_s in enumerate(late_s):
        recorder.samples.add(10.0 + number, 10.0 + number + one_s, 1)
    recorder.samples.add(20.0, 40.0, 1)
    served, _, _ = recorder.served(10.0, 20.0, by_due=True)
    assert (served.requests, served.late_s) == (len(late_s), median_s)


def test_served_by_answers_is_never_late() -> None:
    """Without due moments nobody can say so."""
    recorder = Recorder(AIM)
    recorder.samples.add(10.0, 10.5, 1)
    served, _, _ = recorder.served(10.0, 20.0, by_due=False)
    assert (served.requests, served.late_s) == (1, None)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"status": 201}, "the status is 201"),
        ({"content_type": b"text/html"}, "the content type is 'text/html'"),
        ({"content_type": None}, "the content type is None"),
        ({"server": b"fastapi"}, "the answer is from 'fastapi'"),
        ({"body": BODY.lower()}, "the body is"),
    ],
    ids=["status", "content type", "no content type", "another server", "another body as long"],
)
def test_check_of_a_wrong_answer_keeps_the_fault_only(changes: dict[str, object], named: str) -> None:
    """Never a sample: an error doesn't become a number."""
    recorder = check(**changes)
    assert list(recorder.samples.latencies_s) == []
    [(_, fault)] = recorder.faults
    assert fault.startswith(named)
