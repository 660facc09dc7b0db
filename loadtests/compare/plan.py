"""What a comparison is going to do, worked out from its options before anything is started."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from loadtests.analysis.metrics import CPU, CPU_AT_LIMIT, FACTS, LATENCIES, STARTS, THROUGHPUT
from loadtests.analysis.thresholds import Threshold
from loadtests.compare import custom_requests
from loadtests.compare.presets import NEIGHBOUR, PLATEAU, PRESETS, WAITING_PLATEAU
from loadtests.compare.strangers import STRANGERS
from loadtests.errors import Refusal
from loadtests.host.processes import cores
from loadtests.results import Backend, Capacity, Efficiency, Latency, Neighbour, Scenario, Settings, Stopping
from loadtests.scenarios import SCENARIOS, Operation, operation
from loadtests.targets import Target, address, second_instance, targets

Part = TypeVar("Part", Efficiency, Capacity, Latency)

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare, how, and where to keep it."""

    settings: Settings
    targets: tuple[Target, Target]
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
    neighbour = _neighbour(options, backend, is_custom)
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
            Scenario(
                name=one.name,
                request=one.request,
                delay_s=one.delay_s,
                plateau=WAITING_PLATEAU if one.delay_s else PLATEAU,
            )
            for one in operations.values()
        ),
        efficiency=_changed(preset.efficiency, options) if "efficiency" in wanted else None,
        capacity=_changed(preset.capacity, options) if "capacity" in wanted else None,
        latency=_changed(preset.latency, options) if "latency" in wanted else None,
        neighbour=neighbour,
        strangers=_strangers(options, is_custom),
        stopping=_stopping(preset.stopping, options),
        starts=backend != "url" and options.setup is None,
        warmup_s=preset.warmup_s,
        server_core=None if backend == "url" else server_core,
        generator_core=generator_core,
        keeps_awake=options.keep_awake,
        workers=options.workers or options.expect_workers or 0,
        seed=options.seed,
        hash_seed=options.hash_seed if backend == "process" else None,
        null=options.null is not None,
        handicaps=handicaps,
    )
    _refuse_unknown(options.thresholds, settings)
    _refuse_short(settings)
    return Plan(
        settings=settings,
        targets=chosen,
        operations=operations,
        commands={one.name: _command(one, handicaps) for one in chosen},
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
    is_seen = settings.backend != "url"
    measured = {CPU.name} if settings.efficiency and is_seen else set()
    if settings.capacity:
        measured |= {THROUGHPUT.name} | ({CPU_AT_LIMIT.name} if is_seen else set())
    measured |= {one.name for one in LATENCIES} if settings.latency else set()
    facts = {one.name for one in (*STARTS, *FACTS)}
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
        wanted = options.scenario or PRESETS[options.preset].scenarios or SCENARIOS
        found = [operation(name, options.wait_ms) for name in wanted]
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


def _strangers(options: argparse.Namespace, is_custom: bool) -> tuple[str, ...]:
    """Return the load generators of others that are here, where there is time to ask them, too."""
    is_wanted = options.preset == "thorough" and options.setup is None and not is_custom
    return tuple(one.name for one in STRANGERS if one.program) if is_wanted else ()


def _neighbour(options: argparse.Namespace, backend: str, is_custom: bool) -> Neighbour | None:
    """Return the set-up with clients that wait, where it is asked for or there is time for it."""
    is_possible = backend == "process" and not (is_custom or options.null or options.handicap)
    is_possible &= not (options.workers or options.expect_workers)
    if "neighbour" in (options.setup or ()):
        if not is_possible:
            raise Refusal(
                "--setup neighbour starts the services of this repository as processes, with one load "
                "generator: it goes with neither another backend, services of your own, --null, --handicap "
                "nor workers."
            )
        return NEIGHBOUR
    return NEIGHBOUR if is_possible and options.preset == "thorough" and options.setup is None else None


def _stopping(stopping: Stopping, options: argparse.Namespace) -> Stopping:
    """Return when to stop: after exactly so many units where a number was asked for."""
    if options.units is None:
        return stopping
    return Stopping(
        least_units=options.units,
        most_units=options.units,
        limit_s=None,
        cpu_width=None,
        throughput_width=None,
    )


def _changed(part: Part, options: argparse.Namespace) -> Part:
    """Return a set-up with windows of the length that was asked for."""
    if options.seconds is None:
        return part
    return part.model_copy(
        update={"round_s" if isinstance(part, Efficiency) else "window_s": options.seconds}
    )
