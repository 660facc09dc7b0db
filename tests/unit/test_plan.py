"""What a comparison is going to do, and every sentence that refuses it."""

import sys
from pathlib import Path

import pytest

from loadtests.cli import parser
from loadtests.compare import plan as planning
from loadtests.compare.plan import Plan, plan
from loadtests.compare.presets import NEIGHBOUR, PLATEAU, PRESETS, WAITING_PLATEAU
from loadtests.errors import Refusal
from loadtests.results import Efficiency, Stopping
from tests.unit.results_factory import SCENARIOS

MEASURED = (
    "cpu_at_limit_us_per_request, cpu_us_per_request, latency_p50_ms, latency_p90_ms, latency_p99_ms, "
    "throughput_per_s"
)
OF_A_SERVICE = "code_lines, cold_start_ms, image_mb, memory_idle_mb, memory_loaded_mb, packages, packages_mb"
OWN = ("--control", "Old=http://old.example:8000", "--candidate", "New=http://new.example")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have four cores that may be used, and nothing in the environment."""
    monkeypatch.setattr(planning, "cores", lambda: (0, 5))
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {5, 0, 1, 3})
    monkeypatch.delenv("FLASK_URL", raising=False)
    monkeypatch.delenv("FASTAPI_URL", raising=False)


def planned(*options: str) -> Plan:
    """Work out the plan of a command line."""
    return plan(parser().parse_args(["compare", *options]))


def names(found: Plan) -> tuple[str, str]:
    """Return the names of control and candidate."""
    return found.targets[0].name, found.targets[1].name


def test_plan_without_options_compares_everything_of_both() -> None:
    """Two local processes, three scenarios, three set-ups, and what is true of each process."""
    found = planned()
    assert names(found) == ("flask", "fastapi")
    assert found.settings.scenarios == SCENARIOS
    assert found.settings.efficiency == PRESETS["default"].efficiency
    assert found.settings.capacity == PRESETS["default"].capacity
    assert found.settings.latency == PRESETS["default"].latency
    assert found.settings.stopping == PRESETS["default"].stopping
    assert (found.settings.starts, found.settings.hash_seed) == (True, 0)
    assert (found.settings.keeps_awake, found.settings.null) == (True, False)
    assert (found.settings.preset, found.settings.backend) == ("default", "process")
    assert (found.settings.server_core, found.settings.generator_core) == (0, 5)
    assert found.commands == {
        "flask": [sys.executable, "-m", "flask_app"],
        "fastapi": [sys.executable, "-m", "fastapi_app"],
    }
    assert (found.is_custom, found.generator, found.thresholds) == (False, (), ())


def test_plan_of_a_quick_comparison_measures_index_alone() -> None:
    """In units like those of the default; other scenarios are measured where somebody asks for them."""
    quick, default = planned("--quick").settings, planned().settings
    assert [one.name for one in quick.scenarios] == ["index"]
    for part in ("efficiency", "capacity", "latency", "stopping", "warmup_s"):
        assert getattr(quick, part) == getattr(default, part)
    assert [one.name for one in planned("--quick", "--scenario", "echo").settings.scenarios] == ["echo"]


def test_plan_of_every_scenario_has_the_plateau_that_its_delay_calls_for() -> None:
    """With few in flight a handler that waits shows arithmetic only."""
    found = {one.name: one.plateau for one in planned().settings.scenarios}
    assert found == {"index": PLATEAU, "echo": PLATEAU, "wait": WAITING_PLATEAU}
    assert planned("--wait-ms", "0").settings.scenarios[2].plateau == PLATEAU


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--setup", "latency"],
            "--setup latency needs --setup capacity: its rates are shares of the capacity.",
        ),
        (
            ["--setup", "latency", "--setup", "efficiency"],
            "--setup latency needs --setup capacity: its rates are shares of the capacity.",
        ),
        (["--flask-url", "http://x"], "--flask-url and --fastapi-url need --backend url."),
        (
            ["--backend", "compose", "--fastapi-url", "http://x"],
            "--flask-url and --fastapi-url need --backend url.",
        ),
        (
            ["--backend", "url", "--flask-url", "https://x"],
            "--flask-url (FLASK_URL) must be http://HOST[:PORT], not 'https://x'.",
        ),
        (
            ["--backend", "url", "--fastapi-url", "http://x/api"],
            "--fastapi-url (FASTAPI_URL) must be http://HOST[:PORT], not 'http://x/api'.",
        ),
        (
            ["--backend", "url", "--flask-port", "1"],
            "--flask-port and --fastapi-port need --backend process.",
        ),
        (
            ["--backend", "compose", "--fastapi-port", "1"],
            "--flask-port and --fastapi-port need --backend process.",
        ),
        (["--null", "flask", "--handicap", "fastapi=5%"], "--handicap: fastapi is not compared here."),
        (["--null", "fastapi", "--handicap", "flask=5%"], "--handicap: flask is not compared here."),
        (
            ["--backend", "url", "--handicap", "flask=5%"],
            "--handicap needs --backend process: it wraps the running app.",
        ),
        (
            ["--backend", "compose", "--handicap", "fastapi=5%"],
            "--handicap needs --backend process: it wraps the running app.",
        ),
        (
            ["--control", "A=http://a"],
            "Services of your own need --control NAME=URL, --candidate NAME=URL and --request.",
        ),
        (OWN, "Services of your own need --control NAME=URL, --candidate NAME=URL and --request."),
        (
            ["--request", "GET /"],
            "Services of your own need --control NAME=URL, --candidate NAME=URL and --request.",
        ),
        *(
            (
                [*OWN, "--request", "GET /", *others],
                "--backend, --null, --handicap and --scenario are for the services of this repository.",
            )
            for others in (
                ["--backend", "compose"],
                ["--null", "flask"],
                ["--handicap", "flask=5%"],
                ["--scenario", "index"],
            )
        ),
        *(
            (
                ["--control", control, "--candidate", "B=http://b", "--request", "GET /"],
                f"--control must be NAME=http://HOST[:PORT], not {control!r}.",
            )
            for control in (
                "http://a",
                "=http://a",
                " =http://a",
                "A=",
                "A=a",
                "A=https://a",
                "A=http://",
                "A=http://a:port",
                "A=http://a:99999",
                "A=http://a/v1",
                "A=http://a?x=1",
                "A=http://user:secret@a",
            )
        ),
        (
            ["--control", "A=http://a", "--candidate", "B", "--request", "GET /"],
            "--candidate must be NAME=http://HOST[:PORT], not 'B'.",
        ),
        (
            ["--control", "A=http://a", "--candidate", "A=http://b", "--request", "GET /"],
            "--control and --candidate need two names, or nobody can tell them apart: A.",
        ),
        (
            [*OWN, "--request", "POST /x", "--request", "GET /", "--request", "post /x"],
            "--request: POST /x stands there twice, and results are kept by that name.",
        ),
        (
            [*OWN, "--request", "GET"],
            "--request must be 'METHOD /path' or 'METHOD /path @FILE', not 'GET'.",
        ),
    ],
)
def test_plan_of_options_that_do_not_go_together_says_so_in_a_sentence(
    options: list[str], sentence: str
) -> None:
    """Before anything is started."""
    with pytest.raises(Refusal) as refusal:
        planned(*options)
    assert str(refusal.value) == sentence


def test_plan_without_a_second_core_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The generator would take from the servers what is measured."""
    monkeypatch.setattr(planning, "cores", lambda: (None, None))
    with pytest.raises(Refusal) as refusal:
        planned()
    assert str(refusal.value) == (
        "There is no second core: the load generator would take from the servers what is measured. "
        "Measure on a machine, or with a CPU set, of two cores or more."
    )


@pytest.mark.parametrize("service", ["flask", "fastapi"])
def test_plan_of_a_null_comparison_has_the_same_service_twice(service: str) -> None:
    """Two processes of it in every unit."""
    found = planned("--null", service)
    assert names(found) == (service, f"{service}-again")
    assert found.settings.null
    assert set(map(tuple, found.commands.values())) == {(sys.executable, "-m", f"{service}_app")}


@pytest.mark.parametrize("service", ["flask", "fastapi"])
def test_plan_of_a_null_comparison_gives_the_port_to_the_first(service: str) -> None:
    """The second process takes any free one."""
    assert planned("--null", service, f"--{service}-port", "1234").ports[service] == 1234
    assert f"{service}-again" not in planned("--null", service).ports


def test_plan_of_a_handicap_wraps_that_service_only() -> None:
    """The other one runs as it always does."""
    found = planned("--handicap", "fastapi=5%")
    wrapped = [sys.executable, "-m", "loadtests.selftest.handicap", "0.05", "fastapi_app"]
    assert found.settings.handicaps == {"fastapi": 0.05}
    assert found.commands["fastapi"] == wrapped
    assert found.commands["flask"] == [sys.executable, "-m", "flask_app"]


def test_plan_of_a_handicapped_null_comparison_handicaps_the_second_process_only() -> None:
    """That is how a difference of a known size is made."""
    found = planned("--null", "flask", "--handicap", "flask=5%")
    assert found.settings.handicaps == {"flask-again": 0.05}
    assert found.commands["flask"] == [sys.executable, "-m", "flask_app"]
    assert found.commands["flask-again"][2:] == ["loadtests.selftest.handicap", "0.05", "flask_app"]


def test_plan_of_services_of_your_own_knows_neither_of_ours() -> None:
    """Names, addresses and requests are somebody else's; what they cost cannot be seen."""
    found = planned(*OWN, "--request", "GET /a", "--request", "delete /b?c=1")
    assert [(one.title, one.url, one.server) for one in found.targets] == [
        ("Old", "http://old.example:8000", None),
        ("New", "http://new.example", None),
    ]
    assert found.is_custom
    assert list(found.operations) == ["GET /a", "DELETE /b?c=1"]
    assert [(one.name, one.request, one.delay_s) for one in found.settings.scenarios] == [
        ("GET /a", "GET /a", 0),
        ("DELETE /b?c=1", "DELETE /b?c=1", 0),
    ]
    assert (found.settings.backend, found.settings.server_core) == ("url", None)
    assert (found.settings.starts, found.settings.hash_seed) == (False, None)
    said = found.settings.model_dump_json() + repr(found.targets)
    assert "flask" not in said.lower()
    assert "fastapi" not in said.lower()


def test_plan_of_services_of_your_own_takes_an_address_with_a_final_slash() -> None:
    """Browsers add one."""
    found = planned("--control", "A=http://a/", "--candidate", "B=http://b:1/", "--request", "GET /")
    assert [one.url for one in found.targets] == ["http://a", "http://b:1"]


def test_plan_of_services_at_urls_has_no_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing of theirs is ours to start; options go before the environment."""
    monkeypatch.setenv("FLASK_URL", "http://one:1/")
    monkeypatch.setenv("FASTAPI_URL", "http://two:2")
    found = planned("--backend", "url", "--fastapi-url", "http://three:3")
    assert [one.url for one in found.targets] == ["http://one:1", "http://three:3"]
    assert (found.settings.starts, found.settings.server_core, found.settings.hash_seed) == (
        False,
        None,
        None,
    )


def test_plan_with_chosen_setups_leaves_the_others_and_the_starts_out() -> None:
    """Somebody who asks for one thing waits for nothing else."""
    found = planned("--setup", "capacity").settings
    assert (found.efficiency, found.latency, found.starts) == (None, None, False)
    assert found.capacity == PRESETS["default"].capacity


def test_plan_with_seconds_changes_every_setup() -> None:
    """It is a round's length where there are rounds, and a window's elsewhere; nothing else changes."""
    found, before = planned("--seconds", "2.5").settings, planned().settings
    assert isinstance(found.efficiency, Efficiency)
    assert found.capacity is not None
    assert found.latency is not None
    assert (found.efficiency.round_s, found.capacity.window_s, found.latency.window_s) == (2.5, 2.5, 2.5)
    assert (found.stopping, found.warmup_s) == (before.stopping, before.warmup_s)


@pytest.mark.parametrize("options", [[], ["--quick"], ["--thorough"]])
@pytest.mark.parametrize("units", [1, 7, 200])
def test_plan_with_units_measures_exactly_so_many(units: int, options: list[str]) -> None:
    """Neither what is known by then nor the time changes that."""
    assert planned(*options, "--units", str(units)).settings.stopping == Stopping(
        least_units=units, most_units=units, limit_s=None, cpu_width=None, throughput_width=None
    )


def test_plan_of_a_thorough_comparison_stops_at_widths_or_half_an_hour() -> None:
    """The other presets have no limit but their number of units."""
    stopping = planned("--thorough").settings.stopping
    assert (stopping.limit_s, stopping.cpu_width, stopping.throughput_width) == (1800, 0.01, 0.03)
    for options in ([], ["--quick"]):
        stopping = planned(*options).settings.stopping
        assert (stopping.limit_s, stopping.cpu_width, stopping.throughput_width) == (None, None, None)


def test_plan_with_a_seed_keeps_it_and_takes_another_one_each_time_without() -> None:
    """Two runs meet other moments unless somebody wants the same; the results say which."""
    assert planned("--seed", "12").settings.seed == 12
    assert len({planned().settings.seed for _ in range(5)}) > 1


@pytest.mark.parametrize(
    ("options", "hash_seed"),
    [
        ([], 0),
        (["--hash-seed", "40"], 40),
        (["--backend", "compose", "--hash-seed", "40"], None),
        (["--backend", "url", "--hash-seed", "40"], None),
    ],
)
def test_plan_with_a_hash_seed_keeps_it_for_processes_of_our_own(
    options: list[str], hash_seed: int | None
) -> None:
    """What is not chosen is not said to be."""
    assert planned(*options).settings.hash_seed == hash_seed


@pytest.mark.parametrize(
    ("options", "keeps_awake"), [([], True), (["--keep-awake"], True), (["--no-keep-awake"], False)]
)
def test_plan_keeps_cores_awake_unless_told_otherwise(options: list[str], keeps_awake: bool) -> None:
    """The results say so."""
    assert planned(*options).settings.keeps_awake is keeps_awake


def test_plan_with_a_wait_puts_it_into_request_and_arithmetic() -> None:
    """The ceiling comes from the same number that is sent."""
    [scenario] = planned("--scenario", "wait", "--wait-ms", "35").settings.scenarios
    assert (scenario.request, scenario.delay_s) == ("GET /wait?ms=35", 0.035)


NOT_ALONE = (
    "--setup neighbour starts the services of this repository as processes, with one load generator: it goes "
    "with neither another backend, services of your own, --null, --handicap nor workers."
)


@pytest.mark.parametrize(
    ("options", "is_measured"),
    [
        ([], False),
        (["--quick"], False),
        (["--setup", "neighbour"], True),
        (["--quick", "--setup", "neighbour"], True),
        (["--thorough"], True),
        (["--thorough", "--setup", "capacity"], False),
        (["--thorough", "--null", "flask"], False),
        (["--thorough", "--workers", "2"], False),
        (["--thorough", "--backend", "compose"], False),
        (["--thorough", *OWN, "--request", "GET /"], False),
    ],
)
def test_plan_measures_beside_clients_that_wait_where_there_is_time(
    options: list[str], is_measured: bool
) -> None:
    """Or where somebody asks for it; thorough comparisons of what cannot be are made without it."""
    assert planned(*options).settings.neighbour == (NEIGHBOUR if is_measured else None)


@pytest.mark.parametrize(
    "others",
    [
        ["--backend", "compose"],
        ["--backend", "url"],
        ["--null", "flask"],
        ["--handicap", "flask=5%"],
        ["--workers", "2"],
        ["--expect-workers", "2"],
        [*OWN, "--request", "GET /"],
    ],
)
def test_plan_with_clients_that_wait_and_what_cannot_have_them_is_refused(others: list[str]) -> None:
    """One sentence for all of it."""
    with pytest.raises(Refusal) as refusal:
        planned("--setup", "neighbour", *others)
    assert str(refusal.value) == NOT_ALONE


@pytest.mark.parametrize(
    ("options", "strangers"),
    [
        ([], ()),
        (["--thorough"], ("oha",)),
        (["--thorough", "--setup", "capacity"], ()),
        (["--thorough", *OWN, "--request", "GET /"], ()),
    ],
)
def test_plan_asks_the_generators_of_others_that_are_here(
    options: list[str], strangers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In thorough comparisons of our services; what is not installed is not missed."""
    monkeypatch.setattr("shutil.which", lambda name, **_: f"/usr/bin/{name}" if name == "oha" else None)
    assert planned(*options).settings.strangers == strangers


@pytest.mark.parametrize(
    ("options", "generator", "workers"),
    [
        ([], (), 0),
        (["--workers", "2"], ("--workers", "2", "--cores", "1", "3", "5"), 2),
        (["--expect-workers", "3"], ("--expect-workers", "3"), 3),
    ],
)
def test_plan_with_workers_hands_them_to_the_generator(
    options: list[str], generator: tuple[str, ...], workers: int
) -> None:
    """On every core but the servers', where they are ours; the results say how many there were."""
    found = planned(*options)
    assert (found.generator, found.settings.workers) == (generator, workers)


def test_plan_with_places_for_its_output_keeps_them() -> None:
    """Folder, copy and demands come as they were given."""
    found = planned("--out", "here", "--json", "there.json", "--assert", "index.throughput_per_s.ratio > 2")
    assert (found.folder, found.copy) == (Path("here"), Path("there.json"))
    assert [one.text for one in found.thresholds] == ["index.throughput_per_s.ratio > 2"]


@pytest.mark.parametrize(
    ("options", "demand", "sentence"),
    [
        ([], "index.speed.ratio < 1", f"--assert: speed is none of {MEASURED}."),
        ([], "index.packages.ratio < 1", f"--assert: packages is none of {MEASURED}."),
        ([], "login.throughput_per_s.ratio > 1", "--assert: login is not measured here."),
        (["--scenario", "index"], "echo.throughput_per_s.ratio > 1", "--assert: echo is not measured here."),
        (
            [*OWN, "--request", "GET /a"],
            "GET /b.throughput_per_s.ratio > 1",
            "--assert: GET /b is not measured here.",
        ),
        (
            ["--setup", "efficiency", "--setup", "capacity"],
            "index.latency_p50_ms.ratio < 1",
            "--assert: latency_p50_ms is none of cpu_at_limit_us_per_request, cpu_us_per_request, "
            "throughput_per_s.",
        ),
        (
            ["--setup", "capacity", "--backend", "url"],
            "index.cpu_us_per_request.ratio < 1",
            "--assert: cpu_us_per_request is none of throughput_per_s.",
        ),
        (
            ["--setup", "efficiency", "--backend", "url"],
            "index.cpu_us_per_request.ratio < 1",
            "--assert: cpu_us_per_request is not measured here.",
        ),
        ([], "speed.ratio < 1", f"--assert: speed is none of {OF_A_SERVICE}."),
        ([], "throughput_per_s.ratio > 1", f"--assert: throughput_per_s is none of {OF_A_SERVICE}."),
    ],
)
def test_plan_with_an_assertion_that_nothing_could_hold_is_refused(
    options: list[str], demand: str, sentence: str
) -> None:
    """At once, and not after minutes of measuring; also where another one is right."""
    with pytest.raises(Refusal) as refusal:
        planned(*options, "--assert", "packages.ratio < 1", "--assert", demand)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("options", "demand"),
    [
        ([], "wait.latency_p99_ms.candidate < 50"),
        ([], "cold_start_ms.ratio < 2"),
        ([*OWN, "--request", "GET /a.b?c=1"], "GET /a.b?c=1.throughput_per_s.ratio > 1"),
    ],
)
def test_plan_with_an_assertion_that_can_be_judged_keeps_it(options: list[str], demand: str) -> None:
    """A percentile that is no headline, a fact, and a request as a name are all known."""
    assert [one.text for one in planned(*options, "--assert", demand).thresholds] == [demand]


@pytest.mark.parametrize(
    ("options", "window_s"),
    [
        (["--wait-ms", "61"], "0.12"),
        (["--wait-ms", "61", "--quick", "--scenario", "wait"], "0.12"),
        (["--wait-ms", "126", "--thorough"], "0.25"),
        (["--wait-ms", "501", "--setup", "efficiency"], "1"),
        (["--wait-ms", "501", "--seconds", "1", "--scenario", "wait"], "1"),
    ],
)
def test_plan_with_a_delay_of_more_than_half_a_window_is_refused(options: list[str], window_s: str) -> None:
    """The shortest window of those that were asked for counts: it would end with hardly an answer."""
    with pytest.raises(Refusal) as refusal:
        planned(*options)
    assert str(refusal.value) == (
        f"A handler that waits {options[1]} ms leaves too few answers in a window of {window_s} s: "
        "wait for less (--wait-ms) or measure for longer (--seconds)."
    )


@pytest.mark.parametrize(
    ("options", "delay_s"),
    [
        (["--wait-ms", "60"], 0.06),
        (["--wait-ms", "61", "--quick"], 0.0),
        (["--wait-ms", "500", "--setup", "efficiency"], 0.5),
        (["--wait-ms", "500", "--seconds", "1"], 0.5),
        (["--wait-ms", "10000", "--scenario", "index", "--scenario", "echo"], 0.0),
    ],
)
def test_plan_with_a_delay_of_half_a_window_is_carried_out(options: list[str], delay_s: float) -> None:
    """And a wait for which nobody asks disturbs nobody."""
    assert max(one.delay_s for one in planned(*options).settings.scenarios) == delay_s
