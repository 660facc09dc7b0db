"""Assemble the FastAPI app."""

from fastapi import FastAPI

from fastapi_app import problems, protocol
from fastapi_app.routes import routes


def create_app(openapi_url: str | None = None) -> FastAPI:
    """Return the app; without `openapi_url` it serves no documentation."""
    app = FastAPI(title="Success, echoed", openapi_url=openapi_url, redirect_slashes=False)
    problems.register(app)
    app.include_router(routes)
    app.add_middleware(protocol.RequestCheckMiddleware, routes=[*routes.routes, *app.routes])
    return app


def create_development_app() -> FastAPI:
    """Return the app that `--reload` serves, with `/docs` and `/openapi.json`."""
    return create_app(openapi_url="/openapi.json")
