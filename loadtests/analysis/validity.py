"""Whether a cell's numbers can be believed, and what the limit was; pure.

A cell is one target under one scenario at one level in one set-up; it is judged over all its units.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import fmean, median

from loadtests.results import Reading

RECONNECTS_SHARE = 0.01
"""Of requests. Above it TCP handshakes are measured; a server that keeps connections alive has none."""

GENERATOR_BUSY_SHARE = 0.9
"""Of the window. Above it the generator had no time to spare: a faster target would look just the same."""

SERVER_BUSY_SHARE = 0.9
"""Of one core, stolen time included. Above it the target was at its own limit."""

LITTLE_SHARE = 0.9
"""Little's law: throughput times mean latency is the number in flight. Below this share of what was asked
for, connections have spent the rest inside the generator."""

LITTLE_MOST_SHARE = 1.05
"""Above this share of what was asked for, answers came in the window that had been waited for before it: it
began before the load had settled."""

LITTLE_IN_FLIGHT = 8
"""From so many on; with fewer the generator's own cost of a request, 30 µs, is a visible part of a turn."""

LAG_S = 0.002
"""An event loop that wakes one greenlet in ten later than that adds it to latencies, unless those are long
anyway. The loop's timers count whole milliseconds, so that 1 ms is nothing."""

LAG_SHARE = 0.5
"""Of the median latency."""

STOLEN_SHARE = 0.05
"""Of the window. Above it another machine on the same host has had so much of a core that throughput and
latency say little about this one. CPU time per request does not count it, and a pair shares it."""

DRIFT_SHARE = 0.05
"""How far the second half's share of the answers may be from one half, beside what chance does to it."""

THROTTLED_SHARE = 0.01
"""Of the window. Above it a CPU limit shows up as a tail that is not the target's."""

CEILING_SHARE = 0.9
"""Of what arithmetic allows. Above it the result shows connections, threads and delay, not the framework."""

UNSENT_SHARE = 0.01
"""Of the requests that were due. Above it they pile up, and latency is a question of how long one waits."""

DEVIATIONS = 3
"""How many standard deviations are put down to chance in a count of requests."""


class Validity(StrEnum):
    """What the limit of a cell was."""

    OK = "ok"
    """Believed; neither side was at its limit."""
    SERVER_BOUND = "server-bound"
    """Believed; the server had nothing left to give."""
    GENERATOR_BOUND = "generator-bound"
    CONFIGURATION_BOUND = "configuration-bound"
    OVERLOADED = "overloaded"
    """Open loop: the target did not keep up with the rate."""
    NOISY = "noisy"
    THROTTLED = "throttled"
    RECONNECTING = "reconnecting"
    FAILING = "failing"
    TOO_FEW_ANSWERS = "too few answers"
    """A percentile with fewer than ten answers beyond it in a window is one of a handful of stragglers."""
    NOT_KNOWN = "not known"
    """It could not be seen here, as CPU time of a service at a URL."""
    NOT_MEASURED = "not measured"

    @property
    def is_believed(self) -> bool:
        """Whether there is a number; where there is none, there is no ratio either."""
        return self in {Validity.OK, Validity.SERVER_BOUND}


@dataclass(frozen=True, slots=True)
class Terms:
    """What arithmetic needs to know of a cell."""

    delay_s: float
    """How long the handler waits for something."""
    threads: int | None
    """Requests that the target can work on at once; None where there is no such limit, or it is not known."""

    def ceiling_per_s(self, in_flight: float) -> float | None:
        """Return the most answers a second that delay, connections and threads allow, if any."""
        if self.delay_s <= 0:
            return None
        return min(in_flight, self.threads or in_flight) / self.delay_s


def judge(readings: Sequence[Reading], terms: Terms) -> tuple[Validity, str]:
    """Say what the limit was, and in a sentence what was seen, why it matters and what to do about it.

    The first of the reasons against a cell decides; the sentence is empty where it can be believed.
    """
    if not readings:
        return Validity.NOT_MEASURED, "it was not measured"
    for validity, sentence in _objections(readings, terms):
        return validity, sentence
    shares = [_server_busy_share(one) for one in readings]
    known = [share for share in shares if share is not None]
    is_busy = readings[0].setup in {"capacity", "latency"} and known and median(known) > SERVER_BUSY_SHARE
    return (Validity.SERVER_BOUND if is_busy else Validity.OK), ""


def _objections(readings: Sequence[Reading], terms: Terms) -> Iterator[tuple[Validity, str]]:
    requests = sum(one.requests for one in readings)
    failures = sum(one.failures for one in readings)
    window_s = sum(one.window_s for one in readings)
    if failures:
        first = next((one.first_fault for one in readings if one.first_fault), "no answer came")
        yield (
            Validity.FAILING,
            f"{failures:,} of {failures + requests:,} requests failed, the first because {first}; the speed "
            "of a service that fails means nothing, so look into its log",
        )
        return
    silent = sum(not one.requests for one in readings)
    if silent:
        yield (
            Validity.FAILING,
            f"no answer came in {silent} of {len(readings)} windows, and there is no speed of nothing; "
            "look into its log, or measure longer windows (--seconds)",
        )
        return
    connects = sum(one.connects for one in readings)
    if connects > RECONNECTS_SHARE * requests:
        yield (
            Validity.RECONNECTING,
            f"{connects:,} connections were opened for {requests:,} requests, so TCP handshakes were measured"
            "; let the server keep connections alive",
        )
    throttled_s = [one.server_throttled_s for one in readings if one.server_throttled_s is not None]
    if sum(throttled_s) > THROTTLED_SHARE * window_s:
        yield (
            Validity.THROTTLED,
            f"a CPU limit held it back for {sum(throttled_s) / window_s:.0%} of the time, which shows up as "
            "latency; raise the limit, or pin it to a core instead",
        )
    if readings[0].setup in {"capacity", "latency"}:
        yield from _alone(readings, terms, requests)


def _alone(readings: Sequence[Reading], terms: Terms, requests: int) -> Iterator[tuple[Validity, str]]:
    """Object to what was measured alone; a pair that was loaded at once shares all of this."""
    stolen_share = fmean(one.stolen_share for one in readings)
    if stolen_share > STOLEN_SHARE:
        yield (
            Validity.NOISY,
            f"this virtual machine did not get its cores for {stolen_share:.0%} of the time, so this says "
            "little about another machine; repeat where it is quiet",
        )
    yield from _generator(readings)
    ceiling_per_s = None if readings[0].setup == "latency" else terms.ceiling_per_s(readings[0].level)
    throughput_per_s = median(one.throughput_per_s for one in readings)
    if ceiling_per_s is not None and throughput_per_s > CEILING_SHARE * ceiling_per_s:
        is_threads = terms.threads is not None and terms.threads < readings[0].level
        limit, what = (
            (f"{terms.threads} threads", "give it more threads")
            if is_threads
            else (f"{readings[0].level:g} in flight", "raise what is in flight")
        )
        yield (
            Validity.CONFIGURATION_BOUND,
            f"{throughput_per_s:,.0f} req/s is {throughput_per_s / ceiling_per_s:.0%} of the "
            f"{ceiling_per_s:,.0f} req/s that {limit} and a delay of {terms.delay_s * 1000:g} ms allow, so "
            f"it shows these settings and not the framework; {what}",
        )
    second_half = sum(one.second_half_share * one.requests for one in readings) / requests
    if abs(second_half - 0.5) > DRIFT_SHARE + DEVIATIONS * 0.5 / sqrt(requests):
        yield (
            Validity.NOISY,
            f"{second_half:.0%} of the answers came in the second half of the windows, so it had not settled"
            "; measure longer",
        )
    unsent = sum(one.unsent for one in readings)
    if unsent > UNSENT_SHARE * requests:
        yield (
            Validity.OVERLOADED,
            f"{unsent:,} of {requests:,} requests that were due within a window had to wait beyond its end "
            "for an idle connection, so they piled up; offer less",
        )


def _generator(readings: Sequence[Reading]) -> Iterator[tuple[Validity, str]]:
    busy_share = median(one.generator_busy_share for one in readings)
    if busy_share > GENERATOR_BUSY_SHARE:
        yield (
            Validity.GENERATOR_BOUND,
            f"the load generator was busy for {busy_share:.0%} of the time, so the target's limit was not "
            "reached; use more workers (--workers)",
        )
    lag_s = median(one.generator_lag_s for one in readings)
    latency_s = median(one.service.p50_s for one in readings if one.service is not None)
    if lag_s > max(LAG_S, LAG_SHARE * latency_s):
        yield (
            Validity.GENERATOR_BOUND,
            f"the load generator's event loop woke up {lag_s * 1000:.1f} ms late, which is in every latency; "
            "let nothing else run on its core",
        )
    level = readings[0].level
    if readings[0].setup != "capacity" or level < LITTLE_IN_FLIGHT:
        return
    # Over all windows at once: a slow answer weighs in the one in which it ends, and is missing in another.
    waited_s = sum(one.requests * one.service.mean_s for one in readings if one.service is not None)
    in_flight = waited_s / sum(one.window_s for one in readings)
    seen = f"{in_flight:.1f} of {level:g} requests were in flight at a time (Little's law)"
    if in_flight < LITTLE_SHARE * level:
        yield (
            Validity.GENERATOR_BOUND,
            f"{seen}, the others were inside the load generator; use more workers (--workers)",
        )
    if in_flight > LITTLE_MOST_SHARE * level:
        yield (
            Validity.NOISY,
            f"{seen}, so some had begun long before their windows; measure longer (--seconds)",
        )


def _server_busy_share(reading: Reading) -> float | None:
    if reading.server_cpu_s is None:
        return None
    return reading.server_cpu_s / reading.window_s + reading.stolen_share
