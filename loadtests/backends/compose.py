"""The targets as services of compose.yaml; those that were not running are started, and ended afterwards."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from loadtests.backends import Instance, Usage, configuration, facts
from loadtests.backends.cgroup import Cgroup
from loadtests.backends.cold_start import cold_started
from loadtests.backends.engine import Container, docker, image_bytes, inspect
from loadtests.backends.health import START_TIMEOUT_S, await_answer, free_port
from loadtests.backends.tree import Tree
from loadtests.errors import Refusal
from loadtests.results import Facts
from loadtests.targets import Target


@dataclass(frozen=True, slots=True)
class _Running:
    service: str
    port: str
    """As the engine names it: `1300/tcp`."""
    container: Container
    tree: Tree
    cgroup: Cgroup


class ComposeBackend:
    """A container for each target; a second instance of a service is one more of the same.

    With a core, the containers that are started here are pinned to it. Those that run already, and images
    that exist, are taken as they are.

    CPU time is that of the container's first process and its descendants, where the engine runs on this
    machine. The control group's would include the health check: a process from outside, 0.1 s of CPU time
    every five seconds, which is much in a window of a second.
    """

    def __init__(self, root: Path, core: int | None = None) -> None:
        self._root = root
        self._core = core
        self._undo: list[list[str]] = []
        """What Docker must be told in the end, the last first."""
        self._running: dict[str, _Running] = {}
        self._units = ExitStack()
        """The containers of the unit that is measured."""
        self._spent: list[list[str]] = []
        """What Docker must be told once units begin, so that nothing of ours runs beside them."""

    def start(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """Bring up what is missing."""
        ports = self._ports()
        self._up([target.name for target in targets if target.name in ports])
        return tuple(self._start(target, ports) for target in targets)

    def _ports(self) -> dict[str, int]:
        """Return the first port that each service publishes, as the container knows it."""
        services = json.loads(self._compose("config", "--format", "json"))["services"]
        return {
            name: service["ports"][0]["target"] for name, service in services.items() if service.get("ports")
        }

    def _up(self, services: Sequence[str]) -> None:
        running = self._compose("ps", "--services", "--filter", "status=running").split()
        present = self._compose("ps", "--services", "--all").split()
        missing = [service for service in services if service not in running]
        if not missing:
            return
        # Noted before it happens, so that an interruption is undone, too. Others there are left alone.
        created = [service for service in missing if service not in present]
        stopped = [service for service in missing if service in present]
        if not present:
            self._undo.append(["compose", "down"])
        elif created:
            self._undo.append(["compose", "rm", "--stop", "--force", *created])
        if stopped:
            self._undo.append(["compose", "stop", *stopped])
        self._compose("up", "--detach", "--no-deps", *missing)
        self._spent.append(["compose", "stop", *missing])
        if self._core is not None:
            for service in missing:
                docker("update", "--cpuset-cpus", str(self._core), self._id(service))

    def _start(self, target: Target, ports: dict[str, int]) -> Target:
        service = target.service
        if service not in ports:
            raise Refusal(f"compose.yaml has no service for {target.name} that publishes a port.")
        name = self._id(service) if service == target.name else self._run(service, ports[service])
        container = inspect(name)
        port = f"{ports[service]}/tcp"
        if port not in container.addresses:
            raise Refusal(f"The container of {target.title} does not run: `docker logs {name}` says why.")
        target = replace(target, url=f"http://{container.addresses[port]}")
        if container.environ.get("ACCESS_LOG") == "1":
            raise Refusal(
                f"The container of {target.title} writes an access log, which would be measured with it: "
                "bring it up without ACCESS_LOG=1."
            )
        await_answer(target, START_TIMEOUT_S)
        tree, cgroup = Tree(container.pid), Cgroup(container.pid, container.id)
        self._running[target.name] = _Running(service, port, container, tree, cgroup)
        return target

    def _id(self, service: str) -> str:
        return self._compose("ps", "--quiet", service).strip()

    def _run(self, service: str, port: int) -> str:
        """Start one more container of a service."""
        name = self._name(service)
        publish = f"127.0.0.1:{free_port()}:{port}"
        self._compose("run", "--detach", "--no-deps", "--name", name, "--publish", publish, service)
        self._spent.append(["stop", name])
        if self._core is not None:
            docker("update", "--cpuset-cpus", str(self._core), name)
        return name

    def _name(self, service: str) -> str:
        """Name a container that is about to be started, so that it is removed in the end, however it ends."""
        name = f"{service}-{uuid.uuid4().hex[:12]}"
        self._undo.append(["rm", "--force", name])
        return name

    def renew(self, targets: Sequence[Target], hash_seed: int | None) -> tuple[Instance, ...]:  # noqa: ARG002
        """Run another container of each image with the same limits, in place of the one before.

        Without its health check, which would take CPU time from what is measured. The containers that were
        started here before have done their part and are stopped.
        """
        self._units.close()
        while self._spent:
            docker(*self._spent.pop(), root=self._root)
        return tuple(self._renewed(target) for target in targets)

    def _renewed(self, target: Target) -> Instance:
        running = self._running[target.name]
        container, port = running.container, int(running.port.partition("/")[0])
        name = self._name(running.service)
        options = [*container.options, "--no-healthcheck"]
        cpuset = self._cpuset(container)
        if cpuset is not None and container.cpuset is None:
            options += ["--cpuset-cpus", cpuset]
        self._units.enter_context(self._remembered(name))
        started = self._units.enter_context(cold_started(name, container.image, port, options))
        now = inspect(name)
        self._running[target.name] = replace(running, tree=Tree(now.pid), cgroup=Cgroup(now.pid, now.id))
        return Instance(replace(target, url=started.url), started.seconds)

    def _cpuset(self, container: Container) -> str | None:
        """Return the cores that the units of such a container may use."""
        return container.cpuset or (None if self._core is None else str(self._core))

    @contextmanager
    def _remembered(self, name: str) -> Iterator[None]:
        """Forget a container after the block; where that failed, it is still removed in the end."""
        yield
        self._undo.remove(["rm", "--force", name])

    def usage(self, target: Target) -> Usage:
        """Look at the container, where the engine runs on this machine."""
        running = self._running[target.name]
        cpu_s = running.tree.cpu_s() if running.cgroup.visible else None
        return Usage(cpu_s, running.cgroup.throttled_s())

    def facts(self, target: Target) -> Facts:
        """Look at the container and its image, and from another container of that image at what it holds."""
        running = self._running[target.name]
        known = {
            "target": target.name,
            "image_bytes": image_bytes(running.container.image),
        }
        script = Path(facts.__file__).read_text()
        printed = self._ask(
            running, ["--interactive", "--entrypoint", "python"], ["-", f"{running.service}_app"], script
        )
        return Facts.model_validate({**known, **(json.loads(printed) if printed else {})})

    def memory_bytes(self, target: Target) -> int | None:
        """Return what the container's processes hold, without the files that they have read."""
        return self._running[target.name].cgroup.memory_bytes()

    def settings(self, target: Target) -> dict[str, str | int | bool]:
        """Ask the app in another container like this one, and the engine for the limits."""
        running = self._running[target.name]
        container = running.container
        cpuset = self._cpuset(container)
        return {
            **configuration.parse(self._ask(running, [], [configuration.OPTION])),
            **({"cpus": f"{container.cpus:g}"} if container.cpus else {}),
            **({"memory_limit_bytes": container.memory_bytes} if container.memory_bytes else {}),
            **({"cpuset": cpuset} if cpuset else {}),
        }

    def stop(self) -> None:
        """End and remove the containers that were started here; all are tried before a failure is told."""
        failures = []
        try:
            self._units.close()
        except Refusal as failure:
            failures.append(failure)
        while self._undo:
            try:
                docker(*self._undo.pop(), root=self._root)
            except Refusal as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    def _ask(self, running: _Running, options: Sequence[str], words: Sequence[str], text: str = "") -> str:
        """Run something in another container like this one; return what it printed, nothing where it fails.

        Not in this one, whose memory is looked at.
        """
        name = self._name(running.service)
        begun = ["run", "--rm", "--name", name, *options, *running.container.options, running.container.image]
        try:
            return docker(*begun, *words, text=text)
        except Refusal:
            return ""
        finally:
            docker("rm", "--force", name)
            self._undo.remove(["rm", "--force", name])

    def _compose(self, *arguments: str) -> str:
        return docker("compose", *arguments, root=self._root)
