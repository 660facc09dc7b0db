"""The service in FastAPI."""

from typing import TYPE_CHECKING

from fastapi_app.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_app(settings: Settings | None = None) -> "FastAPI":
    """Assemble the application."""
    # Imported here, so that `--check` starts without the framework and `--reload` sees every change.
    from fastapi import FastAPI

    from fastapi_app import problems, protocol
    from fastapi_app.routes import routes

    app = FastAPI(
        title="Success, echoed",
        openapi_url=None,
        redirect_slashes=False,
        # Nothing is exported, so nothing need be asked about it on every request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        # Handed over, not included: `include_router` costs 15 % more CPU on every request (DECISIONS.md, 4).
        routes=routes.routes,
    )
    app.state.max_body_bytes = (settings or Settings()).max_body_bytes
    problems.register(app)
    app.add_middleware(protocol.Protocol, routes=routes.routes)
    return app
