"""Serve an app whose `index` crashes: `python -m tests.integration.lifecycle.crashing flask_app --port N`."""

import sys
from importlib import import_module
from typing import NoReturn


def crash(**_: object) -> NoReturn:
    """Stand in for the model that `index` answers with."""
    raise RuntimeError("s3cret")


if __name__ == "__main__":
    package = sys.argv.pop(1)
    vars(import_module(f"{package}.routes"))["Success"] = crash
    import_module(f"{package}.__main__").main()
