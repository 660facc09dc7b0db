"""A backend and a load generator that make up their numbers: a whole comparison without a process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from loadtests.backends import Instance, Usage
from loadtests.compare.run import Parts
from loadtests.errors import Refusal
from loadtests.generator.messages import Aim, Order, Outcome, Served
from loadtests.generator.samples import Samples
from loadtests.results import Facts, Latencies
from loadtests.targets import Target

CPU_S = {"flask": 400e-6, "fastapi": 200e-6}
"""CPU time of a request, by service."""
COLD_START_S = {"flask": 0.25, "fastapi": 0.4}
PER_S = {"flask": 2_500.0, "fastapi": 5_000.0}
"""What a service reaches alone."""


@dataclass
class FakeBackend:
    """Says of each target that it has used what its requests cost; a new instance is at another port."""

    used_s: dict[str, float] = field(default_factory=dict)
    """CPU time of the instance that runs."""
    started: list[str] = field(default_factory=list)
    renewed: list[list[str]] = field(default_factory=list)
    hash_seeds: list[int | None] = field(default_factory=list)
    stopped: int = 0
    held_bytes: int = 45_000_000
    cold_start_s: Callable[[str, int], float] = lambda service, _: COLD_START_S[service]
    """By service and unit."""

    @property
    def unit(self) -> int:
        """How many units have begun."""
        return len(self.renewed)

    def url(self, target: Target) -> str:
        """Say where the instance of this unit listens."""
        return f"http://127.0.0.1:{1300 + 10 * self.unit + target.name.startswith('fastapi')}"

    def start(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """Give each a URL."""
        self.started = [target.name for target in targets]
        return tuple(replace(target, url=self.url(target)) for target in targets)

    def renew(self, targets: Sequence[Target], hash_seed: int | None) -> tuple[Instance, ...]:
        """Start in no time; keep the seed."""
        self.hash_seeds.append(hash_seed)
        self.renewed.append([target.name for target in targets])
        self.used_s.clear()
        return tuple(
            Instance(replace(target, url=self.url(target)), self.cold_start_s(target.service, self.unit))
            for target in targets
        )

    def usage(self, target: Target) -> Usage:
        """Charge what was served."""
        return Usage(self.used_s.get(target.name, 0.0), 0.0)

    def facts(self, target: Target) -> Facts:
        """Know a little."""
        return Facts(target=target.name, code_lines=300)

    def memory_bytes(self, target: Target) -> int | None:
        """Hold a little more once it has served."""
        return self.held_bytes + (5_000_000 if self.used_s.get(target.name) else 0)

    def settings(self, _: Target) -> dict[str, str | int | bool]:
        """Serve with one worker."""
        return {"workers": 1}

    def stop(self) -> None:
        """Count."""
        self.stopped += 1


@dataclass
class FakeGenerator:
    """Carries out orders at once; `before` is called with the number of each, and may interrupt."""

    backend: FakeBackend
    before: Callable[[int], None] = lambda _: None
    cost: Callable[[str, str, int], float] = lambda *_: 1.0
    """By scenario, service and unit, how many times its usual CPU time a request takes."""
    speed: Callable[[str, str, int], float] = lambda *_: 1.0
    """By the same, how many times its usual throughput a service has."""
    orders: list[Order] = field(default_factory=list)

    def carry_out(self, order: Order, at_edge: Callable[[], None]) -> Outcome:
        """Serve as fast as the services are said to be, a little more in every round."""
        self.orders.append(order)
        self.before(len(self.orders))
        at_edge()
        served = []
        for number, aim in enumerate(order.aims):
            per_s = order.rate_per_s or min(self._per_s(order, name) for name in targets(order))
            requests = round(order.window_s * per_s * (1 + 0.001 * (len(self.orders) % 7)))
            latency_s = (
                order.connections / per_s if order.mode == "closed" and per_s else self._cpu_s(order, aim)
            )
            used_s = self.backend.used_s.get(aim.target, 0.0)
            self.backend.used_s[aim.target] = used_s + requests * self._cpu_s(order, aim)
            if order.samples:
                samples = Samples()
                for place in range(requests):
                    samples.add(place / per_s, place / per_s, latency_s)
                samples.save(order.samples[number])
            latencies = Latencies.of([latency_s] * requests)
            served.append(
                Served(
                    target=aim.target,
                    requests=requests,
                    failures=0,
                    first_fault=None,
                    connects=0,
                    second_half=requests // 2,
                    unsent=0,
                    service=latencies,
                    response=latencies if order.is_timed(number) else None,
                )
            )
        at_edge()
        return Outcome(
            begin_s=0.0,
            window_s=order.window_s,
            offered_per_s=order.rate_per_s,
            served=tuple(served),
            busy_share=0.3,
            cpu_s=0.1,
            lag_s=0.0,
        )

    def _cpu_s(self, order: Order, aim: Aim) -> float:
        name = service(aim.target)
        return CPU_S[name] * self.cost(scenario(order), name, self.backend.unit)

    def _per_s(self, order: Order, target: str) -> float:
        name = service(target)
        return PER_S[name] * self.speed(scenario(order), name, self.backend.unit)


class Asleep:
    """Keeps no core awake."""

    def cpu_s(self, _: int | None) -> float:
        """Take no time."""
        return 0.0


def targets(order: Order) -> list[str]:
    """Name those that an order loads."""
    return [aim.target for aim in order.aims]


def scenario(order: Order) -> str:
    """Name the scenario of an order by its request."""
    path = order.aims[0].request.split()[1].decode().partition("?")[0]
    return path.lstrip("/") or "index"


def service(target: str) -> str:
    """Name the service of a target."""
    return target.partition("-")[0]


def parts(backend: FakeBackend, generator: FakeGenerator, refusal: str | None = None) -> Parts:
    """Put the fakes in the place of what starts processes; a refusal is what the gate says."""

    def check(*_: Any) -> None:
        if refusal:
            raise Refusal(refusal)

    made: Any = generator
    asleep: Any = Asleep()
    return Parts(lambda *_: backend, lambda *_: made, check, lambda *_: 30_000.0, lambda *_: asleep)
