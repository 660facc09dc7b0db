"""The rows of a comparison: which readings a number comes from, and when there is none."""

from collections.abc import Callable, Sequence
from math import exp, log
from statistics import median
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.analysis.cells import cells
from loadtests.analysis.drift import widening
from loadtests.analysis.rows import questions, rows
from loadtests.analysis.stopping import asked
from loadtests.analysis.validity import Validity
from loadtests.inference import ERROR, Interval, Verdict, confidence_sequence
from loadtests.results import Facts, Reading, Results, Row, Start
from tests.unit.results_factory import CANDIDATE, CONTROL, SCENARIOS, SETTINGS, latencies, reading, results

CPU, AT_LIMIT, THROUGHPUT = "cpu_us_per_request", "cpu_at_limit_us_per_request", "throughput_per_s"
INDEX = {"scenarios": SCENARIOS[:1]}
STARTS = {"cold_start_ms", "memory_idle_mb", "memory_loaded_mb"}
ALONE: dict[str, Any] = {**INDEX, "capacity": None, "latency": None, "starts": False}
"""One question: the whole error is its own."""
repeatable = settings(derandomize=True, deadline=None, database=None, max_examples=15)


def drawn(measured: Results, disturbed: Sequence[int] = ()) -> list[Row]:
    """Make the rows of results."""
    return rows(measured, list(cells(measured)), dict.fromkeys(disturbed, "a test"))


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
    """Make readings of units 1, 2, …, described for each target."""
    return [
        reading(setup, scenario, level, number, name, **changes)
        for name, units in (("flask", control), ("fastapi", candidate))
        for number, changes in enumerate(units, 1)
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
    return [
        one
        for one in drawn(results(facts=both, readings=(), settings={"starts": False}))
        if one.scenario is None
    ]


def expected(ratios: Sequence[float], error: float) -> Any:
    """Return what a row says of these ratios, one for each unit."""
    logs = [log(ratio) for ratio in ratios]
    found = confidence_sequence(logs, error, widening(logs))
    assert found is not None
    return pytest.approx((exp(found.low), exp(found.estimate), exp(found.high)))


def bounds(interval: Interval | None) -> tuple[float, float, float]:
    """Return low, estimate, high."""
    assert interval is not None
    return interval.low, interval.estimate, interval.high


def of_cpu(
    ratios: Sequence[float], disturbed: Sequence[int] = (), chosen: dict[str, Any] | None = None
) -> Row:
    """Return the row of CPU per request where units had these ratios."""
    control, candidate = (
        [{"server_cpu_s": 0.5}] * len(ratios),
        [{"server_cpu_s": 0.5 * one} for one in ratios],
    )
    measured = results(readings=pairs("efficiency", 8, control, candidate), settings=chosen)
    return row(drawn(measured, disturbed), CPU)


def test_rows_of_a_whole_comparison_come_by_scenario_and_facts_last() -> None:
    """A reader asks about a scenario; what does not depend on one comes last."""
    order = list(dict.fromkeys(one.scenario for one in drawn(results())))
    assert order == ["index", "echo", "wait", None]


def test_rows_of_a_scenario_have_one_headline_a_metric() -> None:
    """The short table shows each question once."""
    headlines = [one.metric for one in drawn(results()) if one.headline and one.scenario == "echo"]
    assert headlines == [CPU, AT_LIMIT, THROUGHPUT, "latency_p50_ms", "latency_p90_ms"]


def test_rows_of_cpu_say_beside_whom_and_at_which_limit() -> None:
    """The same code costs less the busier it is, so one figure alone would mislead."""
    found = drawn(results())
    assert row(found, CPU).level == "beside the slower one"
    assert row(found, AT_LIMIT).level == "at its own limit"


def test_rows_with_a_unit_cut_short_pair_only_common_units() -> None:
    """Unit 7 has one half and an absurd number; nothing of it is seen."""
    even = [{"server_cpu_s": 0.5}] * 6
    found = drawn(results(readings=pairs("efficiency", 8, [*even, {"server_cpu_s": 99.0}], even)))
    cpu = row(found, CPU)
    assert (cpu.control.median, cpu.candidate.median) == pytest.approx((500, 500))
    assert cpu.units == 6
    assert bounds(cpu.ratio) == (1, 1, 1)


# The error, and how it is shared


RATIOS = (0.895, 0.905, 0.9, 0.89, 0.91)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 3 * (1 + 2) + 2 * 2 + 3),
        ({"backend": "url", "efficiency": None, "starts": False}, 3 * 1 + 2 * 2),
        ({"backend": "url", "starts": False}, 3 * 1 + 2 * 2),
        ({"latency": None}, 3 * (1 + 2) + 3),
        ({"capacity": None, "latency": None}, 3 + 3),
        ({"scenarios": SCENARIOS[2:]}, 3 + 3),
        (ALONE, 1),
    ],
)
def test_questions_of_settings_are_the_headlines_that_units_can_answer(
    changes: dict[str, Any], count: int
) -> None:
    """CPU time of a service at a URL cannot be seen, and so is not asked for."""
    chosen = SETTINGS.model_copy(update=changes)
    assert questions(chosen) == count
    blind = {"server_cpu_s": None} if chosen.backend == "url" else {}
    found = asked(drawn(results(settings=changes, change=change()(blind))))
    assert len([one for one in found if one.ratio is not None]) == count


def test_rows_of_one_question_have_the_whole_error() -> None:
    """An interval is the confidence sequence of the units' log-ratios."""
    assert bounds(of_cpu(RATIOS, chosen=ALONE).ratio) == expected(RATIOS, ERROR)


def test_rows_of_sixteen_questions_have_a_sixteenth_of_the_error_each() -> None:
    """All of them together are wrong in 5 % of comparisons at most."""
    assert bounds(of_cpu(RATIOS).ratio) == expected(RATIOS, ERROR / 16)


def test_rows_that_are_no_headline_have_the_whole_error() -> None:
    """A curve is there to be looked at; its points answer no question."""
    readings = pairs("capacity", 4, [{"requests": 1000}] * 5, [{"requests": round(1000 * r)} for r in RATIOS])
    point = row(drawn(results(readings=readings)), THROUGHPUT, level="4 in flight")
    assert bounds(point.ratio) == expected(RATIOS, ERROR)


def test_rows_of_two_units_have_values_and_no_ratio() -> None:
    """Two bound nothing; three do."""
    cpu = of_cpu(RATIOS[:2])
    assert cpu.control.median == pytest.approx(500)
    assert (cpu.ratio, cpu.verdict, cpu.units) == (None, None, 2)
    assert of_cpu(RATIOS[:3]).ratio is not None


def test_rows_of_units_that_hang_together_have_wider_intervals() -> None:
    """The same eight ratios in another order are another finding."""
    rising = [0.86, 0.87, 0.88, 0.89, 0.9, 0.91, 0.92, 0.93]
    mixed = [rising[place] for place in (0, 7, 1, 6, 2, 5, 3, 4)]
    narrow, wide = of_cpu(mixed).ratio, of_cpu(rising).ratio
    assert bounds(wide) == expected(rising, ERROR / 16)
    assert log(bounds(wide)[2] / bounds(wide)[0]) == pytest.approx(
        log(bounds(narrow)[2] / bounds(narrow)[0]) * widening(rising) / widening(mixed), rel=0.02
    )


def test_rows_of_several_rounds_count_units_and_not_rounds() -> None:
    """Rounds of a process agree with each other about its luck: they sharpen nothing."""
    once = pairs("efficiency", 8, [{"server_cpu_s": 0.5}] * 5, [{"server_cpu_s": 0.5 * r} for r in RATIOS])
    thrice = [one.model_copy(update={"round": number}) for one in once for number in (1, 2, 3)]
    several, one = row(drawn(results(readings=thrice)), CPU), row(drawn(results(readings=once)), CPU)
    assert bounds(several.ratio) == pytest.approx(bounds(one.ratio))
    assert several.units == one.units == 5


def test_rows_that_are_inconclusive_say_how_many_more_units() -> None:
    """The rest have nothing more to ask for; what hangs together needs more."""
    noisy = [0.95, 1.03, 0.97, 1.02, 0.94, 1.01, 0.96, 1.0]
    inconclusive, drifting = of_cpu(noisy), of_cpu(sorted(noisy))
    assert inconclusive.verdict == drifting.verdict == Verdict.INCONCLUSIVE
    assert inconclusive.more_units is not None
    assert drifting.more_units is not None
    assert 1 < inconclusive.more_units < drifting.more_units
    assert of_cpu(RATIOS).more_units is None


# Units in which something else was at work

QUIET = (0.9, 0.905, 0.895, 0.9)


@pytest.mark.parametrize(
    ("quiet", "disturbed", "verdict"),
    [
        (QUIET, (0.905, 0.895, 0.9), Verdict.FASTER),
        (QUIET, (0.8, 1.1, 0.9), Verdict.INCONCLUSIVE),
        ((0.86, 0.97, 0.9, 0.94), (0.905, 0.895, 0.9), Verdict.DISTURBED),
        ((0.99, 0.991, 0.989, 0.99), (0.95, 0.951, 0.949), Verdict.DISTURBED),
    ],
    ids=["both agree", "all do not know", "quiet ones do not know", "quiet ones are equivalent"],
)
def test_rows_with_disturbed_units_count_only_where_quiet_ones_say_the_same(
    quiet: tuple[float, ...], disturbed: tuple[float, ...], verdict: Verdict
) -> None:
    """The ratio is that of all units: none is chosen. Without some it can only lose its verdict."""
    ratios = [ratio for one in quiet for ratio in (one, *disturbed)]
    found = of_cpu(ratios, [unit for unit in range(1, 17) if unit % 4 != 1])
    assert (found.verdict, found.units) == (verdict, 16)
    assert bounds(found.ratio) == expected(ratios, ERROR / 16)
    assert bounds(found.undisturbed) == expected(quiet, ERROR / 16)


def test_rows_with_too_few_quiet_units_are_disturbed() -> None:
    """Two quiet ones say nothing."""
    found = of_cpu(RATIOS, [1, 3, 5])
    assert (found.verdict, found.undisturbed) == (Verdict.DISTURBED, None)


def test_rows_whose_units_were_all_quiet_have_nothing_beside_the_ratio() -> None:
    """A disturbed unit in which this row was not measured does not matter to it."""
    found = of_cpu(RATIOS, [6])
    assert (found.verdict, found.undisturbed) == (Verdict.FASTER, None)


# The plateau


def plateau(levels: dict[int, tuple[list[dict[str, Any]], list[dict[str, Any]]]]) -> list[Row]:
    """Make the rows of an index whose plateau was measured like this."""
    scenario = SCENARIOS[0].model_copy(update={"plateau": tuple(levels)})
    readings = [one for level, sides in levels.items() for one in pairs("capacity", level, *sides)]
    return drawn(results(readings=readings, settings={"scenarios": (scenario,)}))


def answers(*requests: int, **changes: Any) -> list[dict[str, Any]]:
    """Describe units with so many answers in a second."""
    return [{"requests": one, "server_cpu_s": 0.5, **changes} for one in requests]


def test_rows_of_a_plateau_are_the_geometric_mean_of_its_levels_in_each_unit() -> None:
    """No level is chosen for being the best; (1,000 * 4,000) ** ½ = 2,000, and twice that for the other."""
    found = plateau(
        {
            1: (answers(1000, 1000, 1100), answers(2000, 2100, 2000)),
            4: (answers(4000, 4100, 4000), answers(8000, 8000, 8300)),
        }
    )
    best = row(found, THROUGHPUT)
    ratios = [2, (2.1 * 8 / 4.1) ** 0.5, (2 / 1.1 * 8.3 / 4) ** 0.5]
    assert best.control.median == pytest.approx(median([2000, (4.1e6) ** 0.5, (4.4e6) ** 0.5]))
    assert bounds(best.ratio)[1] == pytest.approx(exp(sum(map(log, ratios)) / 3))
    assert (best.level, best.units) == ("1 to 4 in flight", 3)
    assert row(found, AT_LIMIT).control.median == pytest.approx(5e5 / (4.1e6) ** 0.5)


def test_rows_of_a_plateau_leave_out_levels_that_either_side_cannot_be_believed_at() -> None:
    """Both are compared over the same levels, and which those are is said."""
    bound = answers(9000, 9000, 9000, generator_busy_share=0.97)
    steady, double = answers(1000, 1000, 1000), answers(2000, 2000, 2000)
    found = plateau({1: (steady, double), 2: (steady, bound), 3: (bound, double), 4: (steady, double)})
    for one, ratio in ((row(found, THROUGHPUT), 2), (row(found, AT_LIMIT), 0.5)):
        assert bounds(one.ratio) == pytest.approx((ratio, ratio, ratio))
    assert row(found, THROUGHPUT).level == "1, 4 in flight"
    assert row(found, THROUGHPUT, level="1 in flight").ratio is not None


def test_rows_of_a_plateau_nowhere_believed_on_both_sides_have_no_ratio() -> None:
    """The side that can be believed at all levels keeps its number."""
    bound, steady = answers(9000, 9000, 9000, generator_busy_share=0.97), answers(1000, 1000, 1000)
    best = row(plateau({1: (steady, bound), 4: (steady, bound)}), THROUGHPUT)
    assert best.control.median == pytest.approx(1000)
    assert best.control.validity == Validity.OK
    assert (best.candidate.median, best.candidate.validity) == (None, Validity.GENERATOR_BOUND)
    assert (best.ratio, best.verdict, best.level) == (None, None, "1 to 4 in flight")
    each_one = row(plateau({1: (steady, bound), 4: (bound, steady)}), THROUGHPUT)
    assert {each_one.control.median, each_one.candidate.median} == {None}


def test_rows_of_a_plateau_of_one_level_name_it() -> None:
    """A handler that waits is measured at one level."""
    assert row(drawn(results()), THROUGHPUT, "wait").level == "128 in flight"


def test_rows_of_a_unit_that_lacks_a_level_leave_it_out() -> None:
    """Half a plateau is another question."""
    steady = answers(1000, 1000, 1000, 1000)
    assert row(plateau({1: (steady, steady), 4: (steady[:3], steady)}), THROUGHPUT).units == 3


# What cannot be believed


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
    cpu = row(drawn(measured), CPU)
    assert cpu.control.median == pytest.approx(640, rel=0.05)
    assert (cpu.candidate.median, cpu.candidate.validity) == (None, Validity.FAILING)
    assert (cpu.ratio, cpu.verdict) == (None, None)


def test_rows_of_services_at_urls_say_that_cpu_is_not_known() -> None:
    """What cannot be seen is absent, never zero."""
    measured = results(change=change()({"server_cpu_s": None, "server_throttled_s": None}))
    for metric in (CPU, AT_LIMIT):
        for scenario in ("index", "echo", "wait"):
            cpu = row(drawn(measured), metric, scenario)
            for value in (cpu.control, cpu.candidate):
                assert (value.median, value.validity) == (None, Validity.NOT_KNOWN)
            assert (cpu.ratio, cpu.verdict) == (None, None)
    assert row(drawn(measured), THROUGHPUT).verdict == Verdict.FASTER


def test_rows_of_what_was_not_measured_say_so() -> None:
    """An interruption before the first reading leaves rows without a number."""
    found = drawn(results(readings=(), facts=(), settings={"starts": False}))
    assert {one.control.validity for one in found} == {Validity.NOT_MEASURED}
    assert {
        (one.control.median, one.candidate.median, one.ratio, one.verdict, one.units) for one in found
    } == {(None, None, None, None, 0)}


def test_rows_of_a_setup_that_was_not_asked_for_are_not_there() -> None:
    """No row stands for a question that nobody asked."""
    found = drawn(results(settings={"capacity": None, "latency": None}))
    assert {one.metric for one in found if one.scenario} == {CPU}


def test_rows_of_more_throughput_and_of_less_latency_are_both_faster() -> None:
    """The direction of better is the metric's."""
    found = drawn(results())
    throughput, p90 = row(found, THROUGHPUT), row(found, "latency_p90_ms")
    assert throughput.ratio is not None
    assert throughput.ratio.low > 1
    assert p90.ratio is not None
    assert p90.ratio.high < 1
    assert (throughput.verdict, p90.verdict) == (Verdict.FASTER, Verdict.FASTER)


@pytest.mark.parametrize(("ratio", "verdict"), [(0.985, Verdict.EQUIVALENT), (0.975, Verdict.FASTER)])
def test_rows_within_the_margin_are_equivalent(ratio: float, verdict: Verdict) -> None:
    """However surely it was seen, less than 2 % is none."""
    assert of_cpu([ratio] * 3).verdict == verdict


def test_rows_of_a_handler_that_waits_have_no_latency() -> None:
    """It would be the wait."""
    assert not [one for one in drawn(results()) if one.scenario == "wait" and "latency" in one.metric]


@pytest.mark.parametrize(
    ("rate", "level"), [(800.0, "at 800 req/s, 50 % of capacity"), (None, "at 50 % of capacity")]
)
def test_rows_of_latency_say_at_what_rate(rate: float | None, level: str) -> None:
    """Half of capacity is the slower one's; a reader sees how much that is."""
    same = [{"offered_per_s": rate, "response": latencies(0.004)}] * 3
    assert row(drawn(results(readings=pairs("latency", 0.5, same, same))), "latency_p50_ms").level == level


def test_rows_of_latency_count_from_the_intended_moment() -> None:
    """Time from sending leaves out how long a request had to wait for its turn."""
    both = [{"service": latencies(0.001), "response": latencies(0.005)}] * 7
    found = drawn(results(readings=pairs("latency", 0.5, both, both)))
    assert row(found, "latency_p50_ms").control.median == pytest.approx(5)


def test_rows_of_a_size_have_an_exact_ratio() -> None:
    """A size is the same each time: there is no interval."""
    [packages] = [one for one in facts({"packages": 10}, {"packages": 12}) if one.metric == "packages"]
    assert packages.ratio is not None
    assert (packages.ratio.low, packages.ratio.estimate, packages.ratio.high) == (1.2, 1.2, 1.2)
    assert packages.verdict == Verdict.SLOWER


def test_rows_of_equal_sizes_are_equivalent() -> None:
    """Nothing is smaller."""
    [lines] = [one for one in facts({"code_lines": 250}, {"code_lines": 251}) if one.metric == "code_lines"]
    assert lines.verdict == Verdict.EQUIVALENT


# Starts


def starts(*both: tuple[float | None, float | None]) -> list[Row]:
    """Make the rows of cold starts, one pair for each unit."""
    found = [
        Start(unit=unit, target=name, hash_seed=None, cold_start_s=seconds)
        for unit, pair in enumerate(both, 1)
        for name, seconds in zip(("flask", "fastapi"), pair, strict=True)
    ]
    return [one for one in drawn(results(starts=found, facts=())) if one.scenario is None]


def test_rows_of_starts_are_compared_over_units() -> None:
    """Cold start and memory differ from process to process as anything else does."""
    found = {one.metric: one for one in drawn(results()) if one.metric in STARTS}
    assert found.keys() == STARTS
    assert {(one.headline, one.units) for one in found.values()} == {(True, 8)}
    assert found["cold_start_ms"].control.median == pytest.approx(400, rel=0.02)
    assert found["memory_idle_mb"].candidate.median == pytest.approx(58, rel=0.01)
    assert found["memory_loaded_mb"].candidate.median == pytest.approx(66, rel=0.01)
    assert {one.verdict for one in found.values()} == {Verdict.SLOWER}


def test_rows_of_a_start_that_was_not_seen_leave_its_unit_out() -> None:
    """Two pairs are left, and two carry no interval; nobody saw any memory."""
    cold, idle, loaded = starts((0.4, 0.8), (0.5, None), (0.6, 0.8))
    assert (cold.control.median, cold.candidate.median) == (500, 800)
    assert (cold.units, cold.ratio) == (2, None)
    for one in (idle, loaded):
        assert (one.control.validity, one.ratio, one.units) == (Validity.NOT_KNOWN, None, 0)


def test_rows_of_starts_share_the_error_and_do_without_disturbed_units() -> None:
    """They are headlines like the others."""
    cold = starts(*((0.4, 0.4 * ratio) for ratio in RATIOS))[0]
    assert bounds(cold.ratio) == expected(RATIOS, ERROR / 16)
    all_disturbed = next(one for one in drawn(results(), range(1, 9)) if one.metric == "cold_start_ms")
    assert (all_disturbed.verdict, all_disturbed.undisturbed) == (Verdict.DISTURBED, None)


# Sizes


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
    Verdict.DISTURBED: Verdict.DISTURBED,
    None: None,
}


@repeatable
@given(seed=st.integers(0, 10_000), disturbed=st.sets(st.integers(1, 8)))
def test_rows_with_control_and_candidate_swapped_say_the_opposite(seed: int, disturbed: set[int]) -> None:
    """Who is called candidate changes no number: ratios turn over, and verdicts with them."""
    measured = results(seed=seed)
    swapped = measured.model_copy(update={"targets": (CANDIDATE, CONTROL)})
    for one, other in zip(drawn(measured, list(disturbed)), drawn(swapped, list(disturbed)), strict=True):
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
    levels = [one.level for one in drawn(results(settings=INDEX)) if one.metric == THROUGHPUT]
    assert levels[1:] == [f"{level} in flight" for level in SETTINGS.capacity.sweep]


def answered(*requests: int) -> list[dict[str, Any]]:
    """Describe units with so many answers each."""
    return [{"requests": one, "service": latencies(0.004), "response": latencies(0.004)} for one in requests]


@pytest.mark.parametrize(("metric", "least"), [("latency_p90_ms", 100), ("latency_p99_ms", 1000)])
def test_rows_of_a_percentile_need_ten_answers_beyond_it(metric: str, least: int) -> None:
    """Of 200 answers the 99th percentile would be the second slowest; the median over the units decides."""
    few, enough = answered(*[9] * 3, *[least - 1] * 4), answered(*[9] * 3, *[least] * 4)
    at = "at 50 % of capacity"
    believed = row(drawn(results(readings=pairs("latency", 0.5, enough, enough))), metric, level=at)
    assert (believed.control.validity, believed.candidate.validity) == (Validity.OK, Validity.OK)
    assert believed.ratio is not None
    found = drawn(results(readings=pairs("latency", 0.5, few, enough)))
    doubted = row(found, metric, level=at)
    assert (doubted.control.median, doubted.control.validity) == (None, Validity.TOO_FEW_ANSWERS)
    assert doubted.candidate.median == pytest.approx(8 if "90" in metric else 16)
    assert doubted.candidate.validity == Validity.OK
    assert (doubted.ratio, doubted.verdict) == (None, None)
    assert row(found, "latency_p50_ms").ratio is not None
