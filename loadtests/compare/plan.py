"""What a comparison is going to do, worked out from its options before anything is started."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from loadtests.analysis.metrics import CPU, FACTS, LATENCIES, THROUGHPUT
from loadtests.analysis.thresholds import Threshold
from loadtests.compare import custom_requests
from loadtests.compare.presets import PRESETS, PROCESSES
from loadtests.compare.schedule import Step, schedule
from loadtests.errors import Refusal
from loadtests.host.processes import cores
from loadtests.results import Backend, Capacity, Efficiency, Latency, Scenario, Settings
from loadtests.scenarios import SCENARIOS, Operation, operation
from loadtests.targets import Target, address, second_instance, targets

Part = TypeVar("Part", Efficiency, Capacity, Latency)

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare, how, and where to keep it."""

    settings: Settings
    targets: tuple[Target, Target]
    noise: Target | None
    """A second instance of the control, for the A/A rounds."""
    steps: tuple[Step, ...]
    """Every window, in order."""
    operations: Mapping[str, Operation]
    commands: Mapping[str, list[str]]
    """How to start each target as a local process."""
    ports: Mapping[str, int]
    is_custom: bool
    """Whether the services are somebody's own, which our contract does not know."""
    generator: tuple[str, ...]
    """Options of the generator's process."""
    folder: Path
    copy: Path | None
    thresholds: tuple[Threshold, ...]
    root: Path = ROOT


def plan(options: argparse.Namespace) -> Plan:
    """Work out the plan.

    Raises:
        Refusal: the options do not go together, or this machine has no second core.
    """
    is_custom = bool(options.control or options.candidate or options.request)
    chosen = _custom(options) if is_custom else _ours(options)
    backend: Backend = "url" if is_custom else options.backend
    handicaps = _handicaps(options, chosen, backend)
    operations = _operations(options, is_custom)
    wanted = options.setup or ["efficiency", "capacity", "latency"]
    if "latency" in wanted and "capacity" not in wanted:
        raise Refusal("--setup latency needs --setup capacity: its rates are shares of the capacity.")
    server_core, generator_core = cores()
    if server_core is None or generator_core is None:
        raise Refusal(
            "There is no second core: the load generator would take from the servers what is measured. "
            "Measure on a machine, or with a CPU set, of two cores or more."
        )
    preset = PRESETS[options.preset]
    settings = Settings(
        preset=options.preset,
        backend=backend,
        scenarios=tuple(
            Scenario(name=one.name, request=one.request, delay_s=one.delay_s) for one in operations.values()
        ),
        efficiency=_efficiency(preset.efficiency, options, backend) if "efficiency" in wanted else None,
        capacity=_changed(preset.capacity, options) if "capacity" in wanted else None,
        latency=_changed(preset.latency, options) if "latency" in wanted else None,
        cold_starts=0 if backend == "url" else preset.cold_starts if options.setup is None else 0,
        warmup_s=preset.warmup_s,
        server_core=None if backend == "url" else server_core,
        generator_core=generator_core,
        workers=options.workers or options.expect_workers or 0,
        hash_seed=options.hash_seed if backend == "process" else None,
        null=options.null is not None,
        handicaps=handicaps,
    )
    is_noise = backend != "url" and options.null is None and "efficiency" in wanted
    noise = second_instance(chosen[0]) if is_noise else None
    _refuse_unknown(options.thresholds, settings)
    _refuse_short(settings)
    return Plan(
        settings=settings,
        targets=chosen,
        noise=noise,
        steps=tuple(schedule(settings, (chosen[0].name, chosen[1].name), noise.name if noise else None)),
        operations=operations,
        commands=_commands(chosen, noise, handicaps),
        ports={"flask": options.flask_port, "fastapi": options.fastapi_port},
        is_custom=is_custom,
        generator=_generator(options, server_core),
        folder=options.out,
        copy=options.json,
        thresholds=tuple(options.thresholds),
    )


def _refuse_unknown(thresholds: Sequence[Threshold], settings: Settings) -> None:
    """Raise Refusal for a threshold that nothing here could ever hold, before minutes are spent."""
    scenarios = {one.name for one in settings.scenarios}
    # What a service at a URL uses cannot be seen.
    measured = {CPU.name} if settings.efficiency and settings.backend != "url" else set()
    measured |= {THROUGHPUT.name} if settings.capacity else set()
    measured |= {one.name for one in LATENCIES} if settings.latency else set()
    facts = {one.name for one in FACTS}
    for one in thresholds:
        if one.scenario is None and one.metric not in facts:
            raise Refusal(f"--assert: {one.metric} is none of {', '.join(sorted(facts))}.")
        if one.scenario is not None and one.scenario not in scenarios:
            raise Refusal(f"--assert: {one.scenario} is not measured here.")
        if one.scenario is not None and one.metric not in measured:
            known = f"none of {', '.join(sorted(measured))}" if measured else "not measured here"
            raise Refusal(f"--assert: {one.metric} is {known}.")


def _refuse_short(settings: Settings) -> None:
    """Raise Refusal where a handler waits for so long that windows would end without an answer."""
    parts = (settings.efficiency, settings.capacity, settings.latency)
    lengths_s = [part.round_s if isinstance(part, Efficiency) else part.window_s for part in parts if part]
    slowest_s = max(one.delay_s for one in settings.scenarios)
    if lengths_s and slowest_s > min(lengths_s) / 2:
        raise Refusal(
            f"A handler that waits {slowest_s * 1000:g} ms leaves too few answers in a window of "
            f"{min(lengths_s):g} s: wait for less (--wait-ms) or measure for longer (--seconds)."
        )


def _ours(options: argparse.Namespace) -> tuple[Target, Target]:
    control, candidate = targets(os.environ)
    if options.backend != "url" and (options.flask_url or options.fastapi_url):
        raise Refusal("--flask-url and --fastapi-url need --backend url.")
    if options.backend != "process" and (options.flask_port or options.fastapi_port):
        raise Refusal("--flask-port and --fastapi-port need --backend process.")
    control = replace(control, url=(options.flask_url or control.url).rstrip("/"))
    candidate = replace(candidate, url=(options.fastapi_url or candidate.url).rstrip("/"))
    for one in (control, candidate) if options.backend == "url" else ():
        if not _is_origin(one.url):
            raise Refusal(
                f"--{one.name}-url ({one.name.upper()}_URL) must be http://HOST[:PORT], not {one.url!r}."
            )
    if options.null is None:
        return control, candidate
    one = {control.name: control, candidate.name: candidate}[options.null]
    return one, second_instance(one)


def _custom(options: argparse.Namespace) -> tuple[Target, Target]:
    if not (options.control and options.candidate and options.request):
        raise Refusal("Services of your own need --control NAME=URL, --candidate NAME=URL and --request.")
    if options.backend != "process" or options.null or options.handicap or options.scenario:
        raise Refusal("--backend, --null, --handicap and --scenario are for the services of this repository.")
    control = _named("--control", options.control, "control")
    candidate = _named("--candidate", options.candidate, "candidate")
    if control.title == candidate.title:
        raise Refusal(
            f"--control and --candidate need two names, or nobody can tell them apart: {control.title}."
        )
    return control, candidate


def _named(option: str, text: str, name: str) -> Target:
    title, equals, url = text.partition("=")
    if not equals or not title.strip() or not _is_origin(url):
        raise Refusal(f"{option} must be NAME=http://HOST[:PORT], not {text!r}.")
    return Target(name, title.strip(), None, url.rstrip("/"))


def _is_origin(url: str) -> bool:
    """Say whether nothing but a host and a port stands there: the rest would not be asked for."""
    try:
        address(url)
    except ValueError:
        return False
    parts = urlsplit(url)
    return not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)


def _operations(options: argparse.Namespace, is_custom: bool) -> dict[str, Operation]:
    if is_custom:
        found = [custom_requests.parse(text) for text in options.request]
        names = [one.name for one in found]
        for name in names:
            if names.count(name) > 1:
                raise Refusal(f"--request: {name} stands there twice, and results are kept by that name.")
    else:
        found = [operation(name, options.wait_ms) for name in options.scenario or SCENARIOS]
    return {one.name: one for one in found}


def _handicaps(options: argparse.Namespace, chosen: tuple[Target, Target], backend: str) -> dict[str, float]:
    handicaps: dict[str, float] = {}
    for name, share in options.handicap:
        # In A/A both are the same service: the second one carries the handicap.
        target = chosen[1] if options.null == name else next((t for t in chosen if t.name == name), None)
        if target is None:
            raise Refusal(f"--handicap: {name} is not compared here.")
        handicaps[target.name] = share
    if handicaps and backend != "process":
        raise Refusal("--handicap needs --backend process: it wraps the running app.")
    return handicaps


def _commands(
    chosen: tuple[Target, Target], noise: Target | None, handicaps: Mapping[str, float]
) -> dict[str, list[str]]:
    commands = {one.name: _command(one, handicaps) for one in chosen}
    if noise is not None:
        # The control once more, handicap included, or A/A would find a difference that is there.
        commands[noise.name] = commands[chosen[0].name]
    return commands


def _command(target: Target, handicaps: Mapping[str, float]) -> list[str]:
    package = f"{target.service}_app"
    if target.name in handicaps:
        return [sys.executable, "-m", "loadtests.selftest.handicap", str(handicaps[target.name]), package]
    return [sys.executable, "-m", package]


def _generator(options: argparse.Namespace, server_core: int) -> tuple[str, ...]:
    if options.workers:
        others = sorted(os.sched_getaffinity(0) - {server_core})
        return ("--workers", str(options.workers), "--cores", *map(str, others))
    return ("--expect-workers", str(options.expect_workers)) if options.expect_workers else ()


def _efficiency(part: Efficiency, options: argparse.Namespace, backend: Backend) -> Efficiency:
    """Return the set-up as asked for; processes of our own are replaced now and then, where there is time."""
    changed = _changed(part, options)
    if backend != "process" or options.preset == "quick":
        return changed
    return changed.model_copy(update={"rounds_per_process": max(1, changed.rounds // PROCESSES)})


def _changed(part: Part, options: argparse.Namespace) -> Part:
    """Return a set-up with the number of rounds and their length that were asked for."""
    changes: dict[str, float] = {}
    if options.rounds is not None:
        changes["rounds"] = options.rounds
    if options.seconds is not None:
        changes["round_s" if isinstance(part, Efficiency) else "window_s"] = options.seconds
    return part.model_copy(update=changes)
