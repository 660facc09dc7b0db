"""Waking a greenlet at a moment, to the microsecond where the system can; knows no load."""

import ctypes
import os
from contextlib import suppress
from time import perf_counter

from gevent import sleep
from gevent.lock import Semaphore
from gevent.socket import wait_read

# linux/timerfd.h; Python offers these calls from 3.13 on.
CLOCK_MONOTONIC = 1
TFD_NONBLOCK_CLOEXEC = 0o2004000
TFD_TIMER_ABSTIME = 1


class _Time(ctypes.Structure):
    _fields_ = (
        ("interval_s", ctypes.c_long),
        ("interval_ns", ctypes.c_long),
        ("value_s", ctypes.c_long),
        ("value_ns", ctypes.c_long),
    )


class DeadlineTimer:
    """One moment at a time for one greenlet at a time: who waits must hold `turn`.

    The event loop's own timers count whole milliseconds, which is as long as many an answer takes; a timer
    that is a file is exact. Where there is none (not Linux), the loop's timers have to do.
    """

    def __init__(self) -> None:
        self.turn = Semaphore()
        self._libc = ctypes.CDLL(None)
        create = getattr(self._libc, "timerfd_create", None)
        self._file: int | None = create(CLOCK_MONOTONIC, TFD_NONBLOCK_CLOEXEC) if create else None

    def wait_until(self, moment_s: float) -> None:
        """Return at that moment of `perf_counter`, at once where it has passed, or when somebody rings."""
        if moment_s <= perf_counter():
            return
        if self._file is None:
            sleep(moment_s - perf_counter())
            return
        self._set(moment_s)
        wait_read(self._file)
        # Who rings sets the timer anew, which it may have reached already: then there is nothing to read yet.
        with suppress(BlockingIOError):
            os.read(self._file, 8)

    def ring(self) -> None:
        """Wake whoever waits now."""
        if self._file is not None:
            self._set(perf_counter())

    def close(self) -> None:
        """Give the timer back; nobody may wait any more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _set(self, moment_s: float) -> None:
        # `perf_counter` is this clock on Linux.
        seconds, rest = divmod(moment_s, 1)
        time = _Time(0, 0, int(seconds), max(1, int(rest * 1e9)))
        self._libc.timerfd_settime(self._file, TFD_TIMER_ABSTIME, ctypes.byref(time), None)
