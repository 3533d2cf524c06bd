"""Processes that are started so that no signal can make this one lose sight of them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

_RAISING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def child(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process for the body, in a group of its own where there are such; ``options`` are ``Popen``'s.

    When the body ends by an exception the group is killed, and in any case the process is waited for. Raises
    OSError if it cannot be started.
    """
    import subprocess  # noqa: PLC0415 - costs start-up time

    process = None
    try:
        with _held_back():
            process = subprocess.Popen(  # noqa: S603 - callers' commands, without a shell
                command, start_new_session=os.name == "posix", **options
            )
        yield process
    except BaseException:
        if process is not None and process.returncode is None:
            kill(process)
        raise
    finally:
        if process is not None:
            with process:  # closes its pipes and waits
                pass


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with its group; it must not have been waited for: its number may be another's then."""
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


@contextmanager
def _held_back() -> Iterator[None]:
    """Let signals whose handlers may raise wait for the end of the body.

    An exception between the start of a process and the place where its number is kept would leave it behind.
    """
    if threading.current_thread() is not threading.main_thread():  # only that one gets signals
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    handlers = {number: found for number in _RAISING if callable(found := signal.getsignal(number))}
    for number in handlers:
        signal.signal(number, lambda *signalled: came.append(signalled))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number, frame in came:
            handlers[signal.Signals(number)](number, frame)
