"""Ask the running service whether it is healthy; imports no framework, so that asking is cheap."""

from http.client import HTTPConnection, HTTPException

from fastapi_app.settings import Settings

TIMEOUT_S = 2


def is_healthy(settings: Settings) -> bool:
    """Whether `GET /healthz` on the service's own port answers 200 in time."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    connection = HTTPConnection(host, settings.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
