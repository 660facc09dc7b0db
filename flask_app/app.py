"""Assemble the Flask app."""

from flask import Flask

from flask_app import problems, protocol
from flask_app.routes import routes


def create_app() -> Flask:
    """Return the app."""
    app = protocol.ContractFlask(__name__, static_folder=None)
    # With FLASK_DEBUG, too, a crash is the contract's 500.
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.url_map.merge_slashes = False
    app.before_request(protocol.check_host)
    app.before_request(protocol.check_target)
    problems.register(app)
    app.register_blueprint(routes)
    return app
