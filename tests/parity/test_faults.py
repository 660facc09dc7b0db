"""The suites are tested themselves: a planted fault must be noticed by one of them, no fault by neither.

What noticed a fault is read from the table and tried again; `make parity-faults` tries everything, which
takes minutes, and writes the table.
"""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.parity.engine.exchange import exchange
from tests.parity.faults import table
from tests.parity.faults.catalogue import FAULTS
from tests.parity.faults.trial import Healthy, Trial, attempt, healthy, planted, sample, still_caught
from tests.services import SERVERS

pytestmark = pytest.mark.full

EITHER = pytest.mark.parametrize("side", SERVERS)
PLANTED = [name for name, fault in FAULTS.items() if not fault.is_control]
INDEX = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

Key = tuple[str, str]


@pytest.fixture(scope="module")
def recorded() -> table.Trials:
    """Return what the table says."""
    return table.read(table.PATH.read_text("utf-8"))


@pytest.fixture(scope="module")
def references() -> Iterator[dict[bool, Healthy]]:
    """Return both services without a fault, and, under True, with an `index` that crashes."""
    with ExitStack() as stack:
        yield {crashes: stack.enter_context(healthy(crashes=crashes)) for crashes in (False, True)}


@pytest.fixture(scope="module")
def trials(
    request: pytest.FixtureRequest, recorded: table.Trials, references: dict[bool, Healthy]
) -> Iterator[dict[Key, Future[Trial]]]:
    """Try the faults that are asked for, a few at a time, while the tests wait for them one by one."""
    chosen = [
        (str(item.callspec.params["name"]), str(item.callspec.params["side"]))
        for item in request.session.items
        if isinstance(item, pytest.Function) and "trials" in item.fixturenames
    ]

    def again(key: Key) -> Trial:
        fault = FAULTS[key[0]]
        if fault.is_control:
            return attempt(fault, key[1], references[fault.crashes])
        return still_caught(fault, key[1], references[fault.crashes], recorded.get(key, Trial()))

    # More than cores: a service that starts or stops leaves its core idle now and then.
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        yield {key: pool.submit(again, key) for key in chosen}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", ["no-fault"])
@EITHER
def test_the_wrapper_alone_is_not_noticed(trials: dict[Key, Future[Trial]], name: str, side: str) -> None:
    """Nothing that is noticed is due to how the faults are planted; here everything is tried."""
    assert trials[name, side].result() == Trial()


@pytest.mark.parametrize("name", PLANTED)
@EITHER
def test_a_planted_fault_is_noticed(
    trials: dict[Key, Future[Trial]], recorded: table.Trials, name: str, side: str
) -> None:
    """By what the table names, in the contract suite or in the parity suite."""
    found = trials[name, side].result()

    assert found.is_caught
    assert found == recorded[name, side]


@EITHER
def test_a_second_date_is_sent_and_not_noticed(references: dict[bool, Healthy], side: str) -> None:
    """What the comparator drops, it cannot see."""
    with planted(FAULTS["date-twice"], side) as faulty:
        (response,) = exchange(faulty.address, [INDEX]).responses

        assert [name.lower() for name, _ in response.headers].count(b"date") == 2
        assert not references[False].differs(faulty, sample())


def test_the_table_has_a_row_for_every_fault(recorded: table.Trials) -> None:
    """It is what `make parity-faults` writes; only what it found may be out of date."""
    assert table.written(recorded) == table.PATH.read_text("utf-8")


@EITHER
def test_the_table_says_that_every_fault_is_noticed_and_no_control(recorded: table.Trials, side: str) -> None:
    """A fault that only seemed to be caught would be a hole in both suites."""
    assert not [name for name in FAULTS if table.is_wrong(name, recorded[name, side])]
