"""Generator, backend and the verdict over what they measured together, each verdict provoked on purpose."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from loadtests.analysis.validity import Terms, Validity, judge
from loadtests.backends import Backend
from loadtests.backends.process import ProcessBackend
from loadtests.backends.tree import Tree
from loadtests.backends.url import UrlBackend
from loadtests.compare.calibration import calibrate
from loadtests.compare.harness import Harness, file_name
from loadtests.compare.schedule import Step
from loadtests.errors import Refusal
from loadtests.generator.messages import Order, Outcome, Served
from loadtests.generator.process import Generator
from loadtests.generator.samples import Samples
from loadtests.host.awake import Awake
from loadtests.host.interruption import Interruption
from loadtests.host.processes import Processes, cores
from loadtests.results import Capacity, Efficiency, Latency, Reading, Settings, Setup
from loadtests.scenarios import INDEX, Operation, wait
from loadtests.targets import Target
from tests.integration.containers.engine import unavailable
from tests.integration.loadtests.locust import wait_until
from tests.integration.loadtests.odd_servers import CLOSING, Reply, always, answer, every, plain, serving
from tests.integration.loadtests.recorder import recording
from tests.unit.results_factory import SETTINGS

pytestmark = pytest.mark.full

NULL = [sys.executable, "-m", "loadtests.selftest.null_server"]
HOG = [sys.executable, "-c", "while True: pass"]
CGROUPS = Path("/sys/fs/cgroup")
WAIT_MS = 400
TERMS = Terms(0.0, None)
OPERATIONS: Mapping[str, Operation] = {"index": INDEX, "wait": wait(WAIT_MS)}

Measure = Callable[..., tuple[Reading, ...]]


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Choose short windows, and the cores that a comparison would."""
    server_core, generator_core = cores()
    if generator_core is None:
        unavailable("What limits a measurement can only be told apart on two cores.")
    return SETTINGS.model_copy(
        update={
            "efficiency": Efficiency(rounds=1, round_s=0.3, connections=4),
            "capacity": Capacity(window_s=0.3, settle_s=0.05, sweep=(4,)),
            "latency": Latency(window_s=0.6, settle_s=0.05, shares=(0.5,), connections=2),
            "server_core": server_core,
            "generator_core": generator_core,
            "warmup_s": 0.1,
        }
    )


@pytest.fixture(scope="module")
def generator(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    """Run the generator on its core."""
    log = tmp_path_factory.mktemp("generator") / "generator.log"
    with Processes(Interruption()) as processes:
        yield Generator(processes, settings.generator_core, log)


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Own what the test starts."""
    with Processes(Interruption()) as owner:
        yield owner


@pytest.fixture
def asleep(processes: Processes) -> Awake:
    """Keep no core awake."""
    return Awake(processes, ())


@pytest.fixture
def measure(settings: Settings, generator: Generator, asleep: Awake, tmp_path: Path) -> Measure:
    """Measure one window of targets in a set-up."""

    def once(
        setup: Setup,
        *targets: Target,
        backend: Backend | None = None,
        scenario: str = "index",
        level: float = 4,
        rate_per_s: float | None = None,
        window_s: float | None = None,
        awake: Awake | None = None,
        samples: Path = tmp_path,
    ) -> tuple[Reading, ...]:
        chosen = settings
        if window_s is not None:
            chosen = settings.model_copy(
                update={
                    "efficiency": Efficiency(rounds=1, round_s=window_s, connections=4),
                    "capacity": Capacity(window_s=window_s, settle_s=0.05, sweep=(4,)),
                }
            )
        parts = backend or UrlBackend(), generator, awake or asleep
        harness = Harness(chosen, named(targets), OPERATIONS, *parts, samples)
        return harness.measure(Step(setup, scenario, level, 1, 1, tuple(named(targets))), rate_per_s)

    return once


def at(url: str, name: str = "odd") -> Target:
    """Describe a server that says it is `odd`."""
    return Target(name, name, "odd", url)


def named(targets: Iterable[Target]) -> dict[str, Target]:
    """Return them as a harness wants them."""
    return {target.name: target for target in targets}


def null_servers(
    processes: Processes, core: int | None, folder: Path, *names: str, command: list[str] = NULL
) -> tuple[ProcessBackend, tuple[Target, ...]]:
    """Run servers that do nothing but answer."""
    backend = ProcessBackend(processes, core, dict.fromkeys(names, command), {}, folder)
    return backend, backend.start([Target(name, name, "null", "") for name in names])


def undisturbed(readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Leave out what other machines on this host have taken meanwhile, which is no test's business."""
    return tuple(one.model_copy(update={"stolen_share": 0.0}) for one in readings)


def test_measure_of_a_pair_gives_equal_requests_and_the_cpu_time_of_each(
    measure: Measure, settings: Settings, processes: Processes, tmp_path: Path
) -> None:
    """Two servers that do the same: believed, whatever else runs here, and the samples are in their files."""
    backend, targets = null_servers(processes, settings.server_core, tmp_path, "one", "two")
    readings = measure("efficiency", *targets, backend=backend)
    assert [one.target for one in readings] == ["one", "two"]
    assert readings[0].requests == readings[1].requests > 0
    for one in readings:
        assert judge([one], TERMS) == (Validity.OK, "")
        assert one.cpu_per_request_s is not None
        assert 0 < one.cpu_per_request_s < one.window_s / one.requests
        assert one.server_throttled_s is not None
        samples = Samples.load(tmp_path / file_name("efficiency", 1, 1, 4, "index", one.target))
        end_s = one.begin_s + one.window_s
        found = zip(samples.starts_s, samples.latencies_s, strict=True)
        assert sum(one.begin_s <= start_s + took_s < end_s for start_s, took_s in found) == one.requests


def test_measure_at_a_url_knows_nothing_of_the_server(measure: Measure) -> None:
    """Absent is not zero."""
    with serving() as server:
        [reading] = measure("capacity", at(server.url))
    assert reading.requests > 0
    assert (reading.server_cpu_s, reading.server_throttled_s, reading.cpu_per_request_s) == (None, None, None)
    assert reading.foreign_share is None


def test_measure_in_an_open_loop_offers_both_targets_the_same_moments(
    measure: Measure, tmp_path: Path
) -> None:
    """The seed is that of the unit, so that neither target meets another burst."""
    found = []
    for name in ("one", "two"):
        with serving() as server:
            [reading] = measure("latency", at(server.url, name), level=0.5, rate_per_s=300)
        assert reading.offered_per_s == 300
        assert reading.response is not None
        dues_s = sorted(Samples.load(tmp_path / file_name("latency", 1, 1, 0.5, "index", name)).dues_s)
        found.append([due_s - dues_s[0] for due_s in dues_s[:100]])
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_measure_with_a_generator_that_gets_too_little_cpu_is_generator_bound(
    measure: Measure, settings: Settings, processes: Processes, tmp_path: Path
) -> None:
    """Two others are on its core: the server could have done more, so its figure is none."""
    backend, targets = null_servers(processes, settings.server_core, tmp_path, "null")
    for _ in range(2):
        processes.start(HOG, core=settings.generator_core)
    readings = undisturbed(measure("capacity", *targets, backend=backend, level=64))
    validity, sentence = judge(readings, TERMS)
    assert validity is Validity.GENERATOR_BOUND
    # Which of the two is seen first depends on how busy the servers' core is.
    assert sentence.startswith(
        ("the load generator was busy for ", "the load generator's event loop woke up ")
    )
    assert readings[0].failures == 0


def test_measure_of_a_server_that_closes_connections_is_reconnecting(measure: Measure) -> None:
    """Handshakes are measured, and the sentence counts them."""
    with serving(CLOSING) as server:
        readings = measure("capacity", at(server.url))
    validity, sentence = judge(readings, TERMS)
    assert validity is Validity.RECONNECTING
    [one] = readings
    assert sentence.startswith(
        f"{one.connects:,} connections were opened for {one.requests:,} requests, so TCP handshakes "
    )


@pytest.mark.parametrize(
    ("setup", "manner", "fault"),
    [
        (
            "capacity",
            every(10, always(answer(status=b"HTTP/1.1 500 No"))),
            "the status is 500 instead of 200",
        ),
        ("efficiency", every(10, always(b"", closes=True)), "the connection was closed before the answer"),
        ("latency", every(10, always(answer(b"!"))), "the body is b'!' instead of"),
    ],
)
def test_measure_of_a_server_that_fails_now_and_then_is_failing(
    setup: Setup, manner: Callable[[int], Reply], fault: str, measure: Measure
) -> None:
    """In every set-up; the sentence says how often, and what the first one was."""
    with serving(manner) as server:
        readings = measure(setup, at(server.url), rate_per_s=200 if setup == "latency" else None)
    validity, sentence = judge(readings, TERMS)
    assert validity is Validity.FAILING
    [one] = readings
    assert (
        f"{one.failures:,} of {one.failures + one.requests:,} requests failed, the first because {fault}"
        in (sentence)
    )
    assert one.failures > 0
    assert one.requests > 0


def test_measure_of_a_server_that_is_gone_is_failing(measure: Measure) -> None:
    """No answer at all is the worst failure."""
    with serving() as server:
        gone = at(server.url)
    validity, sentence = judge(measure("capacity", gone), TERMS)
    assert validity is Validity.FAILING
    assert "the first because Connection refused" in sentence


@pytest.fixture
def limited() -> Iterator[Path]:
    """Make a control group that may use a twenty-fifth of a core, of either version."""
    first = CGROUPS / "cpu"
    group = (first if first.is_dir() else CGROUPS) / f"test-harness-{os.getpid()}"
    try:
        group.mkdir()
        if first.is_dir():
            (group / "cpu.cfs_period_us").write_text("50000")
            (group / "cpu.cfs_quota_us").write_text("2000")
        else:
            (group / "cpu.max").write_text("2000 50000")
    except OSError as error:
        with suppress(OSError):
            group.rmdir()
        unavailable(f"A CPU limit needs root and a control group that can be written: {error}.")
    yield group

    def removed() -> bool:
        with suppress(OSError):
            group.rmdir()
        return not group.exists()

    wait_until("the control group is empty", removed)


def test_measure_of_a_server_with_a_cpu_limit_is_throttled(
    limited: Path, measure: Measure, settings: Settings, processes: Processes, tmp_path: Path
) -> None:
    """The kernel's own account of its control group, in a pair as well as alone."""
    into_group = ["sh", "-c", f'echo $$ > {limited}/cgroup.procs && exec "$@"', "sh", *NULL]
    backend, targets = null_servers(processes, settings.server_core, tmp_path, "limited", command=into_group)
    for setup in ("capacity", "efficiency"):
        readings = measure(setup, *targets, backend=backend, level=8)
        validity, sentence = judge(readings, TERMS)
        assert validity is Validity.THROTTLED, readings
        assert sentence.startswith("a CPU limit held it back for ")
        assert readings[0].failures == 0


def test_measure_of_a_handler_that_waits_is_configuration_bound(measure: Measure) -> None:
    """Four in flight and 0.4 seconds each: ten a second, whatever the framework."""
    with recording("odd") as server:
        readings = measure("capacity", at(server.url), scenario="wait", level=4, window_s=3.0)
    validity, sentence = judge(undisturbed(readings), Terms(WAIT_MS / 1000, None))
    assert validity is Validity.CONFIGURATION_BOUND
    assert "of the 10 req/s that 4 in flight and a delay of 400 ms allow" in sentence


def test_measure_of_a_server_that_is_offered_too_much_is_overloaded(measure: Measure) -> None:
    """Two connections carry 40 of 400 requests a second; the rest piles up."""

    def slowly(number: int) -> Reply:
        time.sleep(0.05)
        return plain(number)

    with serving(slowly) as server:
        readings = measure("latency", at(server.url), level=0.5, rate_per_s=400)
    validity, sentence = judge(undisturbed(readings), TERMS)
    assert validity is Validity.OVERLOADED
    [one] = readings
    assert one.unsent > one.requests / 2
    assert sentence.startswith(f"{one.unsent:,} of {one.requests:,} requests that were due within a window ")
    assert "had to wait beyond its end for an idle connection" in sentence


@pytest.mark.parametrize("what", ["full", "missing", "no folder"])
def test_measure_with_samples_that_cannot_be_kept_is_refused(
    what: str, measure: Measure, tmp_path: Path
) -> None:
    """One sentence with the place and the system's reason; what was measured before is untouched."""
    (tmp_path / file_name("capacity", 1, 1, 4, "index", "odd")).symlink_to("/dev/full")
    folder, why = {
        "full": (tmp_path, "No space left on device"),
        "missing": (tmp_path / "nowhere", "No such file or directory"),
        "no folder": (Path("/dev/null"), "Not a directory"),
    }[what]
    with serving() as server, pytest.raises(Refusal) as refusal:
        measure("capacity", at(server.url), samples=folder)
    assert str(refusal.value) == f"The samples cannot be kept in {folder}: {why}."


class Backwards(Generator):
    """Stands in for a generator whose clock has gone back within the window."""

    def __init__(self) -> None:
        pass

    def carry_out(self, order: Order, at_edge: Callable[[], None]) -> Outcome:
        """Answer as it would."""
        at_edge()
        at_edge()
        served = Served(
            target=order.aims[0].target,
            requests=0,
            failures=0,
            first_fault=None,
            connects=0,
            second_half=0,
            unsent=0,
            service=None,
            response=None,
        )
        return Outcome(
            begin_s=1,
            window_s=-0.5,
            offered_per_s=None,
            served=(served,),
            busy_share=0,
            cpu_s=0,
            lag_s=0,
        )


def test_measure_with_a_clock_that_goes_backwards_is_refused(
    settings: Settings, asleep: Awake, tmp_path: Path
) -> None:
    """A negative window is no measurement."""
    targets = named([at("http://127.0.0.1:9")])
    harness = Harness(settings, targets, OPERATIONS, UrlBackend(), Backwards(), asleep, tmp_path)
    step = Step("capacity", "index", 4, 1, 1, tuple(targets))
    with pytest.raises(
        Refusal, match=r"^The clock of this machine went backwards: a window lasted -0\.5 s\."
    ):
        harness.measure(step)


def test_measure_of_a_warm_up_loads_both_at_once_as_long_as_it_was_told(
    settings: Settings, generator: Generator, asleep: Awake, tmp_path: Path
) -> None:
    """Round 0 is loaded as the rounds are, but not for as long; equal requests, of which nothing is kept."""
    long = Efficiency(rounds=1, round_s=60, connections=4)
    changed = settings.model_copy(update={"efficiency": long})
    with serving() as one, serving() as two:
        targets = named(at(server.url, name) for name, server in (("1", one), ("2", two)))
        harness = Harness(changed, targets, OPERATIONS, UrlBackend(), generator, asleep, tmp_path)
        readings = harness.measure(Step("efficiency", "index", 4, 1, 0, tuple(targets)))
        assert [server.accepted for server in (one, two)] == [4, 4]
    assert len({reading.requests for reading in readings}) == 1
    assert all(settings.warmup_s <= reading.window_s < long.round_s for reading in readings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keeps_awake", [True, False])
def test_measure_beside_a_busy_neighbour_sees_how_much_it_had(
    keeps_awake: bool, measure: Measure, settings: Settings, processes: Processes, tmp_path: Path
) -> None:
    """Something else on the servers' core, by its own clock; what keeps the core awake is none of it."""
    backend, targets = null_servers(processes, settings.server_core, tmp_path, "one", "two")
    awake = Awake(
        processes, [settings.server_core] if keeps_awake and settings.server_core is not None else ()
    )
    neighbour = Tree(processes.start(HOG, core=settings.server_core).pid)
    before_s, begin_s = neighbour.cpu_s(), time.perf_counter()
    first, second = measure("efficiency", *targets, backend=backend, awake=awake, window_s=1.0)
    after_s, elapsed_s = neighbour.cpu_s(), time.perf_counter() - begin_s
    assert before_s is not None
    assert after_s is not None
    assert first.foreign_share is not None
    # The servers were away for longer than the window, in which it had the core for itself.
    assert first.foreign_share > (after_s - before_s - (elapsed_s - first.window_s)) / first.window_s - 0.05
    assert first.foreign_share > 0.2
    assert first.foreign_share == second.foreign_share


def others_s(core: int, ours: set[int]) -> float:
    """Return the CPU time of all others who may run on a core, those whom they have waited for included."""
    used_s = 0.0
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):
            if process.pid not in ours and core in process.cpu_affinity():
                used_s += sum(process.cpu_times()[:4])
    return used_s


@pytest.mark.parametrize("keeps_awake", [True, False])
def test_measure_without_a_neighbour_sees_hardly_any(
    keeps_awake: bool, measure: Measure, settings: Settings, processes: Processes, tmp_path: Path
) -> None:
    """No more than all others had, on a quiet machine hardly anything: neither sleep nor spinning."""
    core = settings.server_core
    assert core is not None
    backend, targets = null_servers(processes, core, tmp_path, "one", "two")
    awake = Awake(processes, [core] if keeps_awake else ())
    ours = {child.pid for child in psutil.Process().children(recursive=True)}

    def is_accounted_for() -> bool:
        before_s = others_s(core, ours)
        # A rate that a service has. What interrupts take of a sleeping core is neither idle time nor theirs:
        # with 40,000 requests a second to a server that does nothing it is a sixth.
        [reading] = measure("latency", targets[0], backend=backend, awake=awake, level=0.5, rate_per_s=400)
        seen_s = (reading.foreign_share or 0.0) * reading.window_s
        # Idle time and theirs are counted in hundredths of a second.
        return seen_s < others_s(core, ours) - before_s + 0.04

    wait_until("what was seen is accounted for", is_accounted_for, timeout_s=15)


def test_calibrate_finds_more_than_a_service_could_do(settings: Settings, generator: Generator) -> None:
    """A rate against a server that does nothing; that server is gone afterwards."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    assert calibrate(generator, settings, Interruption()) > 0
    assert {child.pid for child in psutil.Process().children(recursive=True)} == before
