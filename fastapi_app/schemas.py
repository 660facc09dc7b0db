"""What comes in and what goes out; knows no HTTP."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

SUCCESS = "Success!"

# What each member and parameter must be, in the words of the contract.
RULES = {
    "ms": "must be an integer from 0 to 10000, given once",
    "msg": "must be a string of 1 to 280 characters",
}


def _only_number(values: list[str]) -> int:
    """Take the one value of a query parameter, 1 to 5 ASCII digits."""
    text = values[0] if len(values) == 1 else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise ValueError("not one whole number")
    return int(text)


class Success(BaseModel):
    """The answer of `index`."""

    msg: str


class WaitQuery(BaseModel):
    """The query of `wait`; `ms` arrives as the list of the values that were sent."""

    ms: Annotated[int, Field(ge=0, le=10_000), BeforeValidator(_only_number)]


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
