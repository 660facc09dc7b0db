"""An answer of Flask leaves whole: whoever has its head has all of it, whenever the process dies."""

import socket
import struct
import sys
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest

from tests.services import Target, running

DATA_SEGMENTS_IN = struct.Struct("@152xI")
"""`tcpi_data_segs_in` of Linux' `struct tcp_info`."""


@pytest.fixture(scope="module")
def flask() -> Iterator[Target]:
    """Serve Flask: gunicorn alone would write head and body one after the other."""
    with running("flask") as served:
        yield served


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the segments of a connection")
@pytest.mark.parametrize(
    "written",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /wait?ms=20 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b'Content-Length: 5012\r\n\r\n{"msg":"' + b"a" * 5002 + b'"}',
    ],
    ids=["index", "HTTP-1.0", "HEAD", "OPTIONS", "problem", "wait", "echo"],
)
def test_answer_is_written_at_once(flask: Target, written: bytes) -> None:
    """Head and body arrive in one segment, the second time on a connection as well."""
    with socket.create_connection(flask.address, timeout=10) as connection:
        for number in (1,) if b"HTTP/1.0" in written else (1, 2):
            connection.sendall(written)
            answer = HTTPResponse(connection, method=written.split()[0].decode())
            answer.begin()
            answer.read()
            information = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, DATA_SEGMENTS_IN.size)
            assert DATA_SEGMENTS_IN.unpack(information) == (number,)
