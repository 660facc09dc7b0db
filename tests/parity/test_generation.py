"""Generated requests: what they are, and that both services answer 500 of them the same."""

from collections import Counter
from itertools import islice
from random import Random

from hypothesis import given, settings, strategies

from tests.parity.engine import generation
from tests.parity.engine.command import command
from tests.parity.engine.pair import Pair
from tests.parity.engine.request import Request
from tests.services import Target

MANY = 5_000


def test_both_services_answer_generated_requests_the_same(targets: dict[str, Target]) -> None:
    """500 requests, the same in every run; Hypothesis makes the one that fails as simple as it can."""
    flask, fastapi = (targets[name].address for name in ("flask", "fastapi"))
    pair = Pair(flask, fastapi)

    @settings(max_examples=500, derandomize=True, deadline=None, database=None)
    @given(strategies.randoms(use_true_random=False))
    def same(random: Random) -> None:
        request = generation.request(random, "localhost").written()
        difference = pair.ask(request)
        assert difference is None, f"{request!r}\n{difference}\n{command(flask, [request])}"

    try:
        same()
    finally:
        pair.close()


def test_the_same_seed_makes_the_same_requests() -> None:
    """A run is repeated by its seed alone."""
    once, again, other = (list(islice(generation.requests(seed, "h"), MANY)) for seed in (1, 1, 2))

    assert once == again
    assert once != other


def test_hardly_a_request_is_made_twice() -> None:
    """Most of a long run would be wasted otherwise."""
    assert len(set(islice(generation.requests(1, "h"), MANY))) > MANY * 0.8


def test_every_operation_is_asked_for_often() -> None:
    """Nearly valid: most requests name a path that is served, and a third of them nothing odd at all."""
    requests = [Request.of(written) for written in islice(generation.requests(1, "h"), MANY)]
    paths = Counter(request.target.partition("?")[0] for request in requests)

    assert paths["/echo"] > MANY * 0.3
    assert paths["/wait"] > MANY * 0.15
    assert min(paths["/"], paths["/healthz"]) > MANY * 0.04


def test_only_what_every_parser_lets_through_is_made() -> None:
    """No byte that a server refuses by itself: those belong to the corpus."""
    for written in islice(generation.requests(1, "h"), MANY):
        request = Request.of(written)
        names = [name.lower() for name, _ in request.headers]
        assert request.target.startswith("/")
        assert all(33 <= ord(character) < 127 for character in request.target)
        assert names.count(b"host") == 1
        assert names.count(b"content-type") <= 1
        assert names.count(b"connection") <= 1
        assert all(byte >= 32 or byte == 9 for _, value in request.headers for byte in value)
