"""A time limit for work in this very process, where there is nobody outside to cut it off."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Overdue(BaseException):
    """The time is over. No ``Exception``: the work must not take it for trouble of its own."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise Overdue in the body when it takes longer.

    Without effect off the main thread, on a system without such signals, or where another alarm is set.
    What never returns from C to the interpreter is not stopped either.
    """
    if not _can_ring():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _can_ring() -> bool:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    return signal.getitimer(signal.ITIMER_REAL)[0] == 0


def _ring(*_: object) -> None:
    raise Overdue
