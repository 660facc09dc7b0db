"""The ways to start each app that its framework and its server document, beside its own command."""

import sys
from pathlib import Path

import httpx
import pytest

from tests.services import free_port, start, stop, wait_until_it_answers

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
COMMANDS = {
    "flask run": ["flask", "--app", "flask_app.app", "run", "--port"],
    "gunicorn": ["gunicorn", "flask_app.app:create_app()", "--no-control-socket", "--bind"],
    "fastapi run": [
        *("fastapi", "run", "--entrypoint", "fastapi_app.app:create_app"),
        *("--host", "127.0.0.1", "--port"),
    ],
    "uvicorn": ["uvicorn", "--factory", "fastapi_app.app:create_app", "--port"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command_of_others_serves_the_app(name: str) -> None:
    """Every operation answers as with `python -m`, a problem and a body among them."""
    program, *options = COMMANDS[name]
    port = free_port()
    place = f"127.0.0.1:{port}" if name == "gunicorn" else str(port)
    process = start([str(BIN / program), *options, place], directory=ROOT)
    try:
        wait_until_it_answers(port, process)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            index = client.get("/")
            wait = client.get("/wait?ms=1")
            echo = client.post("/echo", content=b'{"msg": "a"}', headers={"content-type": "application/json"})
            nowhere = client.get("/nowhere")
    finally:
        stop(process)

    assert (index.status_code, index.content) == (200, b'{"msg":"Success!"}')
    assert (wait.status_code, wait.content) == (200, b'{"msg":"Success!","waited_ms":1}')
    assert (echo.status_code, echo.content) == (200, b'{"msg":"a"}')
    assert (nowhere.status_code, nowhere.headers["content-type"]) == (404, "application/problem+json")
