"""The order of measuring, and one measurement after the other; knows neither files nor screens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from loadtests.backend import Backend
from loadtests.errors import Refusal
from loadtests.intervals import percentile
from loadtests.orders import Generator, Order
from loadtests.processes import stolen_s
from loadtests.results import Reading, Settings
from loadtests.samples import Samples
from loadtests.targets import Target


@dataclass(frozen=True, slots=True)
class Cell:
    """One target under one scenario; round 0 is the warm-up."""

    round: int
    scenario: str
    target: Target


def schedule(scenarios: Sequence[str], targets: tuple[Target, Target], rounds: int) -> Iterator[Cell]:
    """Yield the warm-up, then the rounds; A B and B A take turns, so that a drift hits both alike."""
    for number in range(rounds + 1):
        order = targets if number % 2 else targets[::-1]
        for scenario in scenarios:
            for target in order:
                yield Cell(number, scenario, target)


def window_s(cell: Cell, settings: Settings) -> float:
    """Return how long to measure; the warm-up differs in nothing else."""
    return settings.window_s if cell.round else settings.warmup_s


def measure(cell: Cell, settings: Settings, backend: Backend, generator: Generator, folder: Path) -> Reading:
    """Load a target and read what came of it; the raw samples go into the folder.

    Raises:
        Refusal: an answer was wrong or missing, or none came.
    """
    target = cell.target
    samples = folder / f"round-{cell.round:03}-{cell.scenario}-{target.name}.f64"
    order = Order(
        target=target,
        scenario=cell.scenario,
        wait_ms=settings.wait_ms,
        in_flight=settings.in_flight,
        settle_s=settings.settle_s,
        window_s=window_s(cell, settings),
        core=settings.generator_core,
        samples=samples,
    )
    begin_s, stolen_before_s = perf_counter(), stolen_s(settings.server_core)
    cpu_before_s = backend.cpu_s(target)
    outcome = generator.carry_out(order)
    cpu_after_s = backend.cpu_s(target)
    elapsed_s, stolen_after_s = perf_counter() - begin_s, stolen_s(settings.server_core)
    if outcome.failed:
        raise Refusal(
            f"{target.title} failed {outcome.failed} of {outcome.answered + outcome.failed} "
            f"{cell.scenario} requests, the first because {outcome.first_fault}."
        )
    latencies_s = Samples.load(samples).within(outcome.begin_s, outcome.end_s)
    if not latencies_s:
        raise Refusal(
            f"{target.title} answered no {cell.scenario} request within {order.window_s:g} s: "
            "measure for longer (--seconds) or wait for less (--wait-ms)."
        )
    server_cpu_s = None
    if cpu_before_s is not None and cpu_after_s is not None:
        server_cpu_s = cpu_after_s - cpu_before_s
    return Reading(
        round=cell.round,
        scenario=cell.scenario,
        target=target.name,
        window_s=outcome.end_s - outcome.begin_s,
        requests=len(latencies_s),
        latency_mean_s=sum(latencies_s) / len(latencies_s),
        latency_p50_s=percentile(latencies_s, 0.5),
        latency_p99_s=percentile(latencies_s, 0.99),
        latency_max_s=latencies_s[-1],
        answered=outcome.answered,
        elapsed_s=elapsed_s,
        server_cpu_s=server_cpu_s,
        server_stolen_share=(stolen_after_s - stolen_before_s) / elapsed_s,
        generator_busy_share=outcome.busy_share,
    )
