"""`GET /wait`: a handler that waits on something slow."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.contract.answers import WRONG_MS, compact, invalid
from tests.contract.wire import read_response
from tests.services import Target

TICK_S = 0.001


@pytest.mark.parametrize("ms", ["0", "1", "00001", "7", "00", "%31", "1&x=2", "1&MS=2", "1&ms[]=2"])
def test_wait_with_valid_ms_answers_it_as_a_number(client: httpx.Client, ms: str) -> None:
    """One to five ASCII digits; unknown parameters beside it are ignored."""
    number = int(ms.replace("%31", "1").partition("&")[0])
    response = client.get(f"/wait?ms={ms}")

    assert response.status_code == 200
    assert response.content == compact({"msg": "Success!", "waited_ms": number})


@pytest.mark.parametrize("query", ["ms=2&ms=1", "ms=&ms=1", "ms=x&ms=1", "ms=1&ms=1", "ms=2&%6Ds=1"])
def test_wait_with_repeated_ms_takes_the_last(client: httpx.Client, query: str) -> None:
    """As a repeated name in JSON; what stands before it does not matter."""
    response = client.get(f"/wait?{query}", extensions={"target": f"/wait?{query}".encode()})

    assert response.status_code == 200
    assert response.content == b'{"msg":"Success!","waited_ms":1}'


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


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?",
        "?ms",
        "?ms=",
        "?MS=1",
        "?ms=10001",
        "?ms=99999",
        "?ms=000001",
        "?ms=123456789012345678901234567890",
        "?ms=-1",
        "?ms=-0",
        "?ms=%2B1",
        "?ms=+1",
        "?ms=1+",
        "?ms=%201",
        "?ms=1%0A",
        "?ms=1.0",
        "?ms=1e3",
        "?ms=0x1",
        "?ms=1_0",
        "?ms=%D9%A1",
        "?ms=%EF%BC%91",
        "?ms=%C2%B2",
        "?ms=true",
        "?ms=abc",
        "?ms=1&ms=",
        "?ms=1&ms=x",
        "?ms=1&%6Ds=x",
        "?ms=1;ms=2",
        "?ms[]=1",
        "?ms=1%00",
        "?ms=%zz",
    ],
)
def test_wait_with_wrong_ms_is_422(client: httpx.Client, query: str) -> None:
    """Anything else is one fault of the parameter; of several, the last one counts."""
    response = client.get(f"/wait{query}", extensions={"target": f"/wait{query}".encode()})

    assert response.status_code == 422
    assert response.content == invalid(WRONG_MS)
