"""A service that counts what it is asked and can be told to answer wrong."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Recorder(ThreadingHTTPServer):
    """Listens on a free port of this machine; `asked` and `answered` count requests by path."""

    daemon_threads = True
    request_queue_size = 128
    """Users come all at once; of those that find no room, each would try again a second later."""

    def __init__(self, server: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.server = server
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.status = 200
        self.content_type = "application/json"
        self.suffix = b""
        """What follows the right body."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client goes away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder
    # One packet an answer: head and body apart would wait for a delayed acknowledgement.
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        recorder, url = self.server, urlsplit(self.path)
        with recorder.lock:
            recorder.asked[url.path] += 1
        body = self._body(url.path, url.query) + recorder.suffix
        self.send_response_only(recorder.status)
        self.send_header("Server", recorder.server)
        self.send_header("Content-Type", recorder.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with recorder.lock:
            recorder.answered[url.path] += 1
        self.wfile.write(body)
        self.wfile.flush()

    def _body(self, path: str, query: str) -> bytes:
        if path == "/echo":
            return self.rfile.read(int(self.headers["Content-Length"]))
        if path == "/wait":
            ms = int(parse_qs(query)["ms"][0])
            time.sleep(ms / 1000)
            return json.dumps({"msg": "Success!", "waited_ms": ms}, separators=(",", ":")).encode()
        return b'{"status":"ok"}' if path == "/healthz" else b'{"msg":"Success!"}'


@contextmanager
def recording(server: str) -> Iterator[Recorder]:
    """Serve until the end of the block."""
    with Recorder(server) as recorder:
        thread = threading.Thread(target=recorder.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield recorder
        finally:
            recorder.shutdown()
            thread.join()
