"""Each service in a container of its final image, by the image's id: the same service as without one."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.integration.containers.conftest import PORTS
from tests.integration.containers.engine import ROOT, docker, wait_until
from tests.integration.containers.hardened import HARDENED, Running, running
from tests.integration.containers.health import answers

pytestmark = pytest.mark.full

SERVICES = ("flask", "fastapi")
# Flask's 64 threads and two processes would be more than the 64 that are allowed here.
THREADS = ("--env", "THREADS=48")
CHILDREN = (
    "from pathlib import Path; print(*(p.read_text() for p in Path('/proc/1/task').glob('*/children')))"
)


@pytest.fixture(scope="module")
def services(images: dict[str, str]) -> Iterator[dict[str, Running]]:
    """Run both, hardened."""
    with ExitStack() as stack:
        found = {
            name: stack.enter_context(running(images[name], PORTS[name], *HARDENED, *THREADS))
            for name in SERVICES
        }
        for name, service in found.items():
            assert service.image == images[name]
            wait_until(lambda url=service.url: answers(url), f"{name} answers", within_s=30)  # type: ignore[misc]
        yield found


def test_final_images_pass_the_contract_suite(services: dict[str, Running]) -> None:
    """Read-only, without a right, in 128 MB: every answer is still the contract's."""
    command = ("pytest", "-q", "--no-header", "-p", "no:cacheprovider", "tests/contract")

    # Side by side, because much of it is waiting.
    with ThreadPoolExecutor(len(services)) as pool:
        for ended in [
            pool.submit(ended_well, *command, "-k", name, f"--{name}-url={service.url}")
            for name, service in services.items()
        ]:
            ended.result()


def test_final_images_pass_the_parity_suite(services: dict[str, Running]) -> None:
    """Both final images are the same service, but for the differences that are listed by name."""
    ended_well("tests.parity", *(service.url for service in services.values()), "--pairs", "500")


@pytest.mark.parametrize("name", SERVICES)
def test_final_image_writes_nothing_where_it_may(images: dict[str, str], name: str) -> None:
    """With a root that it could write to, a service leaves no trace there."""
    with running(images[name], PORTS[name]) as service:
        wait_until(lambda: answers(service.url), f"{name} answers", within_s=30)
        assert docker("diff", service.id) == ""


@pytest.mark.parametrize("name", SERVICES)
def test_final_image_survives_a_killed_worker(images: dict[str, str], name: str) -> None:
    """The parent starts another one for each that is gone, and the service answers on."""
    rights = [option for option in HARDENED if not option.startswith("--memory")]
    with running(images[name], PORTS[name], *rights, *THREADS, "--env", "WEB_CONCURRENCY=2") as service:
        wait_until(lambda: answers(service.url), f"{name} answers", within_s=30)
        wait_until(lambda: len(workers(service)) >= 2, f"two workers of {name}", within_s=30)
        before = workers(service)
        for pid in before:
            docker("exec", service.id, "python", "-c", f"import os; os.kill({pid}, 9)")
        wait_until(lambda: len(workers(service) - before) >= 2, f"new workers of {name}", within_s=30)
        wait_until(lambda: answers(service.url), f"{name} answers again", within_s=30)


def workers(service: Running) -> set[int]:
    """Return the ids of the processes that the first one has started."""
    # The process that looks is no child of the first one.
    return set(map(int, service.python(CHILDREN).split()))


def ended_well(module: str, *options: str) -> None:
    """Run a module of this environment and show what it printed if it fails."""
    command = [sys.executable, "-m", module, *options]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
