"""The differences that are known: between the servers only, each with its reason; enforced both ways."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tests.parity.engine.case import Case, Level
from tests.parity.engine.comparator import compare, summary
from tests.parity.engine.exchange import Answer

FILE = Path(__file__).parent / "differences.yaml"

Text = Annotated[str, Field(min_length=1)]


class BadDifferences(ValueError):
    """The file cannot be used; the message says where."""


class Summaries(BaseModel):
    """Both answers to one case, as the comparator sums them up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    flask: Text
    fastapi: Text


class Known(BaseModel):
    """One reason to differ, and the cases in which the servers do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    layer: Literal["server"]
    rfc: Text
    level: Level
    right: Literal["flask", "fastapi", "both", "neither"]
    reason: Text
    notices: Text
    cases: Annotated[dict[str, Summaries], Field(min_length=1)]


class Agreed(BaseModel):
    """One thing that both servers get wrong in the same way, and the cases that show it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    layer: Literal["server"]
    rfc: Text
    level: Literal["MUST", "SHOULD"]
    reason: Text
    cases: Annotated[dict[str, Text], Field(min_length=1)]


class Document(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    differences: list[Known]
    agreed_but_wrong: list[Agreed]


@dataclass(frozen=True, slots=True)
class Differences:
    """What is known, by case."""

    known: Mapping[str, tuple[Known, Summaries]]
    agreed: Mapping[str, tuple[Agreed, str]]

    def judge(self, case: Case, flask: Answer, fastapi: Answer) -> str | None:
        """Return what is wrong with two answers to a case, or None where they are as they must be."""
        if case.expected is not None:
            return _application(case.expected, flask, fastapi)
        difference = compare(flask, fastapi)
        found = Summaries(flask=summary(flask), fastapi=summary(fastapi))
        if case.id in self.known:
            group, listed = self.known[case.id]
            if difference is None:
                return f"listed under {group.name!r}, but both answer {found.flask}: take it off the list"
            if found != listed:
                return f"listed under {group.name!r} with other answers: {_both(listed)}; now {_both(found)}"
            return None
        if difference is not None:
            return f"the servers differ, and no entry says why: {_both(found)}\n{difference}"
        if case.id in self.agreed and found.flask != self.agreed[case.id][1]:
            group_name, listed_answer = self.agreed[case.id][0].name, self.agreed[case.id][1]
            return f"listed as agreed but wrong ({group_name}) with {listed_answer}; now {found.flask}"
        return None


def load(cases: Iterable[Case], path: Path = FILE) -> Differences:
    """Read the file and hold it against the corpus.

    Raises:
        BadDifferences: the file is malformed, or lists a case twice, an unknown one or the application's.
    """
    try:
        document = Document.model_validate(yaml.safe_load(path.read_text("ascii")))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadDifferences(f"{path.name}: {error}") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BadDifferences(f"{path.name}: {faults}") from None
    layers = {case.id: case.layer for case in cases}
    wrong = list(_misplaced(document, layers))
    if wrong:
        raise BadDifferences(f"{path.name}: {'; '.join(wrong)}")
    return Differences(
        {name: (group, both) for group in document.differences for name, both in group.cases.items()},
        {
            name: (group, answer)
            for group in document.agreed_but_wrong
            for name, answer in group.cases.items()
        },
    )


def _misplaced(document: Document, layers: Mapping[str, str]) -> Iterator[str]:
    groups: list[Known | Agreed] = [*document.differences, *document.agreed_but_wrong]
    times = Counter(name for group in groups for name in group.cases)
    for name, number in times.items():
        if name not in layers:
            yield f"no case is called {name}"
        elif layers[name] == "application":
            yield f"{name} is answered by the application, which has no known differences"
        if number > 1:
            yield f"{name} is listed twice"


def _application(expected: Answer, flask: Answer, fastapi: Answer) -> str | None:
    """Hold both against the contract, and so against each other."""
    faults = {"flask": compare(expected, flask), "fastapi": compare(expected, fastapi)}
    if faults["flask"] and faults["flask"] == faults["fastapi"]:
        return f"both answer alike, but not as the contract says (A)\n{faults['flask']}"
    parts = [f"{name} (B) does not answer as the contract says (A)\n{f}" for name, f in faults.items() if f]
    return "\n".join(parts) or None


def _both(summaries: Summaries) -> str:
    return f"flask {summaries.flask} | fastapi {summaries.fastapi}"
