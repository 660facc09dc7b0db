"""What was compared, how, and where, in a few labelled sentences; knows no format."""

from loadtests.inference import Interval
from loadtests.report.wording import interval, percent
from loadtests.results import Capacity, Efficiency, Latency, Results


def preamble(results: Results, margin: float, noise: Interval | None) -> list[tuple[str, str]]:
    """Return (label, sentence) pairs: what comes before the first number of every report."""
    settings, environment = results.settings, results.environment
    control, candidate = (target.title for target in results.targets)
    requests = "; ".join(
        one.name if one.name == one.request else f"{one.name} = {one.request}" for one in settings.scenarios
    )
    pinned = f"servers {_core(settings.server_core)}, generator {_core(settings.generator_core)}"
    workers = f", {settings.workers} load workers" if settings.workers else ""
    lines = [
        ("compared", f"{candidate} against {control}: {requests}"),
        ("how", f"backend {settings.backend}, preset {settings.preset}, {pinned}{workers}"),
        *_setups(settings.efficiency, settings.capacity, settings.latency),
        (
            "machine",
            f"{environment.cpu}, {environment.cpu_count} cores, {environment.kernel}, "
            f"Python {environment.python}",
        ),
        ("versions", " · ".join(f"{name} {version}" for name, version in environment.versions.items())),
        ("revision", f"{_revision(results)}, {environment.started:%Y-%m-%d %H:%M} UTC"),
        ("claims", _claims(margin, noise)),
    ]
    if not results.complete:
        lines.insert(0, ("STOPPED", "before its end; this is what had been measured until then"))
    if settings.null:
        lines.insert(1, ("A/A", "the candidate is the control once more: any difference is an error"))
    titles = {target.name: target.title for target in results.targets}
    lines[2:2] = [
        ("handicap", f"{titles.get(name, name)} burns {percent(share)} more CPU per request on purpose")
        for name, share in settings.handicaps.items()
    ]
    return [(label, sentence) for label, sentence in lines if sentence]


def _core(core: int | None) -> str:
    return "on any core" if core is None else f"on core {core}"


def _setups(
    efficiency: Efficiency | None, capacity: Capacity | None, latency: Latency | None
) -> list[tuple[str, str]]:
    lines = []
    if efficiency:
        lines.append(
            (
                "efficiency",
                f"both at once, equal requests, {efficiency.connections} connections each, "
                f"{efficiency.rounds} rounds of {efficiency.round_s:g} s",
            )
        )
    if capacity:
        levels = " to ".join(map(str, sorted({min(capacity.in_flight), max(capacity.in_flight)})))
        lines.append(
            (
                "capacity",
                f"each alone, closed loop, {levels} in flight, "
                f"{capacity.rounds} rounds of {capacity.window_s:g} s",
            )
        )
    if latency:
        shares = ", ".join(f"{share * 100:g}" for share in latency.shares)
        lines.append(
            (
                "latency",
                f"each alone, open loop at {shares} % of the slower one's capacity, "
                f"{latency.rounds} rounds of {latency.window_s:g} s",
            )
        )
    return lines


def _revision(results: Results) -> str:
    revision = (results.environment.git_revision or "none")[:12]
    return revision + (" with changes" if results.environment.git_changed else "")


def _claims(margin: float, noise: Interval | None) -> str:
    against_itself = f"; the control against itself (A/A) came to {interval(noise)}" if noise else ""
    return f"a ratio within ±{percent(margin)} counts as no difference{against_itself}"
