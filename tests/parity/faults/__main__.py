"""Serve an app with one fault planted: `python -m tests.parity.faults FAULT flask_app --port N`."""

import logging
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.integration.lifecycle.crashing import crash
from tests.parity.faults.catalogue import FAULTS, Fault


def faulty(create_app: Callable[..., Any], package: str, fault: Fault) -> Callable[..., Any]:
    """Wrap what a factory makes."""
    adapter = import_module(
        {"flask_app": "tests.parity.faults.wsgi", "fastapi_app": "tests.parity.faults.asgi"}[package]
    )
    return lambda: adapter.wrap(create_app(), fault.plant)


def main() -> None:
    """Serve exactly as the app itself does; only the factory is exchanged."""
    if len(sys.argv) < 3 or sys.argv[1] not in FAULTS:
        sys.stderr.write(f"python -m tests.parity.faults: name one of {', '.join(FAULTS)}, then the app\n")
        sys.exit(2)
    fault, package = FAULTS[sys.argv.pop(1)], sys.argv.pop(1)
    if fault.crashes:
        # Nobody reads a traceback for every crash, and the pipe that nobody reads would fill.
        logging.disable()
        vars(import_module(f"{package}.routes"))["Success"] = crash
    module = import_module(f"{package}.app")
    vars(module)["create_app"] = faulty(module.create_app, package, fault)
    import_module(f"{package}.__main__").main()


if __name__ == "__main__":
    main()
