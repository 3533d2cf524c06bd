"""Runs a test command in a group of processes that ends with it, with us, or in time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reassert.children import child, kill

_KEPT = 64 * 1024
_SIGNALLED = 128
_GUARDED = os.name == "posix"
_GUARD = Path(__file__).with_name("guard.py")


@dataclass(frozen=True)
class Ended:
    """How a command ended. ``output`` is the end of what it printed; ``code`` is over 128 after a signal."""

    code: int
    timed_out: bool
    output: str
    seconds: float


def execute(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], *, timeout: float | None, log: Path
) -> Ended:
    """Run a command to its end; its output goes to the file ``log``.

    Whatever it started and left running is killed with it: after ``timeout`` seconds, when this call is
    interrupted, when this process dies, and at its end.
    """
    begun = time.monotonic()
    expired = threading.Event()
    with log.open("wb") as output, child(_words(command), **_options(cwd, env, output)) as process:
        timer = threading.Timer(timeout, _expire, (process, expired)) if timeout else None
        try:
            if timer:
                timer.daemon = True
                timer.start()
            _wait(process)
        finally:
            # The leader is not reaped yet: its number cannot have become another's.
            if timer:
                timer.cancel()
                timer.join()
            kill(process)
            code = process.wait()
    seconds = time.monotonic() - begun
    return Ended(code if code >= 0 else _SIGNALLED - code, expired.is_set(), _end_of(log), seconds)


def _words(command: Sequence[str]) -> list[str]:
    return [sys.executable, "-I", "-S", str(_GUARD), *command] if _GUARDED else list(command)


def _options(cwd: Path, env: Mapping[str, str], output: Any) -> dict[str, Any]:
    stdin = subprocess.PIPE if _GUARDED else subprocess.DEVNULL
    return {"cwd": cwd, "env": dict(env), "stdin": stdin, "stdout": output, "stderr": subprocess.STDOUT}


def _wait(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    else:
        process.wait()


def _expire(process: subprocess.Popen[bytes], expired: threading.Event) -> None:
    expired.set()
    kill(process)


def _end_of(log: Path) -> str:
    with log.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - _KEPT))
        return stream.read().decode("utf-8", "replace")
