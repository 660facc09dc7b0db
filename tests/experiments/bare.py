"""Serve a variant of an app as ours is served.

`python -m tests.experiments.bare fastapi-in-a-router --port N`
"""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def flask_app() -> Any:
    """Make the smallest Flask app that answers like `index`."""
    from flask import Flask

    app = Flask(__name__)
    app.get("/")(lambda: {"msg": "Success!"})
    return app


def fastapi_app() -> Any:
    """Make the smallest FastAPI app that answers like `index`."""
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/")
    async def index() -> dict[str, str]:
        return {"msg": "Success!"}

    return app


def fastapi_router() -> Any:
    """Make the same with its route in a router, as the documentation does it for more than one file."""
    from fastapi import APIRouter, FastAPI

    app, router = FastAPI(), APIRouter()

    @router.get("/")
    async def index() -> dict[str, str]:
        return {"msg": "Success!"}

    app.include_router(router)
    return app


def fastapi_switches() -> Any:
    """Make our own app with what FastAPI can be told to leave out: the router, and telemetry."""
    from fastapi import FastAPI

    from fastapi_app import problems, protocol
    from fastapi_app.routes import routes

    off = {"tracing": False, "metrics": False, "logs": False}
    app = FastAPI(openapi_url=None, redirect_slashes=False, telemetry=off, routes=routes.routes)  # type: ignore[arg-type]
    problems.register(app)
    app.add_middleware(protocol.RequestCheckMiddleware, routes=routes.routes)
    return app


VARIANTS: dict[str, tuple[str, Callable[[], Any]]] = {
    "flask": ("flask_app", flask_app),
    "fastapi": ("fastapi_app", fastapi_app),
    "fastapi-in-a-router": ("fastapi_app", fastapi_router),
    "fastapi-without-router-and-telemetry": ("fastapi_app", fastapi_switches),
}


if __name__ == "__main__":
    package, factory = VARIANTS[sys.argv.pop(1)]
    # Only the factory is exchanged: options and worker stay what they are.
    vars(import_module(f"{package}.app"))["create_app"] = factory
    import_module(f"{package}.__main__").main()
