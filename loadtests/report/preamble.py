"""What was compared, how, and where, in a few labelled sentences; knows no format."""

from loadtests.analysis.rows import questions
from loadtests.inference import ERROR, MARGIN
from loadtests.report import neighbour
from loadtests.report.wording import percent
from loadtests.results import Results, Settings


def preamble(results: Results) -> list[tuple[str, str]]:
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
        *_setups(settings),
        ("neighbour", neighbour.method(settings.neighbour) if settings.neighbour else ""),
        ("units", _units(results)),
        (
            "machine",
            f"{environment.cpu}, {environment.cpu_count} cores, {environment.kernel}, "
            f"Python {environment.python}",
        ),
        ("versions", " · ".join(f"{name} {version}" for name, version in environment.versions.items())),
        ("revision", f"{_revision(results)}, {environment.started:%Y-%m-%d %H:%M} UTC"),
        ("claims", _claims(settings)),
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


def _setups(settings: Settings) -> list[tuple[str, str]]:
    efficiency, capacity, latency = settings.efficiency, settings.capacity, settings.latency
    lines = []
    if efficiency:
        lines.append(
            (
                "efficiency",
                f"both at once, equal requests, {efficiency.connections} connections each, "
                f"{efficiency.rounds} × {efficiency.round_s:g} s a unit",  # noqa: RUF001
            )
        )
    if capacity:
        levels = sorted({*capacity.sweep, *(level for one in settings.scenarios for level in one.plateau)})
        lines.append(
            (
                "capacity",
                f"each alone, closed loop, {levels[0]} to {levels[-1]} in flight, "
                f"{capacity.window_s:g} s each a unit",
            )
        )
    if latency:
        shares = ", ".join(f"{share * 100:g}" for share in latency.shares)
        lines.append(
            (
                "latency",
                f"each alone, open loop at {shares} % of the slower one's capacity, "
                f"{latency.window_s:g} s each a unit",
            )
        )
    return lines


def _units(results: Results) -> str:
    count = len({one.unit for one in results.readings})
    fresh = (
        "the same processes in all" if results.settings.backend == "url" else "each a fresh process of both"
    )
    asleep = "kept awake" if results.settings.keeps_awake else "free to sleep"
    return f"{count}, {fresh}; seed {results.settings.seed}; idle cores were {asleep}"


def _revision(results: Results) -> str:
    revision = (results.environment.git_revision or "none")[:12]
    return revision + (" with changes" if results.environment.git_changed else "")


def _claims(settings: Settings) -> str:
    count = questions(settings)
    return (
        f"a ratio within ±{percent(MARGIN)} counts as no difference; the {count} measured rows below are all "
        f"right at once with {percent(1 - ERROR)} confidence, whenever the run ends"
    )
