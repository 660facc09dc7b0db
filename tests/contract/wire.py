"""Responses read from a bare socket, for what a client library would not send or would hide."""

import socket
from http.client import HTTPResponse


def read_response(connection: socket.socket) -> tuple[int, bytes]:
    """Read one response to anything but HEAD; return its status and body."""
    response = HTTPResponse(connection)
    response.begin()
    return response.status, response.read()
