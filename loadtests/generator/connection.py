"""One kept-alive HTTP/1.1 connection on a gevent socket; sends what was written before, knows no scenario."""

import socket
from time import perf_counter

from gevent import socket as gsocket
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

RECEIVED_BYTES = 65_536


class Broken(Exception):
    """No whole answer came; the message says why."""


class Connection:
    """Carries one request at a time; opened by the first request, and anew after it was closed.

    After `receive` the answer stands in `status`, `content_type`, `server` and `body`. The methods beginning
    with `on_` are called by the parser, by name.
    """

    __slots__ = (
        "_address",
        "_framed",
        "_headed",
        "_lives",
        "_parser",
        "_socket",
        "_timeout_s",
        "_whole",
        "body",
        "content_type",
        "server",
        "status",
    )

    def __init__(self, address: tuple[str, int], timeout_s: float) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._socket: gsocket.socket | None = None
        self.content_type: bytes | None = None
        self.server: bytes | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is open; only then there is an answer to read."""
        return self._socket is not None

    def open(self) -> None:
        """Connect, where it is not connected already.

        Raises:
            Broken: nobody listens there.
        """
        if self._socket is not None:
            return
        try:
            self._socket = gsocket.create_connection(self._address, self._timeout_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        except OSError as error:
            raise self._broken(error) from None
        self._parser = HttpResponseParser(self)

    def send(self, request: bytes) -> None:
        """Send a whole request; `receive` must be next.

        Raises:
            Broken: nobody listens, or the connection was closed; the next request opens another.
        """
        self.open()
        assert self._socket is not None
        try:
            self._socket.sendall(request)
        except OSError as error:
            raise self._broken(error) from None

    def receive(self) -> None:
        """Read a whole answer, chunked or not.

        Raises:
            Broken: it took too long, broke off, or is no HTTP/1.1; the next request opens another connection.
        """
        assert self._socket is not None
        self.status, self.body = 0, b""
        self.content_type = self.server = None
        self._whole = self._headed = self._framed = self._lives = False
        deadline_s = None
        try:
            while not self._whole:
                received = self._socket.recv(RECEIVED_BYTES)
                if received:
                    self._parser.feed_data(received)
                elif self._headed and not self._framed:
                    break  # RFC 9112, section 6.3: such a body lasts until the connection ends
                else:
                    raise self._broken("the connection was closed before the answer was whole")
                # Most answers come in one piece; one that comes in many must end nevertheless.
                if not self._whole:
                    deadline_s = deadline_s or perf_counter() + self._timeout_s
                    if perf_counter() > deadline_s:
                        raise TimeoutError
        except HttpParserUpgrade:
            raise self._broken("the answer switches to another protocol") from None
        except (OSError, HttpParserError) as error:
            raise self._broken(error) from None
        if not self._lives:
            self.close()

    def close(self) -> None:
        """Close it; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _broken(self, reason: Exception | str) -> Broken:
        self.close()
        if isinstance(reason, TimeoutError):
            return Broken(f"no answer came within {self._timeout_s:g} s")
        if isinstance(reason, HttpParserError):
            return Broken(f"the answer is no HTTP/1.1: {reason}")
        return Broken(reason.strerror or str(reason) if isinstance(reason, OSError) else str(reason))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the headers that are looked at; their lengths sort out the others at little cost."""
        length = len(name)
        if length == 12 and name.lower() == b"content-type":
            self.content_type = value
        elif length == 6 and name.lower() == b"server":
            self.server = value
        elif length in {14, 17} and name.lower() in {b"content-length", b"transfer-encoding"}:
            self._framed = True

    def on_headers_complete(self) -> None:
        """Know the status as soon as it is there."""
        self.status = self._parser.get_status_code()
        self._headed = self.status >= 200

    def on_body(self, piece: bytes) -> None:
        """Put the pieces of a body together."""
        self.body = self.body + piece if self.body else piece

    def on_message_complete(self) -> None:
        """Take the answer for whole, unless it only announces another (1xx)."""
        self._whole = self._headed
        # Here, because the parser has forgotten it afterwards.
        self._lives = self._parser.should_keep_alive()
