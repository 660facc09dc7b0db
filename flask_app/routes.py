"""The operations, one function each, in the contract's order."""

import time

from flask import Blueprint, Response, jsonify

from flask_app.protocol import read_json_body, read_query
from flask_app.schemas import SUCCESS, Health, Message, Success, Waited, WaitQuery

routes = Blueprint("routes", __name__)


@routes.get("/")
def index() -> Response:
    """Answer at once."""
    return jsonify(Success(msg=SUCCESS))


@routes.get("/wait")
def wait() -> Response:
    """Answer after something slow; the thread sleeps, as it would in a blocking client library."""
    query = read_query(WaitQuery)
    time.sleep(query.ms / 1000)
    return jsonify(Waited(msg=SUCCESS, waited_ms=query.ms))


@routes.post("/echo")
def echo() -> Response:
    """Answer with the message that was sent."""
    message = read_json_body(Message)
    return jsonify(message)


@routes.get("/healthz")
def healthz() -> Response:
    """Say that the service is up."""
    return jsonify(Health(status="ok"))
