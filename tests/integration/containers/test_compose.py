"""The compose file, brought up by each Compose there is: one service twice, equal limits, no rights."""

from typing import Any

import httpx
import pytest

from tests.integration.containers.conftest import Container
from tests.integration.containers.engine import wait_until

pytestmark = pytest.mark.full

READ_ONLY = """
import errno, pathlib
pathlib.Path('/tmp/probe').write_text('')
for folder in ('/', '/app', '/etc', '/usr'):
    try:
        pathlib.Path(folder, 'probe').write_text('')
    except OSError as refused:
        print(errno.errorcode[refused.errno])
"""
STATUS = "print(dict(line.split(':\\t') for line in open('/proc/1/status').read().splitlines())[{!r}])"
REQUESTS_EACH = 20


@pytest.fixture(params=["flask", "fastapi", "locust"])
def container(request: pytest.FixtureRequest, stack: dict[str, Container]) -> Container:
    """Return each running container in turn."""
    return stack[request.param]


def test_container_runs_the_image_just_built(container: Container, images: dict[str, str]) -> None:
    """What is tested is this tree: not an older image, and not something else that holds the port."""
    assert container.state()["Image"] == images[container.service]


def test_container_becomes_healthy(container: Container) -> None:
    """The image's own check says so, within the time that the services waiting for it would allow."""
    wait_until(
        lambda: container.state()["State"]["Health"]["Status"] == "healthy",
        f"{container.service} is healthy",
        within_s=30,
    )


def test_container_has_no_rights(container: Container) -> None:
    """No capability, no way to gain one, no root."""
    assert int(container.python(STATUS.format("CapEff")), 16) == 0
    assert int(container.python(STATUS.format("CapBnd")), 16) == 0
    assert container.python(STATUS.format("NoNewPrivs")) == "1"
    assert container.python("import os; print(os.getuid())") == "65532"


def test_container_root_is_read_only(container: Container) -> None:
    """Only /tmp takes files, and forgets them."""
    assert container.python(READ_ONLY).split() == ["EROFS"] * 4


def test_container_answers_on_loopback_only(container: Container) -> None:
    """By default nobody else on the network gets to the ports."""
    bindings: dict[str, list[dict[str, str]]] = container.state()["HostConfig"]["PortBindings"]
    assert [binding["HostIp"] for port in bindings.values() for binding in port] == ["127.0.0.1"]


def test_app_limits_are_applied_and_the_same(stack: dict[str, Container]) -> None:
    """One CPU and 256 MB each: a difference here would be measured as one between the apps."""

    def limits(container: Container) -> dict[str, Any]:
        host = container.state()["HostConfig"]
        names = ("NanoCpus", "Memory", "CpusetCpus", "PidsLimit", "ShmSize", "RestartPolicy", "Ulimits")
        return {name: host[name] for name in names}

    assert limits(stack["flask"]) == limits(stack["fastapi"])
    assert limits(stack["flask"])["NanoCpus"] == 1_000_000_000
    assert limits(stack["flask"])["Memory"] == 256 * 1024 * 1024
    assert limits(stack["flask"])["RestartPolicy"]["Name"] == "unless-stopped"


def test_app_index_is_the_same_byte_for_byte(app: Container) -> None:
    """Both answer the same bytes through the published port, and name the server they should."""
    response = httpx.get(app.url, trust_env=False)
    assert (response.status_code, response.content) == (200, b'{"msg":"Success!"}')
    assert response.headers["content-type"] == "application/json"
    assert response.headers["server"] == {"flask": "gunicorn", "fastapi": "uvicorn"}[app.service]


def test_locust_page_runs_both_classes_without_a_failure(stack: dict[str, Container]) -> None:
    """Started from its page, Locust reaches both services by name and finds every answer as it should be."""
    with httpx.Client(base_url=stack["locust"].url, trust_env=False, timeout=10) as page:
        wait_until(lambda: _loads(page), "the Locust page loads", within_s=30)
        start = {"user_count": 4, "spawn_rate": 4, "user_classes": ["Flask", "FastAPI"]}
        assert page.post("/swarm", data=start).json()["success"] is True
        try:
            for service in ("flask", "fastapi"):
                wait_until(
                    lambda service=service: _requests(page, service) >= REQUESTS_EACH,  # type: ignore[misc]
                    f"{REQUESTS_EACH} requests from Locust to {service}",
                    within_s=30,
                )
        finally:
            page.get("/stop")
        report = page.get("/stats/requests").json()
    assert report["errors"] == []
    assert report["fail_ratio"] == 0


def _loads(page: httpx.Client) -> bool:
    try:
        return page.get("/").status_code == 200
    except httpx.TransportError:
        return False


def _requests(page: httpx.Client, service: str) -> int:
    rows = page.get("/stats/requests").json()["stats"]
    return sum(row["num_requests"] for row in rows if row["name"].startswith(f"[{service}] "))
