"""The operations, one function each, in the contract's order."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from fastapi_app.problems import documented
from fastapi_app.protocol import JSONBodyRoute
from fastapi_app.schemas import SUCCESS, Health, Message, Success, Waited, WaitQuery

routes = APIRouter(route_class=JSONBodyRoute, generate_unique_id_function=lambda route: route.name)


@routes.get("/", responses=documented(400, 500))
async def index() -> Success:
    """Answer at once."""
    return Success(msg=SUCCESS)


@routes.get("/wait", responses=documented(400, 422, 500))
async def wait(query: Annotated[WaitQuery, Query()]) -> Waited:
    """Answer after something slow; the task sleeps, as it would in an async client library."""
    await asyncio.sleep(query.ms / 1000)
    return Waited(msg=SUCCESS, waited_ms=query.ms)


@routes.post("/echo", responses=documented(400, 413, 415, 422, 500))
async def echo(message: Message) -> Message:
    """Answer with the message that was sent."""
    return message


@routes.get("/healthz", responses=documented(400, 500))
async def healthz() -> Health:
    """Say that the service is up."""
    return Health(status="ok")
