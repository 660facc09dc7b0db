"""The rows of a comparison: which readings a number comes from, and when there is none."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.analysis.cells import cells
from loadtests.analysis.rows import rows
from loadtests.analysis.validity import Validity
from loadtests.inference import Verdict
from loadtests.results import Capacity, Facts, Reading, Results, Row
from tests.unit.results_factory import CANDIDATE, CONTROL, SCENARIOS, SETTINGS, latencies, reading, results

INDEX = {"scenarios": SCENARIOS[:1]}
repeatable = settings(derandomize=True, deadline=None, database=None, max_examples=15)


def drawn(measured: Results, margin: float = 0.02) -> list[Row]:
    """Make the rows of results."""
    return rows(measured, list(cells(measured)), margin)


def row(found: list[Row], metric: str, scenario: str | None = "index", level: str | None = None) -> Row:
    """Return the row of a metric: the headline's, or the one at a level."""
    chosen = [one for one in found if (one.scenario, one.metric) == (scenario, metric)]
    [only] = [one for one in chosen if (one.headline if level is None else one.level == level)]
    return only


def pairs(
    setup: Any,
    level: float,
    control: list[dict[str, Any]],
    candidate: list[dict[str, Any]],
    scenario: str = "index",
) -> list[Reading]:
    """Make readings of rounds 1, 2, …, described for each target."""
    return [
        reading(setup, scenario, level, number, name, **changes)
        for name, rounds in (("flask", control), ("fastapi", candidate))
        for number, changes in enumerate(rounds, 1)
    ]


def change(**which: Any) -> Callable[[dict[str, Any]], Callable[[Reading], Reading]]:
    """Return a change of those readings only whose fields are as given."""

    def changing(values: dict[str, Any]) -> Callable[[Reading], Reading]:
        def apply(one: Reading) -> Reading:
            hit = all(getattr(one, name) == value for name, value in which.items())
            return one.model_copy(update=values) if hit else one

        return apply

    return changing


def facts(control: dict[str, Any], candidate: dict[str, Any]) -> list[Row]:
    """Make the rows of facts alone."""
    both = (Facts(target="flask", **control), Facts(target="fastapi", **candidate))
    return [one for one in drawn(results(facts=both, readings=())) if one.scenario is None]


def test_rows_of_a_whole_comparison_come_by_scenario_and_facts_last() -> None:
    """A reader asks about a scenario; what does not depend on one comes last."""
    order = list(dict.fromkeys(one.scenario for one in drawn(results())))
    assert order == ["index", "echo", "wait", None]


def test_rows_of_a_scenario_have_one_headline_a_metric() -> None:
    """The short table shows each question once."""
    headlines = [one.metric for one in drawn(results()) if one.headline and one.scenario == "echo"]
    assert headlines == ["cpu_us_per_request", "throughput_per_s", "latency_p50_ms", "latency_p90_ms"]


def test_rows_with_rounds_cut_short_pair_only_common_rounds() -> None:
    """Round 7 has one half and an absurd number; nothing of it is seen."""
    even = [{"server_cpu_s": 0.5}] * 6
    found = drawn(results(readings=pairs("efficiency", 8, [*even, {"server_cpu_s": 99.0}], even)))
    cpu = row(found, "cpu_us_per_request")
    assert cpu.ratio is not None
    assert (cpu.control.median, cpu.candidate.median) == (500, 500)
    assert (cpu.ratio.low, cpu.ratio.estimate, cpu.ratio.high) == (1, 1, 1)


def test_rows_whose_best_levels_have_different_rounds_pair_by_the_rounds_number() -> None:
    """Ctrl-C in the middle of a round leaves one level a round ahead of the next, and that is no error."""
    slow, fast = {"requests": 1000}, {"requests": 1100}
    low = pairs("capacity", 1, [fast] * 8, [slow] * 8)
    high = pairs("capacity", 4, [slow] * 7, [fast] * 6 + [{"requests": 1200}])
    capacity = Capacity(rounds=8, window_s=1, settle_s=0, in_flight=(1, 4))
    found = drawn(results(readings=[*low, *high], settings={"capacity": capacity}))
    best = row(found, "throughput_per_s")
    assert best.level == "at its best, 1 / 4 in flight"
    assert best.ratio is not None
    assert best.ratio.estimate == pytest.approx(1.0)


def test_rows_whose_best_levels_lack_a_middle_round_do_not_shift_the_pairs() -> None:
    """Pairs are made by the number of the round, not by its place."""
    rising = [{"requests": 1000 + 100 * number} for number in range(8)]
    low = pairs("capacity", 1, rising, [{"requests": 10}] * 8)
    high = [one for one in pairs("capacity", 4, [{"requests": 10}] * 8, rising) if one.round != 2]
    capacity = Capacity(rounds=8, window_s=1, settle_s=0, in_flight=(1, 4))
    best = row(drawn(results(readings=[*low, *high], settings={"capacity": capacity})), "throughput_per_s")
    assert best.ratio is not None
    assert (best.ratio.low, best.ratio.estimate, best.ratio.high) == (1, 1, 1)


def test_rows_choose_the_best_level_by_the_median() -> None:
    """One lucky round makes no capacity."""
    lucky = [{"requests": 9000}] + [{"requests": 1000}] * 6
    steady = [{"requests": 1500}] * 7
    capacity = Capacity(rounds=7, window_s=1, settle_s=0, in_flight=(1, 4))
    measured = [*pairs("capacity", 1, lucky, steady), *pairs("capacity", 4, steady, lucky)]
    best = row(drawn(results(readings=measured, settings={"capacity": capacity})), "throughput_per_s")
    assert (best.control.median, best.candidate.median) == (1500, 1500)
    assert best.level == "at its best, 4 / 1 in flight"


def test_rows_whose_best_level_is_generator_bound_show_no_number_of_a_lower_one() -> None:
    """The highest throughput was the generator's: a lower level that can be believed is no capacity."""
    slow, fast = [{"requests": 1000}] * 7, [{"requests": 2000}] * 7
    bound = [{"requests": 3000, "generator_busy_share": 0.97}] * 7
    capacity = Capacity(rounds=7, window_s=1, settle_s=0, in_flight=(1, 4))
    measured = [*pairs("capacity", 1, slow, fast), *pairs("capacity", 4, [{"requests": 900}] * 7, bound)]
    found = drawn(results(readings=measured, settings={"capacity": capacity}))
    best = row(found, "throughput_per_s")
    assert (best.control.median, best.control.validity) == (1000, Validity.OK)
    assert (best.candidate.median, best.candidate.validity) == (None, Validity.GENERATOR_BOUND)
    assert (best.ratio, best.verdict) == (None, None)
    assert row(found, "throughput_per_s", level="1 in flight").verdict == Verdict.FASTER
    assert row(found, "throughput_per_s", level="4 in flight").ratio is None


BAD: dict[str, dict[str, Any]] = {
    "failing": {"failures": 1},
    "reconnecting": {"connects": 500},
    "throttled": {"server_throttled_s": 0.9},
    "noisy": {"stolen_share": 0.9},
    "generator-bound": {"generator_busy_share": 1.0},
    "overloaded": {"unsent": 500},
}


@pytest.mark.parametrize("name", ["flask", "fastapi"])
@pytest.mark.parametrize("validity", BAD)
def test_rows_of_a_cell_that_is_not_believed_have_no_ratio_anywhere(validity: str, name: str) -> None:
    """Whichever side it is and whatever the metric: no number, no ratio, no verdict."""
    measured = results(change=change(target=name, scenario="echo")(BAD[validity]))
    place = ("flask", "fastapi").index(name)
    judged = {(one.setup, one.scenario, one.level): one for one in cells(measured) if one.target == name}
    assert any(str(one.validity) == validity for one in judged.values())
    seen = 0
    for one in drawn(measured):
        value = (one.control, one.candidate)[place]
        if value.validity not in {Validity.OK, Validity.SERVER_BOUND}:
            seen += 1
            assert value.median is None
            assert (one.ratio, one.verdict) == (None, None)
        else:
            assert value.median is not None
    assert seen >= 3


def test_rows_with_one_believed_side_still_show_its_number() -> None:
    """What is known of one target does not depend on the other."""
    measured = results(change=change(target="fastapi", setup="efficiency")({"failures": 1}))
    cpu = row(drawn(measured), "cpu_us_per_request")
    assert cpu.control.median == pytest.approx(640, rel=0.05)
    assert (cpu.candidate.median, cpu.candidate.validity) == (None, Validity.FAILING)
    assert (cpu.ratio, cpu.verdict) == (None, None)


def test_rows_of_services_at_urls_say_that_cpu_is_not_known() -> None:
    """What cannot be seen is absent, never zero."""
    measured = results(change=change()({"server_cpu_s": None, "server_throttled_s": None}))
    for scenario in ("index", "echo", "wait"):
        cpu = row(drawn(measured), "cpu_us_per_request", scenario)
        for value in (cpu.control, cpu.candidate):
            assert (value.median, value.validity) == (None, Validity.NOT_KNOWN)
        assert (cpu.ratio, cpu.verdict) == (None, None)
    assert row(drawn(measured), "throughput_per_s").verdict == Verdict.FASTER


def test_rows_of_what_was_not_measured_say_so_and_no_level() -> None:
    """An interruption before the capacity leaves rows without a number."""
    found = drawn(results(readings=(), facts=()))
    assert {one.control.validity for one in found} == {Validity.NOT_MEASURED}
    assert {(one.control.median, one.candidate.median, one.ratio, one.verdict) for one in found} == {
        (None, None, None, None)
    }
    assert row(found, "throughput_per_s").level == "at its best"


def test_rows_of_a_setup_that_was_not_asked_for_are_not_there() -> None:
    """No row stands for a question that nobody asked."""
    found = drawn(results(settings={"capacity": None, "latency": None}))
    assert {one.metric for one in found if one.scenario} == {"cpu_us_per_request"}


def test_rows_with_five_rounds_have_values_and_no_ratio() -> None:
    """Five pairs carry no 95 % interval."""
    five = [{"server_cpu_s": 0.5}] * 5
    cpu = row(drawn(results(readings=pairs("efficiency", 8, five, five))), "cpu_us_per_request")
    assert (cpu.control.median, cpu.ratio, cpu.verdict) == (500, None, None)


def test_rows_of_several_processes_count_processes_and_not_rounds() -> None:
    """Three rounds of a process agree with each other about its luck: 21 of them are seven observations."""
    luck = [0.97, 1.03, 0.99, 1.04, 0.96, 1.02, 1.0]
    control = [{"server_cpu_s": 0.5}] * 21
    candidate = [{"server_cpu_s": 0.49 * luck[number // 3]} for number in range(21)]
    measured = results(readings=pairs("efficiency", 8, control, candidate))
    assert SETTINGS.efficiency is not None
    efficiency = SETTINGS.efficiency.model_copy(update={"rounds_per_process": 3})
    of_rounds = row(drawn(measured), "cpu_us_per_request").ratio
    with_processes = measured.settings.model_copy(update={"efficiency": efficiency})
    of_processes = row(
        drawn(measured.model_copy(update={"settings": with_processes})), "cpu_us_per_request"
    ).ratio
    assert of_rounds is not None
    assert of_processes is not None
    assert of_processes.low < of_rounds.low < of_rounds.high < of_processes.high


def many(scenarios: int, rounds: int) -> list[Row]:
    """Compare so many scenarios whose rounds all say the same: 10 % less CPU."""
    chosen = tuple(SCENARIOS[0].model_copy(update={"name": f"s{number}"}) for number in range(scenarios))
    readings = [
        one
        for scenario in chosen
        for one in pairs(
            "efficiency",
            8,
            [{"server_cpu_s": 0.5}] * rounds,
            [{"server_cpu_s": 0.45 + number / 1e4} for number in range(rounds)],
            scenario.name,
        )
    ]
    plan = {"scenarios": chosen, "capacity": None, "latency": None}
    return drawn(results(readings=readings, facts=(), settings=plan))


@pytest.mark.parametrize(
    ("scenarios", "rounds", "verdict"),
    [
        (1, 6, Verdict.FASTER),
        (2, 6, Verdict.INCONCLUSIVE),
        (3, 6, Verdict.INCONCLUSIVE),
        (3, 7, Verdict.FASTER),
        (4, 7, Verdict.INCONCLUSIVE),
        (4, 8, Verdict.FASTER),
    ],
)
def test_rows_of_several_scenarios_need_more_rounds_for_a_verdict(
    scenarios: int, rounds: int, verdict: Verdict
) -> None:
    """Holm: the smallest p of n rounds, 2 / 2**n, counts as often as there are scenarios."""
    found = many(scenarios, rounds)
    assert [one.verdict for one in found] == [verdict] * scenarios
    assert all(one.ratio is not None and one.ratio.high < 1 for one in found)


def test_rows_of_other_metrics_and_unbelieved_scenarios_are_no_questions_of_the_family() -> None:
    """Holm counts what was asked and could be answered: one scenario of three needs only six rounds."""
    measured = [
        *pairs("efficiency", 8, [{"server_cpu_s": 0.5}] * 6, [{"server_cpu_s": 0.4}] * 6, "index"),
        *pairs("efficiency", 8, [{"failures": 1}] * 6, [{}] * 6, "echo"),
        *pairs("capacity", 1, [{"requests": 1000}] * 6, [{"requests": 2000}] * 6, "index"),
    ]
    found = drawn(results(readings=measured))
    assert row(found, "cpu_us_per_request", "index").verdict == Verdict.FASTER
    assert row(found, "cpu_us_per_request", "echo").verdict is None
    assert row(found, "throughput_per_s", "index").verdict == Verdict.FASTER


def test_rows_of_more_throughput_and_of_less_latency_are_both_faster() -> None:
    """The direction of better is the metric's."""
    found = drawn(results())
    throughput, p90 = row(found, "throughput_per_s"), row(found, "latency_p90_ms")
    assert throughput.ratio is not None
    assert throughput.ratio.low > 1
    assert p90.ratio is not None
    assert p90.ratio.high < 1
    assert (throughput.verdict, p90.verdict) == (Verdict.FASTER, Verdict.FASTER)


def test_rows_within_the_margin_are_equivalent() -> None:
    """A wider margin makes the same ratio nothing."""
    measured = results(
        readings=pairs("efficiency", 8, [{"server_cpu_s": 0.5}] * 7, [{"server_cpu_s": 0.485}] * 7)
    )
    assert row(drawn(measured, 0.02), "cpu_us_per_request").verdict == Verdict.FASTER
    assert row(drawn(measured, 0.04), "cpu_us_per_request").verdict == Verdict.EQUIVALENT


@pytest.mark.parametrize(
    ("p50_s", "validity"), [(0.02 / 0.9 - 1e-6, "configuration-bound"), (0.02 / 0.9 + 1e-6, "ok")]
)
def test_rows_of_a_waiting_handlers_latency_are_configuration_bound_near_its_delay(
    p50_s: float, validity: str
) -> None:
    """Where more than 90 % of a latency is the delay that was asked for, it says nothing of the framework."""
    fine = [{"response": latencies(0.03), "service": latencies(0.03)}] * 7
    near = [{"response": latencies(p50_s), "service": latencies(p50_s)}] * 7
    found = drawn(results(readings=pairs("latency", 0.5, near, fine, "wait")))
    p50 = row(found, "latency_p50_ms", "wait")
    assert p50.control.validity == validity
    assert (p50.ratio is None) == (validity != "ok")
    assert row(found, "latency_p90_ms", "wait").ratio is not None


def test_rows_of_latency_count_from_the_intended_moment() -> None:
    """Time from sending leaves out how long a request had to wait for its turn."""
    both = [{"service": latencies(0.001), "response": latencies(0.005)}] * 7
    found = drawn(results(readings=pairs("latency", 0.5, both, both)))
    assert row(found, "latency_p50_ms").control.median == pytest.approx(5)


def test_rows_of_a_size_have_an_exact_ratio() -> None:
    """A size is the same each time: no interval, and no p-value in its way."""
    [packages] = [one for one in facts({"packages": 10}, {"packages": 12}) if one.metric == "packages"]
    assert packages.ratio is not None
    assert (packages.ratio.low, packages.ratio.estimate, packages.ratio.high) == (1.2, 1.2, 1.2)
    assert packages.verdict == Verdict.SLOWER


def test_rows_of_equal_sizes_are_equivalent() -> None:
    """Nothing is smaller."""
    [lines] = [one for one in facts({"code_lines": 250}, {"code_lines": 251}) if one.metric == "code_lines"]
    assert lines.verdict == Verdict.EQUIVALENT


def test_rows_of_memory_have_no_ratio() -> None:
    """It was measured once: nobody knows how it would differ the next time."""
    for memory in facts({"memory_idle_bytes": 46_000_000}, {"memory_idle_bytes": 58_000_000}):
        assert (memory.control.median, memory.candidate.median) == (46, 58)
        assert (memory.ratio, memory.verdict) == (None, None)


@pytest.mark.parametrize(("times", "is_ratio"), [(3, False), (6, True), (10, True)])
def test_rows_of_cold_starts_have_a_ratio_from_six_pairs_on(times: int, is_ratio: bool) -> None:
    """They come in pairs, and are judged as pairs."""
    [start] = facts(
        {"cold_starts_s": tuple(0.4 + n / 100 for n in range(times))},
        {"cold_starts_s": tuple(0.8 + n / 50 for n in range(times))},
    )
    assert start.control.median == pytest.approx(1000 * (0.4 + (times - 1) / 200))
    assert (start.ratio is not None) == is_ratio
    assert start.verdict == (Verdict.SLOWER if is_ratio else None)


def test_rows_of_cold_starts_cut_short_have_no_ratio() -> None:
    """Without its partner the last one would shift every pair."""
    [start] = facts({"cold_starts_s": (0.4,) * 7}, {"cold_starts_s": (0.8,) * 6})
    assert (start.control.median, start.candidate.median) == (400, 800)
    assert start.ratio is None


def test_rows_of_a_fact_of_one_target_say_that_the_other_is_not_known() -> None:
    """An image size on one side is no ratio, and no zero on the other."""
    [image] = facts({"image_bytes": 90_000_000}, {})
    assert (image.control.median, image.control.validity) == (90, Validity.OK)
    assert (image.candidate.median, image.candidate.validity) == (None, Validity.NOT_KNOWN)
    assert (image.ratio, image.verdict) == (None, None)


def test_rows_of_facts_that_nobody_knows_are_not_there() -> None:
    """A service at a URL has no rows of memory and size."""
    assert facts({}, {}) == []


OPPOSITE = {
    Verdict.FASTER: Verdict.SLOWER,
    Verdict.SLOWER: Verdict.FASTER,
    Verdict.EQUIVALENT: Verdict.EQUIVALENT,
    Verdict.INCONCLUSIVE: Verdict.INCONCLUSIVE,
    None: None,
}


@repeatable
@given(seed=st.integers(0, 10_000), margin=st.floats(0.005, 0.2))
def test_rows_with_control_and_candidate_swapped_say_the_opposite(seed: int, margin: float) -> None:
    """Who is called candidate changes no number: ratios turn over, and verdicts with them."""
    measured = results(seed=seed)
    swapped = measured.model_copy(update={"targets": (CANDIDATE, CONTROL)})
    for one, other in zip(drawn(measured, margin), drawn(swapped, margin), strict=True):
        assert (one.scenario, one.metric) == (other.scenario, other.metric)
        assert (one.control, one.candidate) == (other.candidate, other.control)
        assert other.verdict == OPPOSITE[one.verdict]
        if one.ratio is None or other.ratio is None:
            assert one.ratio is other.ratio
        else:
            turned = (1 / other.ratio.high, 1 / other.ratio.estimate, 1 / other.ratio.low)
            assert (one.ratio.low, one.ratio.estimate, one.ratio.high) == pytest.approx(turned)


@repeatable
@given(st.permutations(range(len(results(settings=INDEX).readings))))
def test_rows_of_readings_in_any_order_are_the_same(order: list[int]) -> None:
    """The order in the file carries nothing."""
    measured = results(settings=INDEX)
    shuffled = tuple(measured.readings[place] for place in order)
    assert drawn(measured.model_copy(update={"readings": shuffled})) == drawn(measured)


def test_rows_hold_for_every_level_of_the_settings() -> None:
    """Every load that was measured has its row."""
    assert SETTINGS.capacity is not None
    levels = [one.level for one in drawn(results(settings=INDEX)) if one.metric == "throughput_per_s"]
    assert levels[1:] == [f"{level} in flight" for level in SETTINGS.capacity.in_flight]


def answered(*requests: int) -> list[dict[str, Any]]:
    """Describe rounds with so many answers each."""
    return [{"requests": one, "service": latencies(0.004), "response": latencies(0.004)} for one in requests]


@pytest.mark.parametrize(("metric", "least"), [("latency_p90_ms", 100), ("latency_p99_ms", 1000)])
def test_rows_of_a_percentile_need_ten_answers_beyond_it(metric: str, least: int) -> None:
    """Of 200 answers the 99th percentile would be the second slowest; the median over the rounds decides."""
    few, enough = answered(*[9] * 3, *[least - 1] * 4), answered(*[9] * 3, *[least] * 4)
    at = "at 50 % of capacity"
    believed = row(drawn(results(readings=pairs("latency", 0.5, enough, enough))), metric, level=at)
    assert (believed.control.validity, believed.candidate.validity) == (Validity.OK, Validity.OK)
    assert believed.ratio is not None
    found = drawn(results(readings=pairs("latency", 0.5, few, enough)))
    doubted = row(found, metric, level=at)
    assert (doubted.control.median, doubted.control.validity) == (None, Validity.TOO_FEW_ANSWERS)
    assert (doubted.candidate.median, doubted.candidate.validity) == (4 * (2 if "90" in metric else 4), "ok")
    assert (doubted.ratio, doubted.verdict) == (None, None)
    assert row(found, "latency_p50_ms").ratio is not None
