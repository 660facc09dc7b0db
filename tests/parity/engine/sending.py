"""The whole corpus, or a part of it, sent to one address; knows nothing of what is right."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.parity.engine.case import Case
from tests.parity.engine.exchange import Address, Answer, exchange

# Enough to fill the pauses between pieces; a case waits for nobody but its server.
CONNECTIONS = 8
# Cases that are meant to be met with silence bring their own; only a busy machine comes near this.
TIMEOUT_S = 30.0


def send(case: Case, address: Address, timeout_s: float = TIMEOUT_S) -> Answer:
    """Send one case on a connection of its own."""
    return exchange(
        address,
        case.pieces,
        count=case.count,
        half_close=case.half_close,
        timeout_s=case.patience_s or timeout_s,
        heads=case.heads,
        pause_s=case.pause_s,
    )


def send_all(cases: Sequence[Case], address: Address, timeout_s: float = TIMEOUT_S) -> dict[str, Answer]:
    """Send every case, several at a time, and return the answers by the cases' ids."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        answers = pool.map(lambda case: send(case, address, timeout_s), cases)
        return {case.id: answer for case, answer in zip(cases, answers, strict=True)}
