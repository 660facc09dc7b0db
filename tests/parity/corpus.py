"""The corpus: raw requests as data, one YAML file for each family; knows of no service."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import ValidationError

from tests.parity.engine.case import Case
from tests.parity.entry import Entry

FOLDER = Path(__file__).parent / "corpus"


class BadCorpus(ValueError):
    """A file or an entry that cannot be used; the message names both."""


def load(folder: Path = FOLDER) -> list[Case]:
    """Read every family, in the order of the file names.

    Raises:
        BadCorpus: a file is not YAML or not ASCII, an entry is wrong, or an id is there twice.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise BadCorpus(f"{folder}: there are no families")
    cases = [case for path in paths for case in _family(path)]
    twice = [name for name, times in Counter(case.id for case in cases).items() if times > 1]
    if twice:
        raise BadCorpus(f"{folder}: more than one entry is called {', '.join(twice)}")
    return cases


def _family(path: Path) -> Iterator[Case]:
    try:
        # ASCII, so that what one reads in the file is what is sent.
        entries = yaml.safe_load(path.read_text("ascii"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadCorpus(f"{path.name}: {error}") from None
    if not isinstance(entries, list) or not entries:
        raise BadCorpus(f"{path.name}: not a list of entries")
    for number, entry in enumerate(entries, 1):
        name = entry.get("id") if isinstance(entry, dict) else None
        place = f"{path.name}, entry {number} ({name or 'without id'})"
        if isinstance(name, str) and not name.startswith(f"{path.stem}."):
            raise BadCorpus(f"{place}: the id must begin with {path.stem!r} and a dot")
        try:
            yield from Entry.model_validate(entry).cases()
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise BadCorpus(f"{place}: {faults}") from None
        except ValueError as error:
            raise BadCorpus(f"{place}: {error}") from None
