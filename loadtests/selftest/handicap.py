"""Serve an app that burns more CPU time per request than it needs: a difference that must be found.

`python -m loadtests.selftest.handicap 0.05 flask_app --port N`
"""

import math
import os
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from time import process_time, thread_time
from typing import Any, NoReturn


class Debt:
    """What a process has yet to burn: a share of the CPU time that it has used for its own work.

    It measures itself, so that the share is the same on every machine and for every operation. Starting up
    does not count. What looking costs counts as burnt; it is 1 % of a request to Flask's `index`, so less is
    not to be had there. It is paid with every request: a sum that is paid now and then lets requests gather
    meanwhile, which makes each of them cheaper.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._burnt_s = 0.0
        self._begin_s: float | None = None
        self._paying = threading.Lock()

    def pay(self) -> None:
        """Burn what is due, unless another thread is at it."""
        # This thread's time: other threads go on meanwhile, and what they use is their own.
        begin_s = thread_time()
        if not self._paying.acquire(blocking=False):
            return
        try:
            now_s = process_time()
            if self._begin_s is None:
                self._begin_s = now_s
            due_s = self._share * (now_s - self._begin_s - self._burnt_s) - self._burnt_s
            while (burnt_s := thread_time() - begin_s) < due_s:
                pass
            self._burnt_s += burnt_s
        finally:
            self._paying.release()


def handicapped(serve: Callable[..., Any], share: float) -> Callable[..., Any]:
    """Wrap a WSGI or an ASGI application; both are called once a request."""
    debt = Debt(share)

    def call(*request: Any) -> Any:
        debt.pay()
        return serve(*request)

    return call


def wrap(create_app: Callable[..., Any], share: float) -> Callable[..., Any]:
    """Wrap what a factory makes, within the app: the server sees the same kind of object as ever."""

    def create() -> Any:
        app = create_app()
        if not share:
            return app
        if hasattr(app, "wsgi_app"):
            app.wsgi_app = handicapped(app.wsgi_app, share)
        else:
            app.middleware_stack = handicapped(app.build_middleware_stack(), share)
        return app

    return create


def main() -> None:
    """Serve exactly as the app itself does; only the factory is exchanged."""
    if len(sys.argv) < 3 or (share := _share(sys.argv[1])) is None:
        _refuse("give a share from 0 to 10, then the app, then its options")
    del sys.argv[1]
    package = sys.argv.pop(1)
    module = import_module(f"{package}.app")
    settings = import_module(f"{package}.settings").parse_settings(sys.argv[1:], os.environ)
    if settings.workers > 1 or settings.reload:
        _refuse("it needs one worker and no --reload")
    vars(module)["create_app"] = wrap(module.create_app, share)
    import_module(f"{package}.__main__").main()


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(f"python -m loadtests.selftest.handicap: {sentence}\n")
    sys.exit(2)


def _share(text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        return None
    return share if math.isfinite(share) and 0 <= share <= 10 else None


if __name__ == "__main__":
    main()
