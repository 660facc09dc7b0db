"""One fault in one of the two services, tried on both suites: who notices, and by what.

A fault that is `contained` is served by a container of the image that has a shell, which must be built.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path

from tests.parity import differences
from tests.parity.corpus import load
from tests.parity.differences import Differences
from tests.parity.engine import generation
from tests.parity.engine.case import Case
from tests.parity.engine.comparator import compare
from tests.parity.engine.exchange import Answer
from tests.parity.engine.pair import Pair
from tests.parity.engine.sending import send, send_all
from tests.parity.faults.catalogue import FAULTS, Fault
from tests.services import SERVERS, Target, free_port, running, start, stop, wait_until_it_answers

FAILED = re.compile(r"^FAILED \S+::(\w+)", re.MULTILINE)
CONTRACT_TIMEOUT_S = 120
CASES_AT_ONCE = 16
# On the host's network nothing stands between; the faults come in beside the app, which is the image's.
CONTAINER = [
    *("docker", "run", "--rm", "--network", "host", "--env", "HOST=127.0.0.1"),
    *("--volume", f"{Path(__file__).parents[2]}:/app/tests:ro", "--entrypoint", "python"),
]
SAMPLE_SIZE = 500
SEED = 1


@dataclass(frozen=True, slots=True)
class Trial:
    """What the suites found: the contract test that failed first, the first case that differed, and whether
    a generated request did."""

    contract: str | None = None
    corpus: str | None = None
    generated: bool = False

    @property
    def is_caught(self) -> bool:
        """Whether anybody noticed."""
        return self != Trial()


@dataclass(slots=True)
class Healthy:
    """Both services without the fault; each case is put to them once, for all faults."""

    targets: dict[str, Target]
    differences: Differences | None  # None: the apps differ from the contract in the same way
    _answers: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def other(self, side: str) -> Target:
        """Return the service that a faulty one is compared with."""
        return next(target for name, target in self.targets.items() if name != side)

    def first_different(self, faulty: Target, cases: Sequence[Case]) -> str | None:
        """Put cases to the faulty service; return the first for which the parity suite would fail."""
        for begin in range(0, len(cases), CASES_AT_ONCE):
            some = cases[begin : begin + CASES_AT_ONCE]
            answers = send_all(some, faulty.address)
            for case in some:
                if self._differs(case, faulty.name, answers[case.id]):
                    return case.id
        return None

    def differs(self, faulty: Target, requests: Sequence[bytes]) -> bool:
        """Say whether one of these requests shows a difference, over connections that are kept alive."""
        pair = Pair(faulty.address, self.other(faulty.name).address)
        try:
            return any(pair.ask(request) is not None for request in requests)
        finally:
            pair.close()

    def _differs(self, case: Case, side: str, answer: Answer) -> bool:
        other = self.other(side)
        key = other.name, case.id
        if key not in self._answers:
            self._answers[key] = send(case, other.address)
        if self.differences is None:
            return compare(answer, self._answers[key]) is not None
        return self.differences.judge(case, **{side: answer, other.name: self._answers[key]}) is not None


@contextmanager
def healthy(*, crashes: bool) -> Iterator[Healthy]:
    """Start both services as they are, in processes, or with an `index` that crashes."""
    crashing = FAULTS["no-fault-but-a-crash"]
    with ExitStack() as stack:
        services = {side: planted(crashing, side) if crashes else running(side) for side in SERVERS}
        targets = {side: stack.enter_context(service) for side, service in services.items()}
        yield Healthy(targets, None if crashes else differences.load(load()))


@contextmanager
def planted(fault: Fault, side: str, *, contained: bool = False) -> Iterator[Target]:
    """Serve one side with a fault.

    Raises:
        AssertionError: it wrote a traceback, which no fault of ours is meant to do.
    """
    port = free_port()
    python = [*CONTAINER, f"{side}-app-debug"] if contained else [sys.executable]
    process = start([*python, "-m", "tests.parity.faults", fault.name, f"{side}_app", "--port", str(port)])
    try:
        wait_until_it_answers(port, process)
        yield Target(side, SERVERS[side], f"http://127.0.0.1:{port}")
    finally:
        output = stop(process)
    assert "Traceback" not in output, output


def first_failing(target: Target, *selected: str) -> str | None:
    """Run contract tests against a service as a command; return the name of the first that fails.

    Raises:
        AssertionError: pytest came to no result.
    """
    command = [sys.executable, "-m", "pytest", *selected, f"--{target.name}-url", target.url]
    ended = subprocess.run(
        [*command, "-x", "-q", "--tb=no", "-p", "no:cacheprovider"],
        # Plugins that the contract suite does not use would take longer to load than it takes to run.
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=CONTRACT_TIMEOUT_S,
        check=False,
    )
    failed = FAILED.search(ended.stdout)
    assert ended.returncode == (0 if failed is None else 1), ended.stdout + ended.stderr
    return failed[1] if failed else None


def first_failing_of_all(fault: Fault, target: Target) -> str | None:
    """Run all contract tests of one service, of the slow ones only what the fault asks for."""
    if fault.crashes:
        return None  # `index` breaks the contract before the fault has had its turn
    failed = first_failing(target, "tests/contract", "-k", target.name, "-m", "not slow")
    if failed is None and fault.slow_test is not None:
        return first_failing(target, "tests/contract", "-k", f"{target.name} and {fault.slow_test}")
    return failed


def attempt(fault: Fault, side: str, reference: Healthy, *, contained: bool = False) -> Trial:
    """Try a fault on everything."""
    with planted(fault, side, contained=contained) as faulty:
        return Trial(
            first_failing_of_all(fault, faulty),
            reference.first_different(faulty, corpus(crashes=fault.crashes)),
            reference.differs(faulty, sample()),
        )


def still_caught(
    fault: Fault, side: str, reference: Healthy, known: Trial, *, contained: bool = False
) -> Trial:
    """Try a fault only on what is known to notice it; the contract suite only where nothing else does."""
    with planted(fault, side, contained=contained) as faulty:
        cases = [case for case in corpus(crashes=fault.crashes) if case.id == known.corpus]
        found = reference.first_different(faulty, cases)
        generated = known.generated and reference.differs(faulty, sample())
        if found or generated or known.contract is None:
            return Trial(known.contract, found, generated)
        selected = f"{side} and {known.contract}"
        return Trial(first_failing(faulty, "tests/contract", "-k", selected), found, generated)


@cache
def corpus(*, crashes: bool) -> list[Case]:
    """Return the cases to try a fault on, in an order in which most faults are found early."""
    # Where `index` crashes, the servers' known differences are not what is listed.
    cases = [case for case in load() if not crashes or case.layer == "application"]
    return sorted(cases, key=lambda case: (case.layer == "server", case.family == "split"))


def sample() -> list[bytes]:
    """Generate some requests, the same each time."""
    return list(islice(generation.requests(SEED, "localhost"), SAMPLE_SIZE))
