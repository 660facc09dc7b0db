"""What one client can do to all others without a proxy: each server is held to what the README says of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.experiments.hazards import IDLE, Idle, held, idle, lingering, resets, waiting
from tests.services import SERVERS

pytestmark = pytest.mark.full

LEFT_OPEN = {
    "flask": {"stray CRLF after an answer", "half a request behind a whole one"},
    "fastapi": {"nothing sent", "body after its refusal", "stray CRLF after an answer"},
}


@pytest.fixture(scope="module")
def idled() -> dict[str, Idle]:
    """Return what became of idle connections to both services, watched at the same time."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(SERVERS, pool.map(idle, SERVERS), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", SERVERS)
def test_idle_connections_are_closed_but_for_these(idled: dict[str, Idle], name: str) -> None:
    """A server ends the idle connections that its timer knows of, and leaves exactly the listed ones open."""
    assert idled[name].closed_s.keys() == IDLE.keys()
    assert idled[name].left_open == LEFT_OPEN[name]


def test_unfinished_requests_stop_flask() -> None:
    """A thread reads a head or a body without a time limit: as many as there are threads stop all."""
    kinds = ("half a head", "half a body")

    assert held("flask", patience_s=1, kinds=kinds).stopped_by == set(kinds)


def test_unfinished_requests_do_not_stop_fastapi() -> None:
    """An unfinished request takes no thread."""
    assert held("fastapi").stopped_by == set()


def test_lingering_client_costs_flask_most_answers() -> None:
    """gunicorn waits up to 2 s on its main thread for a client that is told to close and does not."""
    assert lingering("flask", duration_s=1).share < 0.5


def test_lingering_client_costs_fastapi_no_answers() -> None:
    """uvicorn closes and goes on."""
    assert lingering("fastapi", duration_s=1.5).share > 0.8


def test_reset_connections_cost_flask_no_memory() -> None:
    """Nothing is kept of a connection, however it ended."""
    grown = resets("flask", connections=500)

    assert grown.kb_per_reset < 2
    assert grown.kb_per_close < 2


def test_reset_connections_stay_in_memory_in_fastapi() -> None:
    """uvicorn keeps a connection that was reset until its keep-alive is over, and none that was closed."""
    grown = resets("fastapi", connections=500)

    assert grown.kb_per_reset > 4
    assert grown.kb_per_reset > 3 * grown.kb_per_close


def test_clients_that_wait_and_leave_hold_up_flask() -> None:
    """A delay that nobody waits for any more still takes its thread, and the next request waits for one."""
    behind = waiting("flask", delay_ms=1_500)

    assert behind.delay_s / 2 < behind.next_s


def test_clients_that_wait_and_leave_do_not_hold_up_fastapi() -> None:
    """A delay takes no thread."""
    behind = waiting("fastapi", delay_ms=1_500)

    assert behind.next_s < behind.delay_s / 4
