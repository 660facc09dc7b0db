"""Answer every request with the same bytes, so that a generator meets nothing but itself.

`python -m loadtests.selftest.null_server --port N`
"""

import argparse
import os
import re
import selectors
import socket
from contextlib import suppress

BODY = b'{"msg":"Success!"}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: null\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    % (len(BODY), BODY)
)
END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RECEIVED_BYTES = 65_536


def main() -> None:
    """Serve at the given place until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.selftest.null_server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    try:
        listener = socket.create_server((options.host, options.port), backlog=1024)
    except OSError as error:
        place, reason = f"{options.host} port {options.port}", os.strerror(error.errno or 0)
        parser.exit(2, f"{parser.prog}: cannot listen on {place}: {reason}\n")
    with listener, suppress(KeyboardInterrupt):
        serve(listener)


def serve(listener: socket.socket) -> None:
    """Answer one request at a time on each connection; no pipelining and no chunked bodies."""
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    unfinished: dict[socket.socket, bytes] = {}
    while True:
        for key, _ in selector.select():
            if key.data is None:
                connection, _ = listener.accept()
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
                selector.register(
                    connection, selectors.EVENT_READ, (connection.recv, connection.send, connection)
                )
                continue
            receive, send, connection = key.data
            try:
                received = receive(RECEIVED_BYTES)
                # The usual request comes whole and without a body; all others are put together.
                if not unfinished and received[-4:] == END and received[:4] == b"GET ":
                    send(ANSWER)
                elif received:
                    request = unfinished.pop(connection, b"") + received
                    if is_whole(request):
                        send(ANSWER)
                    else:
                        unfinished[connection] = request
                else:
                    raise ConnectionResetError
            except OSError:
                selector.unregister(connection)
                unfinished.pop(connection, None)
                connection.close()


def is_whole(request: bytes) -> bool:
    """Whether its head has ended, and the body that it announces has come."""
    head, end, body = request.partition(END)
    length = LENGTH.search(head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


if __name__ == "__main__":
    main()
