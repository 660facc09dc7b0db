"""A hook for Schemathesis: `wait` is asked for little time, so that a run does not last minutes.

Only the size of a valid `ms` changes, so what is valid stays valid; the contract suite waits in full length.
"""

from typing import Any

import schemathesis

LONGEST_MS = 10_000
SHORT_MS = 20


@schemathesis.hook
def before_call(_: schemathesis.HookContext, case: schemathesis.Case[Any], __: dict[str, Any]) -> None:
    """Shorten the wait that one request asks for."""
    ms = str(case.query.get("ms", ""))
    if ms.isascii() and ms.isdigit() and SHORT_MS < int(ms) <= LONGEST_MS:
        case.query["ms"] = str(int(ms) % SHORT_MS)
