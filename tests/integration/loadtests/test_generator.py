"""The load generator as a process: what it counts is what the servers saw, in each kind of loop."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from fcntl import ioctl
from itertools import pairwise
from math import sqrt
from pathlib import Path
from random import Random
from statistics import median
from termios import FIONREAD
from time import perf_counter

import psutil
import pytest

from loadtests.analysis.validity import UNSENT_SHARE
from loadtests.errors import Refusal
from loadtests.generator.messages import Mode, Outcome
from loadtests.generator.process import Generator
from loadtests.generator.samples import Samples
from loadtests.results import Latencies
from tests.integration.loadtests.locust import wait_until
from tests.integration.loadtests.odd_servers import (
    BODY,
    CHUNKED,
    CLOSING,
    SILENT,
    SWITCHING,
    TRUNCATED,
    UNTIL_CLOSE,
    Manner,
    OddServer,
    Reply,
    always,
    answer,
    every,
    plain,
    serving,
    taking_turns,
    withhold,
)
from tests.integration.loadtests.ordering import CONNECTIONS, carry_out, generating, order
from tests.services import free_port

pytestmark = pytest.mark.full

BY_CHANCE = 5
"""Standard deviations; more than that happens once in a million tests."""


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    """Run one for all tests: an order leaves nothing behind that the next one would see."""
    with generating(tmp_path_factory.mktemp("generator")) as generator:
        yield generator


@pytest.fixture
def server() -> Iterator[OddServer]:
    """Run a server that answers as one should."""
    with serving() as server:
        yield server


def rows(samples: Samples) -> list[tuple[float, float, float]]:
    """Return due moment, start and latency of each request, in the order in which they were due."""
    return sorted(zip(samples.dues_s, samples.starts_s, samples.latencies_s, strict=True))


def answered_within(samples: Samples, outcome: Outcome) -> list[float]:
    """Return the latencies of what was answered in the outcome's window."""
    end_s = outcome.begin_s + outcome.window_s
    return [
        latency_s for _, start_s, latency_s in rows(samples) if outcome.begin_s <= start_s + latency_s < end_s
    ]


def test_closed_keeps_a_sample_of_every_answer(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """As many as the server gave, those before the window and after it included; nothing was opened anew."""
    outcome, [samples] = carry_out(generator, order(tmp_path, "closed", server))
    [served] = outcome.served
    assert len(rows(samples)) + CONNECTIONS == server.answered == server.asked
    assert 0 < served.requests < len(rows(samples))
    assert (served.target, served.failures, served.first_fault, served.connects) == ("odd-0", 0, None, 0)
    assert (served.response, served.late_s) == (None, None)
    assert outcome.offered_per_s is None
    assert outcome.error is None
    assert server.accepted == server.most_open == 4


def test_closed_sums_up_what_its_samples_say(generator: Generator, server: OddServer, tmp_path: Path) -> None:
    """Count, halves and exact percentiles follow from the file; a request is due when it begins."""
    outcome, [samples] = carry_out(generator, order(tmp_path, "closed", server))
    [served] = outcome.served
    latencies_s = answered_within(samples, outcome)
    middle_s = outcome.begin_s + outcome.window_s / 2
    before_middle = sum(
        outcome.begin_s <= start_s + took_s < middle_s for _, start_s, took_s in rows(samples)
    )
    assert served.requests == len(latencies_s)
    assert served.second_half == served.requests - before_middle
    assert served.service is not None
    exact = Latencies.of(latencies_s)
    assert exact is not None
    assert served.service.model_dump() == pytest.approx(exact.model_dump())
    assert samples.dues_s == samples.starts_s


def test_closed_with_answers_outstanding_at_the_end_keeps_them(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """What was sent before the window ended and is answered after it is a sample, but not of the window."""
    edges = iter([server.hold, server.release])
    outcome, [samples] = carry_out(generator, order(tmp_path, "closed", server), lambda: next(edges)())
    end_s = outcome.begin_s + outcome.window_s
    assert len(rows(samples)) + CONNECTIONS == server.answered
    assert sum(start_s < end_s <= start_s + took_s for _, start_s, took_s in rows(samples)) >= 3
    assert outcome.served[0].failures == 0


@pytest.mark.parametrize(
    ("manner", "fault"),
    [
        (always(answer(status=b"HTTP/1.1 503 Busy")), "the status is 503 instead of 200"),
        (always(answer(status=b"HTTP/1.1 201 Created")), "the status is 201 instead of 200"),
        (
            always(answer(content_type=b"Content-Type: text/html")),
            "the content type is 'text/html' instead of 'application/json'",
        ),
        (
            always(answer(content_type=b"X-Nothing: x")),
            "the content type is None instead of 'application/json'",
        ),
        (always(answer(server=b"Server: other")), "the answer is from 'other' instead of 'odd'"),
        (always(answer(server=b"X-Nothing: x")), "the answer is from None instead of 'odd'"),
        (
            always(answer(BODY.replace(b"S", b"s"))),
            """the body is b'{"msg":"success!"}' instead of b'{"msg":"Success!"}'""",
        ),
        (
            always(answer(BODY + b"\n")),
            """the body is b'{"msg":"Success!"}\\n' instead of b'{"msg":"Success!"}'""",
        ),
        (always(answer(b"")), """the body is b'' instead of b'{"msg":"Success!"}'"""),
        (TRUNCATED, "the connection was closed before the answer was whole"),
        (SILENT, "no answer came within 0.1 s"),
        (SWITCHING, "the answer switches to another protocol"),
    ],
    ids=[
        "status",
        "other 2xx",
        "content type",
        "no content type",
        "server",
        "no server",
        "one byte",
        "one byte more",
        "no body",
        "truncated",
        "timeout",
        "101",
    ],
)
def test_closed_with_a_wrong_answer_fails_and_says_what_is_wrong(
    manner: Manner, fault: str, generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """It is a failure with a sentence and never a sample."""
    server.manner = manner
    outcome, [samples] = carry_out(generator, order(tmp_path, "closed", server, timeout_s=0.1))
    [served] = outcome.served
    assert served.first_fault == fault
    assert 0 < served.failures <= server.asked - CONNECTIONS
    assert (served.requests, served.service, rows(samples)) == (0, None, [])


def test_closed_where_nobody_listens_fails_and_says_so(generator: Generator, tmp_path: Path) -> None:
    """A refused connection is a failure; and not as many a second as the system can refuse."""
    with serving() as gone:
        pass
    gone.port = free_port()
    outcome, [samples] = carry_out(generator, order(tmp_path, "closed", gone))
    [served] = outcome.served
    assert served.first_fault == "Connection refused"
    assert 0 < served.failures < 100
    assert (served.requests, rows(samples)) == (0, [])


def test_closed_with_some_answers_wrong_counts_both(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """Every answer is either a sample or a failure."""
    server.manner = every(10, always(answer(b"wrong")))
    outcome, [samples] = carry_out(generator, order(tmp_path, "closed", server, settle_s=0.0))
    wrong = server.answered // 10
    assert wrong > 0
    assert len(rows(samples)) + CONNECTIONS == server.answered - wrong
    # Those before the window's begin are not counted: what a target does while it settles is forgiven.
    assert wrong - 4 <= outcome.served[0].failures <= wrong


@pytest.mark.parametrize("manner", [CLOSING, UNTIL_CLOSE], ids=["close", "body until close"])
def test_closed_with_a_server_that_closes_counts_its_connections(
    manner: Manner, generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """Every answer is right and whole, and every request of the window needed a connection of its own."""
    server.manner = manner
    outcome, [samples] = carry_out(generator, order(tmp_path, "closed", server))
    [served] = outcome.served
    assert served.failures == 0, served.first_fault
    assert len(rows(samples)) + CONNECTIONS == server.answered == server.accepted
    assert served.connects == pytest.approx(served.requests, abs=4)


def test_closed_with_a_server_that_sends_chunks_loses_nothing(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """A body in chunks is compared as a whole."""
    server.manner = always(CHUNKED)
    outcome, [samples] = carry_out(generator, order(tmp_path, "closed", server))
    assert outcome.served[0].failures == 0, outcome.served[0].first_fault
    assert len(rows(samples)) + CONNECTIONS == server.answered
    assert server.accepted == 4


def test_closed_with_a_server_that_accepts_one_a_turn_has_all_in_flight_in_the_window(
    generator: Generator, tmp_path: Path
) -> None:
    """Little's law: requests times mean latency, by time; who was not let in yet would be missing."""
    with taking_turns(work_s=0.0003) as server:
        outcome, _ = carry_out(
            generator,
            order(tmp_path, "closed", server, connections=128, settle_s=0.05, window_s=1.0),
        )
    [served] = outcome.served
    assert (served.failures, served.connects) == (0, 0)
    assert served.service is not None
    in_flight = served.requests * served.service.mean_s / outcome.window_s
    assert 0.9 < in_flight / 128 < 1.05


@pytest.mark.parametrize("mode", ["paired", "closed", "open"])
def test_generator_with_one_connection_not_answered_yet_sends_no_timed_request(
    mode: Mode, generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """Every user waits until each connection of all has been answered once, to whichever target."""
    with serving() as other:
        servers = [server, other] if mode == "paired" else [server]
        asked = withhold(CONNECTIONS, *servers)
        outcome, _ = carry_out(generator, order(tmp_path, mode, *reversed(servers), rate_per_s=400))
    assert asked == [CONNECTIONS] * len(servers)
    assert all(served.requests > 0 for served in outcome.served)


def test_closed_whose_first_answers_never_come_begins_afresh_after_the_timeout(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """What fails before anything is timed is no failure of the window, and its connection is given up."""
    server.manner = lambda number: SILENT(number) if number <= CONNECTIONS else plain(number)
    outcome, [samples] = carry_out(generator, order(tmp_path, "closed", server, timeout_s=0.5))
    [served] = outcome.served
    assert (served.failures, served.connects) == (0, 0)
    assert served.requests > 0
    assert len(rows(samples)) == server.answered == server.asked - CONNECTIONS
    assert server.accepted == 2 * CONNECTIONS


@pytest.mark.parametrize("targets", [1, 3])
def test_paired_with_silent_targets_waits_for_their_first_answers_no_longer_than_the_timeout(
    targets: int, generator: Generator, tmp_path: Path
) -> None:
    """Once for all targets together, and then the load begins and says what is wrong."""
    timeout_s = 0.4
    asked_s: list[float] = []

    def silent(number: int) -> Reply:
        asked_s.append(perf_counter())
        return SILENT(number)

    with serving(silent) as first, serving(SILENT) as second, serving(SILENT) as third:
        servers = [first, second, third][:targets]
        outcome, samples = carry_out(generator, order(tmp_path, "paired", *servers, timeout_s=timeout_s))
    assert asked_s[CONNECTIONS] - asked_s[0] < 2 * timeout_s
    assert [served.first_fault for served in outcome.served] == ["no answer came within 0.4 s"] * targets
    assert [rows(one) for one in samples] == [[]] * targets


@pytest.mark.parametrize("targets", [2, 3])
def test_paired_gives_every_target_the_same_requests(
    targets: int, generator: Generator, tmp_path: Path
) -> None:
    """As many each within the window as the servers counted between its edges, where nobody had any left."""
    with serving() as first, serving() as second, serving() as third:
        servers = [first, second, third][:targets]
        counts: list[list[int]] = []
        in_flight: list[int] = []

        def at_edge() -> None:
            in_flight.extend(server.in_flight for server in servers)
            counts.append([server.answered for server in servers])

        outcome, samples = carry_out(generator, order(tmp_path, "paired", *servers), at_edge)
        assert in_flight == [0] * 2 * targets
        before, after = counts
        requests = [served.requests for served in outcome.served]
        assert requests == [end - begin for begin, end in zip(before, after, strict=True)]
        assert len(set(requests)) == 1
        assert requests[0] > 0
        assert [served.failures for served in outcome.served] == [0] * targets
        assert [len(rows(one)) + CONNECTIONS for one in samples] == [server.answered for server in servers]
        assert [server.accepted for server in servers] == [CONNECTIONS] * targets


def test_paired_at_an_edge_that_takes_its_time_sends_nothing_meanwhile(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """The load waits for whoever reads the servers' clocks."""
    with serving() as bystander, socket.create_connection(("127.0.0.1", bystander.port)) as connection:
        sent: list[int] = []

        def at_edge() -> None:
            before = server.asked
            for _ in range(200):
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
                connection.recv(4096)
            sent.append(server.asked - before)

        outcome, _ = carry_out(generator, order(tmp_path, "paired", server), at_edge)
        assert bystander.answered == 400
    assert sent == [0, 0]
    assert outcome.served[0].requests > 0


def test_paired_with_a_target_that_fails_goes_on_with_the_other(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """Failures are the failing one's alone; the edges are reached all the same."""
    with serving(every(5, SWITCHING)) as failing:
        edges: list[int] = []
        outcome, _ = carry_out(
            generator, order(tmp_path, "paired", server, failing), lambda: edges.append(server.in_flight)
        )
    assert edges == [0, 0]
    well, ill = outcome.served
    assert (well.failures, well.first_fault) == (0, None)
    assert ill.failures > 0
    assert well.requests >= ill.requests + ill.failures > ill.requests


def gaps(samples: Samples) -> list[float]:
    """Return the time between one due moment and the next."""
    return [second - first for first, second in pairwise(sorted(samples.dues_s))]


def test_open_takes_its_moments_from_the_seed(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """The same seed and rate give the same ones, another seed others, as independent clients come."""
    found = [
        gaps(carry_out(generator, order(tmp_path, "open", server, rate_per_s=300, seed=seed))[1][0])
        for seed in (7, 7, 8)
    ]
    random = Random(7)
    for one in found[:2]:
        random.seed(7)
        random.expovariate(300)  # the first moment; the gaps begin after it
        assert one == pytest.approx([random.expovariate(300) for _ in one], abs=1e-6)
        assert len(one) > 30
    assert found[2][:30] != pytest.approx(found[0][:30], abs=1e-6)


def test_open_offers_the_rate_that_it_was_told(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """Within what chance allows, all is sent, and nothing before it is due."""
    outcome, [samples] = carry_out(
        generator, order(tmp_path, "open", server, rate_per_s=500, seed=3, window_s=1.0, connections=32)
    )
    [served] = outcome.served
    expected = 500 * outcome.window_s
    assert abs(served.requests - expected) < BY_CHANCE * sqrt(expected)
    assert outcome.offered_per_s == 500
    assert served.failures == 0
    assert len(rows(samples)) + 32 == server.answered
    assert all(due_s <= start_s for due_s, start_s, _ in rows(samples))


def test_open_sums_up_what_its_samples_say(generator: Generator, server: OddServer, tmp_path: Path) -> None:
    """Count, lateness and both clocks' percentiles, over what was due in the window, follow from the file."""
    outcome, [samples] = carry_out(generator, order(tmp_path, "open", server, rate_per_s=400))
    [served] = outcome.served
    end_s = outcome.begin_s + outcome.window_s
    service_s, response_s = samples.due_within(outcome.begin_s, end_s)
    assert served.requests == len(service_s)
    assert served.late_s == median(
        start_s - due_s for due_s, start_s, _ in rows(samples) if outcome.begin_s <= due_s < end_s
    )
    for found, latencies_s in ((served.service, service_s), (served.response, response_s)):
        exact = Latencies.of(latencies_s)
        assert exact is not None
        assert found is not None
        assert found.model_dump() == pytest.approx(exact.model_dump())


def test_open_with_a_server_that_freezes_shows_it_from_the_due_moments(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """What was due meanwhile has to wait, which only the response clock sees (coordinated omission)."""
    server.freeze(100, 0.4)
    outcome, [samples] = carry_out(
        generator, order(tmp_path, "open", server, rate_per_s=400, window_s=1.0, connections=2)
    )
    assert server.frozen_s is not None
    begin_s, end_s = server.frozen_s
    late = [row for row in rows(samples) if begin_s <= row[0] < end_s]
    assert len(late) > 80
    assert all(start_s + latency_s >= end_s for _, start_s, latency_s in late)
    # On the wire there was one request for each connection; the others left after the thaw.
    assert sum(start_s < end_s for _, start_s, _ in late) <= 2
    [served] = outcome.served
    assert served.service is not None
    assert served.response is not None
    frozen_s = end_s - begin_s
    assert served.service.p90_s < frozen_s / 4 < served.response.p90_s
    assert served.failures == 0
    assert len(rows(samples)) + 2 == server.answered


def test_open_with_a_server_that_freezes_at_the_end_is_charged_for_it(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """What was due before the window's end is sent after it: else the worst stall would be no request's."""
    server.freeze(300, 0.6)
    outcome, [samples] = carry_out(
        generator, order(tmp_path, "open", server, rate_per_s=400, seed=5, window_s=1.0, connections=2)
    )
    assert server.frozen_s is not None
    freeze_s, thaw_s = server.frozen_s
    end_s = outcome.begin_s + outcome.window_s
    assert freeze_s < end_s < thaw_s
    # Not one of the moments before the end is missing.
    found, random = rows(samples), Random(5)
    random.expovariate(400)  # the first moment; the gaps begin after it
    assert gaps(samples) == pytest.approx([random.expovariate(400) for _ in found[1:]], abs=1e-6)
    assert found[-1][0] + random.expovariate(400) >= end_s
    within = [row for row in found if outcome.begin_s <= row[0] < end_s]
    [served] = outcome.served
    assert served.requests == len(within)
    assert served.unsent == sum(start_s >= end_s for _, start_s, _ in within)
    assert served.unsent > UNSENT_SHARE * served.requests
    assert served.service is not None
    assert served.response is not None
    # Of the stall the clock from sending knows nothing, but for the two that were on the wire.
    late_s = thaw_s - end_s
    assert served.service.p90_s < late_s < served.response.p90_s
    assert served.failures == 0
    assert server.asked == server.answered == len(found) + 2


def test_open_with_a_server_that_keeps_up_leaves_nothing_unsent(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """All of the window is sent before its end, but for what is due just before that."""
    outcome, [samples] = carry_out(
        generator, order(tmp_path, "open", server, rate_per_s=300, window_s=0.5, connections=32)
    )
    end_s = outcome.begin_s + outcome.window_s
    unsent_s = [due_s for due_s, start_s, _ in rows(samples) if due_s < end_s <= start_s]
    assert outcome.served[0].requests > 50
    assert outcome.served[0].unsent == len(unsent_s)
    # Nothing but the generator's own lag, on a machine that has other things to do.
    assert all(end_s - due_s < 0.1 for due_s in unsent_s)


def test_open_with_a_backlog_that_takes_too_long_gives_it_up(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """It is sent for as long after the end as one answer may take, which says enough."""
    never = threading.Event()

    def slowly(number: int) -> Reply:
        never.wait(0.02)
        return plain(number)

    server.manner = slowly
    outcome, [samples] = carry_out(
        generator,
        order(tmp_path, "open", server, rate_per_s=1000, window_s=0.5, connections=2, timeout_s=0.3),
    )
    [served] = outcome.served
    # Two connections carry 100 a second: of 500 no more than about 80 were sent until then.
    assert served.requests < 250
    assert UNSENT_SHARE * served.requests < served.unsent < served.requests
    assert served.failures == 0
    assert len(rows(samples)) + 2 == server.answered


@pytest.mark.parametrize("mode", ["closed", "paired"])
def test_generator_without_due_moments_leaves_nothing_unsent_and_is_never_late(
    mode: Mode, generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """Only an open loop says when a request is due."""
    outcome, _ = carry_out(generator, order(tmp_path, mode, server))
    assert (outcome.served[0].unsent, outcome.served[0].late_s) == (0, None)


def test_open_with_more_offered_than_answered_opens_no_more_connections(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """The queue is in the generator; the server never has more than was ordered."""
    server.hold()
    edges = iter([lambda: None, server.release])
    outcome, [samples] = carry_out(
        generator,
        order(tmp_path, "open", server, rate_per_s=2000, connections=3),
        lambda: next(edges)(),
    )
    assert server.most_open == server.accepted == 3
    assert len(rows(samples)) + 3 == server.answered
    assert outcome.served[0].failures == 0


def test_generator_that_is_told_to_keep_no_samples_keeps_none(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """The outcome is there all the same."""
    outcome, _ = carry_out(generator, order(tmp_path, "closed", server, samples=None))
    assert outcome.served[0].requests > 0
    assert outcome.error is None
    assert list(tmp_path.iterdir()) == []


def test_generator_that_cannot_keep_the_samples_says_why(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """A disk that is full, and a folder that is not there; the order after that is carried out as ever."""
    (tmp_path / "full.f64").symlink_to("/dev/full")
    for path, why in (
        (tmp_path / "full.f64", "No space left on device"),
        (tmp_path / "nowhere" / "x.f64", "No such file or directory"),
    ):
        outcome = generator.carry_out(order(tmp_path, "closed", server, samples=(path,)), lambda: None)
        assert outcome.error == why
    outcome, _ = carry_out(generator, order(tmp_path, "closed", server))
    assert outcome.error is None


def test_generator_whose_master_is_late_at_an_edge_is_understood(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """Whoever reads only when everything has been said reads all of it."""
    stdout = generator._process.stdout
    assert stdout is not None

    def unread_bytes() -> int:
        count: int = struct.unpack("i", ioctl(stdout, FIONREAD, b"\0" * 4))[0]
        return count

    def until_all_is_said() -> None:
        wait_until("the outcome is there, beside the other edge", lambda: unread_bytes() > 100)

    edges: list[Callable[[], None]] = [until_all_is_said, lambda: None]
    outcome = generator.carry_out(order(tmp_path, "closed", server), lambda: edges.pop(0)())
    assert outcome.served[0].requests > 0


def test_generator_that_has_died_is_named_with_the_place_of_its_last_words(
    server: OddServer, tmp_path: Path
) -> None:
    """Whether it dies in an order or before one."""
    with generating(tmp_path) as generator:
        process = psutil.Process(generator._process.pid)

        def kill(number: int) -> Reply:
            process.kill()
            return plain(number)

        server.manner = every(20, kill)
        for what in ("broke off", "has ended"):
            with pytest.raises(Refusal) as refusal:
                carry_out(generator, order(tmp_path, "closed", server))
            assert str(refusal.value) == f"The load generator {what}; {tmp_path}/generator.log says why."
            generator._process.wait(10)


def test_generator_that_is_told_nonsense_ends_and_says_why(tmp_path: Path, server: OddServer) -> None:
    """An order that is none is not guessed at."""
    with generating(tmp_path) as generator:
        nonsense = order(tmp_path, "closed", server).model_copy(update={"mode": "sideways"})
        with pytest.raises(Refusal, match="broke off"):
            generator.carry_out(nonsense, lambda: None)
    assert "sideways" in (tmp_path / "generator.log").read_text()


def test_generator_answers_the_same_server_in_turn_as_if_afresh(
    generator: Generator, server: OddServer, tmp_path: Path
) -> None:
    """One order leaves nothing behind that the next one would count."""
    found = [carry_out(generator, order(tmp_path, "closed", server))[1][0] for _ in range(2)]
    assert sum(len(rows(samples)) + CONNECTIONS for samples in found) == server.answered
