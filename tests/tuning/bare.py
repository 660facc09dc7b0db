"""Serve a five-line app as ours is, by the server as it comes: `python -m tests.tuning.bare flask_app`."""

import sys
from importlib import import_module
from typing import Any


def flask_app(*_: object) -> Any:
    """Make the smallest Flask app that answers like `index`; gunicorn writes as it would without us."""
    from flask import Flask
    from gunicorn.http import wsgi

    wsgi.Response = wsgi.Response.__base__
    app = Flask(__name__)
    app.get("/")(lambda: {"msg": "Success!"})
    return app


def fastapi_app(*_: object) -> Any:
    """Make the smallest FastAPI app that answers like `index`."""
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/")
    async def index() -> dict[str, str]:
        return {"msg": "Success!"}

    return app


if __name__ == "__main__":
    package = sys.argv.pop(1)
    factory = {"flask_app": flask_app, "fastapi_app": fastapi_app}[package]
    # Only the factory is exchanged: options and worker stay what they are.
    serve = import_module(f"{package}.__main__")
    vars(import_module(package))["create_app"] = vars(serve)["create_app"] = factory
    serve.main()
