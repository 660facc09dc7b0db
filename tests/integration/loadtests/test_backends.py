"""Where the targets run: real processes, real containers, and services that somebody else looks after."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from loadtests.backends import Backend, Instance, Usage
from loadtests.backends.compose import ComposeBackend
from loadtests.backends.process import ProcessBackend
from loadtests.backends.url import UrlBackend
from loadtests.errors import Refusal
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes, cores
from loadtests.results import Facts
from loadtests.targets import Target, address, targets
from tests.integration.containers.conftest import base_image
from tests.integration.containers.engine import ROOT, docker, inspect, run
from tests.integration.loadtests.locust import wait_until
from tests.integration.loadtests.recorder import recording

pytestmark = pytest.mark.full

__all__ = ["base_image"]

CONTROL, CANDIDATE = targets({})
AGAIN = replace(CONTROL, name="flask-again", title="Flask again")
ALL = (CONTROL, CANDIDATE, AGAIN)
ALL_BUT_URL = tuple(replace(target, url="") for target in ALL)
FLASK, FASTAPI = ([sys.executable, "-m", f"{name}_app"] for name in ("flask", "fastapi"))
COMMANDS = {"flask": FLASK, "fastapi": FASTAPI, "flask-again": FLASK}
PROJECT = f"backends-test-{os.getpid()}"


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Own what the test starts."""
    with Processes(Interruption()) as owner:
        yield owner


@pytest.fixture
def backend(processes: Processes, tmp_path: Path) -> Iterator[ProcessBackend]:
    """Run both services, and the control a second time, on a core of their own."""
    backend = ProcessBackend(processes, cores()[0], COMMANDS, {}, tmp_path)
    yield backend
    backend.stop()


BEFORE: set[int] = set()
"""Processes of the session that are none of a test's."""


@pytest.fixture(autouse=True)
def remembered() -> None:
    """Know what ran before the test: services that other tests share live as long as the session."""
    BEFORE.clear()
    BEFORE.update(pids())


def pids() -> set[int]:
    """Return the ids of what the test has started and what came of it."""
    return {child.pid for child in psutil.Process().children(recursive=True)} - BEFORE


def ask(target: Target, times: int = 1) -> None:
    """Send requests, each answered."""
    with httpx.Client(trust_env=False) as client:
        for _ in range(times):
            assert client.get(target.url).json() == {"msg": "Success!"}


def assert_asking_costs_only(asked: Target, others: list[Target], backend: Backend) -> None:
    """Check that CPU time is that of one target: who is asked uses most of what they all use."""
    before_s = {target.name: backend.usage(target).cpu_s or 0.0 for target in [asked, *others]}
    ask(asked, times=300)
    used_s = {
        target.name: (backend.usage(target).cpu_s or 0.0) - before_s[target.name]
        for target in [asked, *others]
    }
    assert used_s[asked.name] > 0
    assert all(used_s[asked.name] > 5 * used_s[target.name] >= 0 for target in others), used_s


def test_process_start_serves_every_target_at_a_url_of_its_own(backend: ProcessBackend) -> None:
    """The control twice as well, each with an account of its own, all on the given core."""
    started = backend.start(ALL)
    assert [replace(target, url="") for target in started] == [replace(target, url="") for target in ALL]
    assert len({target.url for target in started}) == 3
    for target in started:
        assert_asking_costs_only(target, [other for other in started if other != target], backend)
    core = cores()[0]
    if core is not None:
        assert {tuple(psutil.Process(pid).cpu_affinity() or ()) for pid in pids()} == {(core,)}


def test_process_facts_are_those_of_its_package(backend: ProcessBackend) -> None:
    """Of both everything but what there is not, an image."""
    for target in backend.start([CONTROL, CANDIDATE]):
        facts = backend.facts(target)
        assert facts == Facts(
            target=target.name,
            packages=facts.packages,
            packages_bytes=facts.packages_bytes,
            code_lines=facts.code_lines,
        )
        assert facts.packages is not None
        assert facts.packages > 10
        assert facts.packages_bytes is not None
        assert facts.packages_bytes > 5_000_000
        assert facts.code_lines is not None
        assert facts.code_lines > 200
        assert (backend.memory_bytes(target) or 0) > 10_000_000


def test_process_settings_are_what_the_service_was_told(
    backend: ProcessBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Defaults as well as what the environment says; where it listens does not matter."""
    monkeypatch.setenv("THREADS", "3")
    flask, fastapi = backend.start([CONTROL, CANDIDATE])
    assert backend.settings(flask).items() >= {"threads": 3, "workers": 1, "keep_alive_s": 75}.items()
    assert backend.settings(fastapi).items() >= {"workers": 1, "keep_alive_s": 75}.items()
    assert not backend.settings(flask).keys() & {"host", "port", "check", "print_config"}


def test_process_settings_of_a_command_that_does_not_say_are_empty(
    processes: Processes, tmp_path: Path
) -> None:
    """Not known is not an error."""
    backend = ProcessBackend(processes, None, {"flask": [sys.executable, "-c", "exit(2)"]}, {}, tmp_path)
    assert backend.settings(CONTROL) == {}


def served_by(target: Target) -> psutil.Process:
    """Return the process that was started for a target: the one that was told its port."""
    port = str(address(target.url)[1])
    [found] = [child for child in psutil.Process().children() if port in child.cmdline()]
    return found


def test_process_renew_replaces_every_process_at_its_url(backend: ProcessBackend) -> None:
    """One after the other in the order that is given, with an account of its own; none of before is left."""
    started = backend.start([CONTROL, CANDIDATE])
    before = pids()
    with httpx.Client(trust_env=False) as lingering:
        for target in started:
            lingering.get(target.url)
        instances = backend.renew(started[::-1], None)
    assert [one.target for one in instances] == list(started[::-1])
    assert not before & pids()
    first, second = (served_by(one.target).create_time() for one in instances)
    assert 0 < (instances[0].cold_start_s or 0) <= second - first + 0.02  # create_time counts hundredths
    assert (instances[1].cold_start_s or 0) > 0
    for target in started:
        assert_asking_costs_only(target, [other for other in started if other != target], backend)
        assert (backend.memory_bytes(target) or 0) > 10_000_000
    core = cores()[0]
    if core is not None:
        assert {tuple(psutil.Process(pid).cpu_affinity() or ()) for pid in pids()} == {(core,)}


def test_process_renew_gives_the_hash_seed_to_both(processes: Processes, tmp_path: Path) -> None:
    """In place of the one with which they were started; without one that stays."""
    backend = ProcessBackend(processes, None, COMMANDS, {}, tmp_path, {"PYTHONHASHSEED": "7"})
    started = backend.start([CONTROL, CANDIDATE])
    seeds = []
    for hash_seed in (41, 42, None):
        backend.renew(started, hash_seed)
        seeds.append([served_by(target).environ()["PYTHONHASHSEED"] for target in started])
    assert seeds == [["41", "41"], ["42", "42"], ["7", "7"]]
    backend.stop()
    assert pids() == set()


def test_process_renew_that_fails_is_refused(processes: Processes, tmp_path: Path) -> None:
    """With the service's own last words, and at once; the other one is ended by `stop`."""
    commands = dict(COMMANDS)
    backend = ProcessBackend(processes, None, commands, {}, tmp_path)
    started = backend.start([CANDIDATE, CONTROL])
    commands["flask"] = [sys.executable, "-c", "import sys; sys.exit('no such thing')"]
    with pytest.raises(Refusal, match=r"^Flask did not start another time: no such thing$"):
        backend.renew(started, 0)
    backend.stop()
    assert pids() == set()


def test_process_start_on_a_port_in_use_is_refused(processes: Processes, tmp_path: Path) -> None:
    """The service's own sentence is passed on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        backend = ProcessBackend(processes, None, COMMANDS, {"fastapi": port}, tmp_path)
        with pytest.raises(
            Refusal, match=rf"FastAPI did not start: .* cannot listen on 127\.0\.0\.1 port {port}"
        ):
            backend.start(ALL)
    backend.stop()
    assert pids() == set()


def test_process_start_of_another_server_is_refused(processes: Processes, tmp_path: Path) -> None:
    """Nobody is measured under another one's name."""
    backend = ProcessBackend(processes, None, {"fastapi": FLASK}, {}, tmp_path)
    with pytest.raises(Refusal, match=r"is not FastAPI: its Server header is 'gunicorn', not 'uvicorn'\.$"):
        backend.start([CANDIDATE])


def test_process_start_that_ends_without_a_word_is_refused(processes: Processes, tmp_path: Path) -> None:
    """There is a sentence all the same."""
    backend = ProcessBackend(processes, None, {"flask": [sys.executable, "-c", "exit(3)"]}, {}, tmp_path)
    with pytest.raises(Refusal, match=r"Flask did not start: it ended with status 3 and said nothing$"):
        backend.start([CONTROL])


def test_process_stop_ends_its_own_and_nothing_else(processes: Processes, tmp_path: Path) -> None:
    """And a second time nothing happens."""
    other = processes.start([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    backend = ProcessBackend(processes, None, COMMANDS, {}, tmp_path)
    backend.start([CONTROL, CANDIDATE])
    backend.stop()
    backend.stop()
    assert pids() == {other.pid}


def test_process_usage_with_a_replaced_worker_never_goes_down(backend: ProcessBackend) -> None:
    """What a killed worker has used stays used."""
    [target] = backend.start([CONTROL])
    ask(target, times=100)
    before_s = backend.usage(target).cpu_s
    assert before_s is not None
    [master] = (child for child in psutil.Process().children() if child.pid in pids())
    [worker] = master.children()
    worker.kill()
    wait_until("there is another worker", lambda: worker.pid not in pids() and len(pids()) == 2)
    ask(target)
    after_s = backend.usage(target).cpu_s
    assert after_s is not None
    assert after_s > before_s


def test_url_start_takes_what_runs_there_and_knows_nothing_more() -> None:
    """What cannot be seen is absent, not zero."""
    with recording("gunicorn") as service:
        target = replace(CONTROL, url=service.url)
        backend = UrlBackend()
        assert backend.start([target]) == (target,)
        assert backend.usage(target) == Usage(None, None)
        assert backend.facts(target) == Facts(target="flask")
        assert backend.renew([target], 40) == (Instance(target, None),)
        assert backend.memory_bytes(target) is None
        assert backend.settings(target) == {}
        backend.stop()
        assert service.answered.total() == 1


def test_url_start_of_somebody_elses_service_takes_any_answer() -> None:
    """It needs neither our health check nor a name that we know."""
    with recording("something") as service:
        service.status = 404
        target = Target("theirs", "Theirs", None, service.url)
        assert UrlBackend().start([target]) == (target,)


def test_url_start_without_anybody_there_is_refused() -> None:
    """In a sentence that says where."""
    with pytest.raises(Refusal, match=r"^Theirs does not answer at http://127\.0\.0\.1:9 \(.*refused\)\.$"):
        UrlBackend().start([Target("theirs", "Theirs", None, "http://127.0.0.1:9")])


@pytest.fixture
def project(base_image: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Build both images, and have a project of the test's own, on free ports; nothing of it is left."""
    for name in ("flask", "fastapi"):
        options = ["--file", "docker/Dockerfile", "--build-arg", f"BASE={base_image}", "--tag", f"{name}-app"]
        run(["docker", "build", "--quiet", "--target", name, *options, "."])
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", PROJECT)
    monkeypatch.setenv("COMPOSE_ENV_FILES", ".env.example")
    for variable in ("FLASK_PORT", "FASTAPI_PORT", "LOCUST_PORT"):
        monkeypatch.setenv(variable, "0")
    yield PROJECT
    run(["docker", "compose", "down", "--timeout", "5"])


def containers(*options: str) -> set[str]:
    """Return the ids of all containers of the two images that the engine has."""
    filters = ["--filter", "ancestor=flask-app", "--filter", "ancestor=fastapi-app"]
    return set(docker("ps", "--all", "--quiet", "--no-trunc", *filters, *options).split())


def running() -> set[str]:
    """Return the ids of those of them that run."""
    return containers("--filter", "status=running")


def limits(id: str) -> dict[str, Any]:
    """Return what a container may use."""
    host = inspect(id)["HostConfig"]
    names = ("NanoCpus", "Memory", "CpusetCpus", "ReadonlyRootfs")
    return {name: host[name] for name in names} | {"Image": inspect(id)["Image"]}


def test_compose_start_serves_every_target_and_stop_leaves_nothing(project: str) -> None:
    """All that a container shows, for the service, its rival, and one more container of it."""
    before = containers()
    backend = ComposeBackend(ROOT, cores()[0])
    try:
        started = backend.start(ALL)
        assert len({target.url for target in started}) == 3
        brought_up = containers()
        for target in started:
            assert_asking_costs_only(target, [other for other in started if other != target], backend)
            assert backend.usage(target).throttled_s is not None
            assert (backend.memory_bytes(target) or 0) > 10_000_000
            facts = backend.facts(target)
            assert facts.image_bytes is not None
            assert facts.image_bytes > 5_000_000
            assert facts.packages is None  # the image has no lock that would say what is needed
            assert (facts.code_lines or 0) > 200
            settings = backend.settings(target)
            assert settings.items() >= {"workers": 1, "cpus": "1", "memory_limit_bytes": 256 << 20}.items()
            core = cores()[0]
            assert settings.get("cpuset") == (None if core is None else str(core))
        assert containers() == brought_up
    finally:
        backend.stop()
        backend.stop()
    assert containers() == before
    assert docker("network", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={project}") == ""


@pytest.mark.usefixtures("project")
def test_compose_renew_runs_each_unit_in_containers_of_its_own() -> None:
    """Of the same image with the same limits, without a health check; nothing else of ours runs."""
    before, ran = containers(), running()
    backend = ComposeBackend(ROOT, cores()[0])
    try:
        started = backend.start(ALL)
        first = running() - ran
        expected = sorted(str(limits(id)) for id in first)
        seen = {target.url for target in started}
        units = [first]
        for _ in range(2):
            instances = backend.renew(started, None)
            units.append(running() - ran)
            assert [replace(one.target, url="") for one in instances] == list(ALL_BUT_URL)
            assert all((one.cold_start_s or 0) > 0 for one in instances)
            assert sorted(str(limits(id)) for id in units[-1]) == expected
            assert {inspect(id)["Config"]["Healthcheck"]["Test"][0] for id in units[-1]} == {"NONE"}
            assert not seen & {one.target.url for one in instances}
            seen |= {one.target.url for one in instances}
            served = [one.target for one in instances]
            for target in served:
                assert_asking_costs_only(target, [other for other in served if other != target], backend)
                assert backend.usage(target).throttled_s is not None
                assert (backend.memory_bytes(target) or 0) > 10_000_000
        assert [len(unit) for unit in units] == [3, 3, 3]
        assert len(set.union(*units)) == 9
        assert not units[1] & containers()
    finally:
        backend.stop()
        backend.stop()
    assert containers() == before


@pytest.mark.usefixtures("project")
def test_compose_stop_with_an_engine_that_fails_once_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The failure is told, and everything else is done; what could not be removed is tried again."""
    before, real = containers(), shutil.which("docker")
    backend = ComposeBackend(ROOT)
    try:
        backend.renew(backend.start([CONTROL]), None)
        fails = f'if [ "$1" = rm ] && mkdir {tmp_path}/failed; then echo not now >&2; exit 1; fi'
        fake(tmp_path, f'{fails}\nexec {real} "$@"')
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        with pytest.raises(Refusal, match=r"^`docker rm --force flask-[0-9a-f]{12}` failed: not now$"):
            backend.stop()
        assert (tmp_path / "failed").is_dir()
        assert containers() == before
    finally:
        backend.stop()
        if left := containers() - before:
            docker("rm", "--force", *left)


@pytest.mark.usefixtures("project")
def test_compose_stop_leaves_what_ran_before_as_it_was() -> None:
    """One service ran and runs on, unpinned; the other one was there and did not run, and does not again."""
    run(["docker", "compose", "create", "fastapi"])
    run(["docker", "compose", "up", "--detach", "--no-deps", "flask"])
    ids = {name: run(["docker", "compose", "ps", "--all", "--quiet", name]) for name in ("flask", "fastapi")}
    began = inspect(ids["flask"])["State"]["StartedAt"]
    core = cores()[0]
    backend = ComposeBackend(ROOT, core)
    try:
        started = backend.start([CONTROL, CANDIDATE])
        before = running()
        for one in backend.renew(started, None):
            ask(one.target)
            assert backend.settings(one.target).get("cpuset") == (None if core is None else str(core))
        assert before - running() == {ids["fastapi"]}
        pinned = {limits(id)["CpusetCpus"] for id in running() - before}
        assert pinned == {"" if core is None else str(core)}
    finally:
        backend.stop()
    assert inspect(ids["flask"])["State"]["StartedAt"] == began
    assert inspect(ids["flask"])["HostConfig"]["CpusetCpus"] == ""
    assert inspect(ids["fastapi"])["State"]["Status"] == "exited"


@pytest.mark.usefixtures("project")
def test_compose_usage_leaves_the_health_check_out() -> None:
    """Whatever is started in the container from outside is no work of the service's."""
    backend = ComposeBackend(ROOT)
    try:
        [target] = backend.start([CONTROL])
        id = run(["docker", "compose", "ps", "--quiet", "flask"])
        before_s = backend.usage(target).cpu_s
        docker("exec", id, "python", "-c", "import time\nwhile time.process_time() < 1: pass")
        after_s = backend.usage(target).cpu_s
        assert before_s is not None
        assert after_s is not None
        assert 0 <= after_s - before_s < 0.5
    finally:
        backend.stop()


def test_compose_start_of_a_service_that_is_not_there_is_refused(project: str) -> None:
    """The file is named, and the target."""
    backend = ComposeBackend(ROOT)
    with pytest.raises(Refusal, match=r"^compose\.yaml has no service for django that publishes a port\.$"):
        backend.start([Target("django", "Django", None, "")])
    backend.stop()
    assert docker("ps", "--all", "--quiet", "--filter", f"name={project}") == ""


def test_compose_start_without_docker_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Said in a sentence."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal, match=r"^The containers need Docker: docker: No such file or directory\.$"):
        ComposeBackend(ROOT).start([CONTROL])


def test_compose_start_with_a_docker_that_fails_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the command and its last words."""
    fake(tmp_path, "echo beside the point >&2; echo no engine >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Refusal, match=r"^`docker compose config --format json` failed: no engine$"):
        ComposeBackend(ROOT).start([CONTROL])


def test_compose_interrupted_waits_for_what_the_engine_was_told(tmp_path: Path) -> None:
    """Ctrl-C does not reach Docker's command, and is heard when that has ended: then it can be undone."""
    fake(tmp_path, "echo begun; read -r answer < fifo; echo $answer > said; exit 0")
    os.mkfifo(tmp_path / "fifo")
    code = (
        "from loadtests.backends.engine import docker\n"
        "from loadtests.host.interruption import Interruption\n"
        "from pathlib import Path\n"
        "with Interruption().handle_signals():\n"
        "    print('ready', flush=True)\n"
        f"    docker('run', root=Path({str(tmp_path)!r}))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with (tmp_path / "fifo").open("w") as fifo:  # opens when the command reads
        os.killpg(process.pid, signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        fifo.write("done\n")
    _, errors = process.communicate(timeout=30)
    assert "Interrupted" in errors
    assert (tmp_path / "said").read_text() == "done\n"


def fake(folder: Path, script: str) -> None:
    """Put a command into the folder that goes by the name of Docker."""
    command = folder / "docker"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
