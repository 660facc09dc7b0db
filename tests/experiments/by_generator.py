"""The two services under our load generator and under strangers: `make bench-generator`.

How much does FastAPI ÷ Flask depend on who makes the load? Each service runs as the comparison runs it, alone
under load on one core; the generator has the other. wrk and oha, where they are installed, take turns with
ours, round after round. Ours primes its connections, settles, and checks every answer byte for byte; theirs
check nothing, and the opening of their connections is in their figures (2 % of the CPU at most, with 64). wrk
makes up the requests that a slow answer kept it from sending (`stats_correct` in its source), so its p99 is
higher for the same answers. Why the others differ: tests/experiments/wake_ups.py.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from loadtests.backends.process import ProcessBackend
from loadtests.compare.harness import aim
from loadtests.compare.strangers import STRANGERS, Stranger, Unreadable, ask
from loadtests.errors import Refusal
from loadtests.generator.messages import Order
from loadtests.generator.process import Generator
from loadtests.host.interruption import Interrupted, Interruption
from loadtests.host.processes import Processes, cores
from loadtests.inference import ratio
from loadtests.scenarios import INDEX
from loadtests.targets import Target, targets
from tests.services import COMMANDS

LEVELS = (1, 16, 32, 64)
"""Requests in flight."""
ROUNDS = 7
SETTLE_S = 0.3
WINDOW_S = 1.0
STRANGER_S = 2
"""Of a stranger's whole run: longer, because uvloop accepts one connection in a turn of its loop."""
OURS = "ours"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a generator found of a service at one level in one round."""

    throughput_per_s: float
    p50_s: float
    p99_s: float
    server_cpu_s: float
    """For one request."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One column of the table."""

    title: str
    of: Callable[[Reading], float]
    form: str
    """How its median is written."""
    scale: float = 1.0


THROUGHPUT = Figure("requests/s", lambda one: one.throughput_per_s, "{:,.0f}")
SERVER_CPU = Figure("server CPU µs", lambda one: one.server_cpu_s, "{:.0f}", 1e6)
FIGURES = (
    THROUGHPUT,
    Figure("p50 ms", lambda one: one.p50_s, "{:.3f}", 1e3),
    Figure("p99 ms", lambda one: one.p99_s, "{:.2f}", 1e3),
    SERVER_CPU,
)

Measure = Callable[[Target, int], Reading]
Found = dict[tuple[str, int, str], list[Reading]]
"""By target, level and generator, in the order of the rounds."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what each generator says, over what ours says."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.experiments.by_generator",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "levels",
        nargs="*",
        type=int,
        metavar="N",
        help=f"requests in flight (default: {' '.join(map(str, LEVELS))})",
    )
    levels: list[int] = parser.parse_args(arguments).levels or list(LEVELS)
    server_core, core = cores()
    if server_core is None or core is None:
        return _refuse(parser, "two cores are needed, one for the service and one for the generator")
    if min(levels) < 1:
        return _refuse(parser, f"{min(levels)} requests in flight are none")
    strangers = [stranger for stranger in STRANGERS if stranger.program]
    if not strangers:
        print(f"not compared with strangers: {' and '.join(s.name for s in STRANGERS)} are not installed")
        return 0
    interruption = Interruption()
    try:
        with (
            interruption.handle_signals(),
            Processes(interruption) as processes,
            tempfile.TemporaryDirectory() as folder,
        ):
            backend = ProcessBackend(processes, server_core, COMMANDS, {}, Path(folder))
            services = backend.start(targets({}))
            bench = Bench(processes, core, backend, Path(folder))
            found = in_turn(services, levels, bench.measures(strangers))
    except (Refusal, Unreadable) as error:
        return _refuse(parser, str(error))
    except Interrupted:
        sys.stderr.write(f"{parser.prog}: stopped before the end\n")
        return 130
    print("\n".join(lines(found, services, levels)))
    return 0


class Bench:
    """One core that the generators share, and the services that they load in turn."""

    def __init__(self, processes: Processes, core: int, backend: ProcessBackend, folder: Path) -> None:
        self._processes = processes
        self._core = core
        self._backend = backend
        self._folder = folder
        self._generator = Generator(processes, core, folder / "generator.log")

    def measures(self, strangers: Sequence[Stranger]) -> dict[str, Measure]:
        """Return how to measure with each generator, ours first."""

        def by(stranger: Stranger) -> Measure:
            return lambda target, level: self.stranger(stranger, target, level)

        return {OURS: self.ours, **{stranger.name: by(stranger) for stranger in strangers}}

    def ours(self, target: Target, level: int) -> Reading:
        """Measure a window of our own generator.

        Raises:
            Refusal: the generator broke down, or an answer was wrong.
        """
        used_s: list[float] = []
        order = Order(
            mode="closed",
            aims=(aim(target, INDEX),),
            connections=level,
            settle_s=SETTLE_S,
            window_s=WINDOW_S,
            timeout_s=10,
            core=self._core,
            samples=(self._folder / "samples.f64",),
        )
        outcome = self._generator.carry_out(order, lambda: used_s.append(self._used_s(target)))
        [served] = outcome.served
        if served.failures or served.service is None:
            raise Refusal(f"{target.title} did not answer as it should: {served.first_fault}")
        begin_s, end_s = used_s
        return Reading(
            served.requests / outcome.window_s,
            served.service.p50_s,
            served.service.p99_s,
            (end_s - begin_s) / served.requests,
        )

    def stranger(self, stranger: Stranger, target: Target, level: int) -> Reading:
        """Measure a whole run of a stranger; opening and closing its connections is in the server's CPU.

        Raises:
            Refusal: it failed, or did not end.
            Unreadable: see there.
        """
        begin_s = self._used_s(target)
        report = ask(stranger, f"{target.url}/", level, STRANGER_S, self._core, self._processes)
        return Reading(
            report.requests / report.duration_s,
            report.p50_s,
            report.p99_s,
            (self._used_s(target) - begin_s) / report.requests,
        )

    def _used_s(self, target: Target) -> float:
        used_s = self._backend.usage(target).cpu_s
        if used_s is None:
            raise Refusal(f"{target.title} has ended")
        return used_s


def in_turn(services: Sequence[Target], levels: Sequence[int], measures: dict[str, Measure]) -> Found:
    """Measure everything once in each round; who comes first takes turns."""
    found: Found = {}
    for number in range(1, ROUNDS + 1):
        sys.stderr.write(f"round {number} of {ROUNDS}\n")
        order = 1 if number % 2 else -1
        for level in levels:
            for target in services[::order]:
                for name in list(measures)[::order]:
                    reading = measures[name](target, level)
                    found.setdefault((target.name, level, name), []).append(reading)
    return found


def lines(found: Found, services: Sequence[Target], levels: Sequence[int]) -> list[str]:
    """Write medians, each with its ratio to ours, and then the services' ratio as each generator has it."""
    names = sorted({name for _, _, name in found}, key=lambda name: (name != OURS, name))
    written = [f"{'in flight':24}" + "".join(f"{figure.title:>13} {'÷ ours':19}" for figure in FIGURES)]
    for target in services:
        for level in levels:
            ours = found[target.name, level, OURS]
            for name in names:
                theirs = found[target.name, level, name]
                cells = [_cell(figure, ours, theirs, name == OURS) for figure in FIGURES]
                written.append(f"{target.title:8} {level:9}  {name:5}" + "".join(cells))
    for figure in (THROUGHPUT, SERVER_CPU):
        written += ["", *_by_generator(found, services, levels, names, figure)]
    written.append(f"medians of {ROUNDS} rounds; ratios from pairs of rounds, with their 95 % intervals")
    return [line.rstrip() for line in written]


def _by_generator(
    found: Found, services: Sequence[Target], levels: Sequence[int], names: Sequence[str], figure: Figure
) -> list[str]:
    control, candidate = services
    written = [
        f"{candidate.title} ÷ {control.title}, {figure.title}, as each generator has it",
        f"{'in flight':11}" + "".join(f"{name:20}" for name in names),
    ]
    for level in levels:
        pairs = [(found[control.name, level, name], found[candidate.name, level, name]) for name in names]
        written.append(f"{level:9}  " + "".join(f"{_ratio(figure, *pair):20}" for pair in pairs))
    return written


def _cell(figure: Figure, ours: Sequence[Reading], theirs: Sequence[Reading], is_ours: bool) -> str:
    middle = figure.form.format(median(map(figure.of, theirs)) * figure.scale)
    return f"{middle:>13} {'' if is_ours else _ratio(figure, ours, theirs):19}"


def _ratio(figure: Figure, control: Sequence[Reading], candidate: Sequence[Reading]) -> str:
    interval = ratio(list(map(figure.of, control)), list(map(figure.of, candidate)))
    assert interval is not None, "seven rounds are enough"
    return f"{interval.estimate:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def _refuse(parser: argparse.ArgumentParser, reason: str) -> int:
    sys.stderr.write(f"{parser.prog}: {reason}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
