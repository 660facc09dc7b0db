"""What comes in and what goes out; knows no HTTP."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

SUCCESS = "Success!"
MAX_BODY_BYTES = 65_536

# What each member and parameter must be, in the words of the contract.
RULES = {
    "ms": "must be an integer from 0 to 10000",
    "msg": "must be a string of 1 to 280 characters",
}


def _digits(text: str) -> int:
    """Read 1 to 5 ASCII digits; pydantic alone would also take a sign, spaces and other scripts' digits."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise ValueError("not a whole number")
    return int(text)


class Success(BaseModel):
    """The answer of `index`."""

    msg: str


class WaitQuery(BaseModel):
    """The query of `wait`."""

    ms: Annotated[int, Field(ge=0, le=10_000), BeforeValidator(_digits)]


class Waited(BaseModel):
    """The answer of `wait`."""

    msg: str
    waited_ms: int


class Message(BaseModel):
    """The body of `echo`, in and out; the length is counted in code points."""

    model_config = ConfigDict(extra="forbid")

    msg: Annotated[str, Field(strict=True, min_length=1, max_length=280)]


class Health(BaseModel):
    """The answer of `healthz`."""

    status: str
