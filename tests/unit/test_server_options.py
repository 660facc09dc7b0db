"""The two servers are given the same terms."""

from fastapi_app.__main__ import uvicorn_options
from fastapi_app.settings import Settings as FastAPISettings
from flask_app.__main__ import gunicorn_options
from flask_app.settings import Settings as FlaskSettings

SAME = {
    "keepalive": "timeout_keep_alive",
    "graceful_timeout": "timeout_graceful_shutdown",
    "workers": "workers",
    "reload": "reload",
}


def test_both_servers_get_the_same_terms() -> None:
    """Keep-alive, grace and workers agree; neither writes an access log."""
    gunicorn = gunicorn_options(FlaskSettings())
    uvicorn = uvicorn_options(FastAPISettings())

    assert {ours: gunicorn[ours] for ours in SAME} == {ours: uvicorn[theirs] for ours, theirs in SAME.items()}
    assert gunicorn["keepalive"] == 75
    assert gunicorn["accesslog"] is None
    assert uvicorn["access_log"] is False
