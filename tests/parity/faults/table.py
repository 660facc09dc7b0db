"""The table of who catches what: `python -m tests.parity.faults.table` tries everything and writes it anew.

With `--check` nothing is written; the status is 1 where the written table says something else, or where a
fault goes unnoticed or a control is noticed. With `--containers` the services with the faults are containers
of the images that are built, nothing is written, and who notices first may differ from what is written.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from tests.parity.faults.catalogue import FAULTS
from tests.parity.faults.trial import Trial, attempt, healthy
from tests.services import SERVERS

PATH = Path(__file__).parents[1] / "faults.md"
MISSED = "-"
TITLES = "fault", "what the service does", "contract suite", "parity: corpus", "parity: generated"
PREFACE = """\
# Planted faults, and who notices them

Written by `make parity-faults`; do not edit. Each fault is planted in one running service by a wrapper around
the app, first in Flask, then in FastAPI, while the other service stays as it is. The cells name what notices
it first: a test of `tests/contract`, a case of `tests/parity/corpus`, or one of 500 generated requests; `-`
is nobody. Where the two services differ, Flask stands before the slash.

"""
AFTERWORD = """
The last three are controls and must go unnoticed: the wrapper without a fault, and the limit of both suites.
`Date` is the server's, so both leave it out, and neither would see it go wrong.

No request makes a healthy service crash. `crash-closes` is therefore tried on services whose `index` crashes,
where the contract suite would fail without the fault; there `tests/integration/lifecycle/test_stop.py`
holds the rule.
"""

Trials = Mapping[tuple[str, str], Trial]


def main() -> int:
    """Try every fault in both services and write or check the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.faults.table", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where the table is stale")
    parser.add_argument("--containers", action="store_true", help="serve the faults in containers")
    options = parser.parse_args()
    found = try_all(list(FAULTS), contained=options.containers)
    text = written(found)
    sys.stdout.write(text)
    wrong = [f"{side} with {name}" for (name, side), trial in found.items() if is_wrong(name, trial)]
    if wrong:
        sys.stderr.write(f"noticed by nobody, or a control that was noticed: {', '.join(wrong)}\n")
    if not options.check and not options.containers:
        PATH.write_text(text, "utf-8")
    elif not options.containers and text != PATH.read_text("utf-8"):
        sys.stderr.write(f"{PATH.name} says something else: run `make parity-faults`\n")
        return 1
    return 1 if wrong else 0


def try_all(names: Sequence[str], *, contained: bool = False) -> Trials:
    """Try faults in both services, a few at a time."""
    keys = list(product(names, SERVERS))
    with ExitStack() as stack:
        references = {crashes: stack.enter_context(healthy(crashes=crashes)) for crashes in (False, True)}
        pool = stack.enter_context(ThreadPoolExecutor(os.cpu_count()))

        def one(key: tuple[str, str]) -> Trial:
            fault = FAULTS[key[0]]
            return attempt(fault, key[1], references[fault.crashes], contained=contained)

        return dict(zip(keys, pool.map(one, keys), strict=True))


def is_wrong(name: str, trial: Trial) -> bool:
    """Whether a fault was missed, or a control noticed."""
    return trial.is_caught == FAULTS[name].is_control


def written(trials: Trials) -> str:
    """Write the table as Markdown."""
    rows = [TITLES, ("---",) * len(TITLES)]
    for name, fault in FAULTS.items():
        both = [trials[name, side] for side in SERVERS]
        contract = joined(trial.contract for trial in both)
        corpus = joined(trial.corpus for trial in both)
        generated = joined("yes" if trial.generated else None for trial in both)
        rows.append((name, fault.what, contract, corpus, generated))
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    return PREFACE + "".join(lines) + AFTERWORD


def read(text: str) -> Trials:
    """Read what a written table says of each fault in each service."""
    trials = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == len(TITLES) and cells[0] in FAULTS:
            contract, corpus, generated = (parted(cell) for cell in cells[2:])
            for number, side in enumerate(SERVERS):
                trial = Trial(contract[number], corpus[number], generated[number] is not None)
                trials[cells[0], side] = trial
    return trials


def joined(cells: Iterable[str | None]) -> str:
    """Write what was found in Flask and in FastAPI, once where it is the same."""
    flask, fastapi = (MISSED if cell is None else cell for cell in cells)
    return flask if flask == fastapi else f"{flask} / {fastapi}"


def parted(cell: str) -> tuple[str | None, str | None]:
    """Undo `joined`."""
    flask, _, fastapi = cell.partition(" / ")
    return None if flask == MISSED else flask, None if (fastapi or flask) == MISSED else fastapi or flask


if __name__ == "__main__":
    sys.exit(main())
