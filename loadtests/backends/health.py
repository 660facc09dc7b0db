"""Waiting for a service to come up."""

import socket
import time
from collections.abc import Callable

import httpx

from loadtests.errors import Refusal
from loadtests.targets import Target, address

START_TIMEOUT_S = 30
POLL_S = 0.002
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def await_answer(target: Target, timeout_s: float, failure: Callable[[], str | None] = lambda: None) -> None:
    """Ask `/healthz` until the right server answers 200; one that is not ours may answer anything.

    `failure` says why the target cannot answer any more, once that is so.

    Raises:
        Refusal: it has not in time, it has failed, or another server answers.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            answer = httpx.get(f"{target.url}/healthz", timeout=2, trust_env=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
        else:
            server = answer.headers.get("server")
            if target.server not in (None, server):
                raise Refusal(
                    f"{target.url} is not {target.title}: "
                    f"its Server header is {server!r}, not {target.server!r}."
                )
            if target.server is None or answer.status_code == 200:
                return
            reason = f"/healthz has status {answer.status_code}"
        if (failed := failure()) is not None:
            raise Refusal(f"{target.title} did not start: {failed}")
        if time.monotonic() >= deadline:
            raise Refusal(f"{target.title} does not answer at {target.url} ({reason}).")
        time.sleep(0.05)


def seconds_to_answer(target: Target, begin_s: float, failure: Callable[[], str | None]) -> float:
    """Return the seconds from `begin_s` (of `perf_counter`) to the first 200 of `/healthz`.

    A raw socket asks, every 2 ms: a slower way of asking would be measured with the target.

    Raises:
        Refusal: it has not answered in time, or has failed.
    """
    place = address(target.url)
    while (left_s := begin_s + START_TIMEOUT_S - time.perf_counter()) > 0:
        if _answers(place, left_s):
            return time.perf_counter() - begin_s
        if (failed := failure()) is not None:
            raise Refusal(f"{target.title} did not start another time: {failed}")
        time.sleep(POLL_S)
    raise Refusal(f"{target.title}, started another time, did not answer within {START_TIMEOUT_S} s.")


def free_port() -> int:
    """Find a port that nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _answers(place: tuple[str, int], timeout_s: float) -> bool:
    try:
        with socket.create_connection(place, timeout_s) as connection:
            connection.sendall(REQUEST)
            answer = b""
            # The status line is whole with the first line's end.
            while b"\r\n" not in answer and (received := connection.recv(4096)):
                answer += received
    except OSError:
        return False
    return answer.split(b" ", 2)[1:2] == [b"200"]
