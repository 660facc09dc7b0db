"""What is said about a case that fails: what it is, what is wrong, and how to see it by hand."""

from collections.abc import Iterator, Mapping, Sequence

from tests.parity.differences import Differences
from tests.parity.engine.case import Case
from tests.parity.engine.command import command
from tests.parity.engine.comparator import compare
from tests.parity.engine.exchange import Address, Answer

Answers = Mapping[str, Answer]


def failures(
    cases: Sequence[Case],
    differences: Differences,
    flask: Answers,
    fastapi: Answers,
    addresses: Mapping[str, Address],
) -> Iterator[str]:
    """Yield a text for each case whose answers are not as they must be; `addresses` are named in it."""
    for case in cases:
        fault = differences.judge(case, flask[case.id], fastapi[case.id])
        if fault is not None:
            yield described(case, fault, addresses)


def noise(
    cases: Sequence[Case], once: Answers, again: Answers, addresses: Mapping[str, Address]
) -> Iterator[str]:
    """Yield a text for each case that one service does not answer twice in the same way."""
    for case in cases:
        difference = compare(once[case.id], again[case.id])
        if difference is not None:
            yield described(case, f"the service differs from itself: {difference}", addresses)


def described(case: Case, fault: str, addresses: Mapping[str, Address]) -> str:
    """Name the case, say what is wrong, and give a command for each address."""
    by_hand = [
        f"{name}: {command(address, case.pieces, half_close=case.half_close, pause_s=case.pause_s)}"
        for name, address in addresses.items()
    ]
    return "\n".join([f"{case.id}: {case.what} ({case.rfc}, {case.level})", fault, *by_hand])
