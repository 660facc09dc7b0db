"""Starting: what is refused, and how it is said."""

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.services import COMMANDS, SERVERS, free_port, running, start, stop, wait_until_it_answers

ROOT = Path(__file__).parents[3]
EITHER = pytest.mark.parametrize("name", SERVERS)


def run(command: list[str], **environ: str) -> tuple[int, str]:
    """Run to the end; return the status and everything that was written."""
    process = start(command, environ)
    output, _ = process.communicate(timeout=30)
    return process.returncode, output


@EITHER
@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("PORT", "abc", "from 1 to 65535"),
        ("PORT", "0", "from 1 to 65535"),
        ("PORT", "65536", "from 1 to 65535"),
        ("PORT", "9" * 5000, "from 1 to 65535"),
        ("WEB_CONCURRENCY", "0", "from 1 to 256"),
        ("WEB_CONCURRENCY", "two", "from 1 to 256"),
        ("WEB_CONCURRENCY", "-1", "from 1 to 256"),
    ],
)
def test_start_with_a_bad_variable_is_refused(name: str, variable: str, value: str, rule: str) -> None:
    """One sentence names the variable, the rule and the value; the status is 2."""
    status, output = run(COMMANDS[name], **{variable: value})

    assert status == 2
    assert output.count("\n") == 1
    assert f"{variable} must be a whole number {rule}, not '{value}'" in output


@EITHER
@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("LOG_LEVEL", "loud", "one of debug, info, warning, error, critical"),
        ("LOG_LEVEL", "INFO", "one of debug, info, warning, error, critical"),
        ("ACCESS_LOG", "yes", "one of 0, 1"),
    ],
)
def test_start_with_a_word_that_is_no_choice_is_refused(
    name: str, variable: str, value: str, rule: str
) -> None:
    """The sentence lists what there is."""
    status, output = run(COMMANDS[name], **{variable: value})

    assert status == 2
    assert output.count("\n") == 1
    assert f"{variable} must be {rule}, not '{value}'" in output


@EITHER
def test_start_takes_an_empty_variable_for_unset(name: str) -> None:
    """So does a line `THREADS=` of a file for Docker."""
    names = ("HOST", "PORT", "WEB_CONCURRENCY", "THREADS", "LOG_LEVEL", "ACCESS_LOG")
    empty = run([*COMMANDS[name], "--print-config"], **dict.fromkeys(names, ""))

    assert empty == run([*COMMANDS[name], "--print-config"])
    assert empty[0] == 0


@pytest.mark.parametrize("value", ["0", "many", "1.5", "1025"])
def test_start_of_flask_with_bad_threads_is_refused(value: str) -> None:
    """Only Flask has threads."""
    status, output = run(COMMANDS["flask"], THREADS=value)

    assert status == 2
    assert output.count("\n") == 1
    assert f"THREADS must be a whole number from 1 to 1024, not '{value}'" in output


@EITHER
@pytest.mark.parametrize("options", [["--port", "x"], ["--prot", "1"], ["8000"]])
def test_start_with_a_bad_option_is_refused(name: str, options: list[str]) -> None:
    """The same for the command line."""
    status, output = run([*COMMANDS[name], *options])

    assert status == 2
    assert output.count("\n") == 1


@EITHER
def test_start_on_a_used_port_is_refused(name: str) -> None:
    """At once, instead of trying again and again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, output = run(COMMANDS[name], PORT=str(port))

    assert status == 2
    assert output == f"python -m {name}_app: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


@EITHER
def test_start_on_an_unknown_host_is_refused(name: str) -> None:
    """A host that is not ours is named in the sentence."""
    status, output = run(COMMANDS[name], HOST="no-such-host.invalid", PORT=str(free_port()))

    assert status == 2
    assert output.count("\n") == 1
    assert "cannot listen on no-such-host.invalid" in output


@EITHER
def test_help_explains_every_option(name: str) -> None:
    """With the variable and the default of each."""
    status, output = run([*COMMANDS[name], "--help"])

    assert status == 0
    for word in ("--host", "HOST", "--port", "PORT", "WEB_CONCURRENCY", "--reload", "--check"):
        assert word in output


@EITHER
def test_start_takes_the_option_before_the_variable(name: str) -> None:
    """PORT would be refused, `--port` is not."""
    with running(name, environ={"PORT": "1"}) as target:
        assert httpx.get(target.url).status_code == 200


@EITHER
def test_start_listens_on_loopback_only(name: str) -> None:
    """On the host nobody else is let in unless HOST says so."""
    with running(name) as target, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", target.address[1]), timeout=5)


@EITHER
def test_start_on_ipv6_answers(name: str) -> None:
    """HOST takes an IPv6 address as it is."""
    port = free_port()
    process = start([*COMMANDS[name], "--host", "::1", "--port", str(port)])
    try:
        wait_until_it_answers(port, process, host="::1")
    finally:
        stop(process)


@EITHER
def test_start_with_two_workers_answers(name: str) -> None:
    """WEB_CONCURRENCY makes processes."""
    with running(name, environ={"WEB_CONCURRENCY": "2"}) as target:
        assert httpx.get(target.url).content == b'{"msg":"Success!"}'


@EITHER
def test_print_config_prints_every_setting_and_ends(name: str) -> None:
    """What serves is known without serving: options, then the environment, then the defaults."""
    status, output = run([*COMMANDS[name], "--print-config", "--port", "99"], WEB_CONCURRENCY="3")

    assert status == 0
    assert json.loads(output).items() >= {"port": 99, "workers": 3, "keep_alive_s": 75}.items()


@EITHER
@pytest.mark.parametrize("level", ["debug", "critical"])
def test_access_log_has_a_line_for_each_request(name: str, level: str) -> None:
    """Who asked, what, and the status: both servers in the same words, whatever else is logged."""
    port = free_port()
    environ = {"ACCESS_LOG": "1", "LOG_LEVEL": level}
    process = start([*COMMANDS[name], "--port", str(port)], environ)
    try:
        wait_until_it_answers(port, process)
        httpx.get(f"http://127.0.0.1:{port}/wait?ms=1")
        httpx.post(f"http://127.0.0.1:{port}/nowhere")
    finally:
        lines = stop(process).splitlines()

    asked = [line.partition(" - ")[2] for line in lines if line.startswith("127.0.0.1:")]
    assert asked == [
        '"GET /healthz HTTP/1.1" 200',
        '"GET /wait?ms=1 HTTP/1.1" 200',
        '"POST /nowhere HTTP/1.1" 404',
    ]


@EITHER
def test_access_log_is_off_unless_asked_for(name: str) -> None:
    """Nothing is written for a request."""
    port = free_port()
    process = start([*COMMANDS[name], "--port", str(port)])
    try:
        wait_until_it_answers(port, process)
        httpx.get(f"http://127.0.0.1:{port}/")
    finally:
        output = stop(process)

    assert "HTTP/1.1" not in output


@EITHER
def test_log_level_silences_what_is_below(name: str) -> None:
    """What a server says of its start is no warning."""
    port = free_port()
    process = start([*COMMANDS[name], "--port", str(port)], {"LOG_LEVEL": "warning"})
    try:
        wait_until_it_answers(port, process)
    finally:
        output = stop(process)

    assert output == ""


@EITHER
def test_check_tells_whether_the_service_answers(name: str) -> None:
    """Status 0 while it runs, 1 when it does not; it needs no framework to ask."""
    with running(name) as target:
        port = str(target.address[1])
        asked, _ = run([*COMMANDS[name], "--check"], PORT=port, HOST="0.0.0.0")
    gone, _ = run([*COMMANDS[name], "--check"], PORT=port)

    assert (asked, gone) == (0, 1)


@EITHER
def test_check_imports_no_framework(name: str) -> None:
    """A health check must not cost a tenth of a second of the core that is measured."""
    code = f"import sys, {name}_app.__main__; print(sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "'pydantic'" not in modules
    assert f"'{name}'" not in modules


@EITHER
def test_reload_serves_the_changed_code(name: str, tmp_path: Path) -> None:
    """The development loop: save the file, and the next answer is new."""
    package = tmp_path / f"{name}_app"
    shutil.copytree(ROOT / f"{name}_app", package, ignore=shutil.ignore_patterns("__pycache__"))
    port = free_port()
    process = start(
        [*COMMANDS[name], "--port", str(port), "--reload"], {"PYTHONPATH": ""}, directory=tmp_path
    )
    try:
        wait_until_it_answers(port, process)
        schemas = package / "schemas.py"
        changed = schemas.read_text().replace('"Success!"', '"Changed!"')

        assert answers_after_saving(port, schemas, changed, {"msg": "Changed!"})
    finally:
        stop(process)


def test_reload_of_fastapi_serves_the_documentation() -> None:
    """In development only; in production both are 404, as the contract suite sees."""
    with running("fastapi", "--reload") as target:
        page = httpx.get(f"{target.url}/docs")
        document = httpx.get(f"{target.url}/openapi.json")

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert set(document.json()["paths"]) == {"/", "/wait", "/echo", "/healthz"}


def answers_after_saving(port: int, path: Path, text: str, expected: dict[str, str]) -> bool:
    """Save the file and poll `GET /` until it answers this or half a minute has passed.

    Saved again every two seconds: a reloader that first looks at the file after it was saved takes that for
    the state in which the server was started.
    """
    deadline = time.monotonic() + 30
    saved = 0.0
    while time.monotonic() < deadline:
        if time.monotonic() - saved > 2:
            path.write_text(text)
            saved = time.monotonic()
        try:
            if json.loads(httpx.get(f"http://127.0.0.1:{port}/").content) == expected:
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    return False
