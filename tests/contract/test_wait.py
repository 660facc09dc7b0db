"""`GET /wait`: how long it takes; what `ms` may be stands in tests/parity/corpus/queries.yaml."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.contract.wire import read_response
from tests.services import Target

TICK_S = 0.001


@pytest.mark.slow
def test_wait_takes_the_time_asked_for_but_for_a_timers_tick(target: Target) -> None:
    """A millisecond early at most, as uvloop's timers count whole ones, also when several wait at once."""
    with ThreadPoolExecutor(4) as pool:
        excess_s = [pool.submit(shortest_excess_s, target) for _ in range(4)]

    assert min(future.result() for future in excess_s) >= -TICK_S


def shortest_excess_s(target: Target) -> float:
    """Wait 400 times over a bare socket, which adds no slack; return the least time beyond what was asked."""
    excess_s = []
    with socket.create_connection(target.address, timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        for ms in (1, 2, 3, 5) * 100:
            start_s = time.perf_counter()
            connection.sendall(b"GET /wait?ms=%d HTTP/1.1\r\nHost: x\r\n\r\n" % ms)
            read_response(connection)
            excess_s.append(time.perf_counter() - start_s - ms / 1000)
    return min(excess_s)


@pytest.mark.slow
def test_wait_for_the_longest_time_is_allowed(client: httpx.Client) -> None:
    """10000 is the last value inside the range."""
    start = time.perf_counter()
    response = client.get("/wait?ms=10000")

    assert response.status_code == 200
    assert response.content == b'{"msg":"Success!","waited_ms":10000}'
    assert time.perf_counter() - start >= 10 - TICK_S
