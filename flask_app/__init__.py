"""The service in Flask."""

from typing import TYPE_CHECKING

from flask_app.settings import Settings

if TYPE_CHECKING:
    from flask import Flask


def create_app(settings: Settings | None = None) -> "Flask":
    """Assemble the application."""
    # Imported here, so that `--check` starts without the framework and `--reload` sees every change.
    from flask_app import problems, protocol
    from flask_app.routes import routes

    app = protocol.Application(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = (settings or Settings()).max_body_bytes
    problems.register(app)
    app.register_blueprint(routes)
    return app
