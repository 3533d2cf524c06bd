"""What the probe was told, and the file that it writes: one JSON object a line, readable after any crash."""

from __future__ import annotations

import json
import os
import time
from typing import Any

VARIABLE = "REASSERT_PROBE"
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND


def load_settings() -> dict[str, Any]:
    """Read the settings, from the file that the environment names."""
    with open(os.environ[VARIABLE], "rb") as stream:
        settings: dict[str, Any] = json.loads(stream.read())
    return settings


# The functions are taken now: tests replace those of `os`, `json` and `time`.
class Records:
    """The lines of one process. A forked child of it writes none.

    The file is opened for each line: a test may close, and reuse, any descriptor that was left open.
    """

    def __init__(self, folder: str) -> None:
        self._pid = os.getpid()
        self._path = os.path.join(folder, f"{self._pid}-{time.monotonic_ns()}.jsonl")
        self._encode = json.JSONEncoder(separators=(",", ":")).encode
        self._open, self._write, self._close = os.open, os.write, os.close
        self._getpid, self._clock = os.getpid, time.monotonic

    def now(self) -> float:
        """Seconds on a clock that all processes of the machine share."""
        return self._clock()

    def write(self, kind: str, **values: Any) -> None:
        """Append a line."""
        if self._getpid() != self._pid:
            return
        values["kind"] = kind
        line = self._encode(values).encode("ascii") + b"\n"
        handle = self._open(self._path, _FLAGS, 0o600)
        try:
            self._write(handle, line)
        finally:
            self._close(handle)


def first_line(text: str, limit: int = 500) -> str:
    """The first line of a text that says something."""
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line), "")[:limit]


def end_of(text: str, limit: int = 20000) -> str:
    """A text that is not longer than ``limit``: its end tells why."""
    return text if len(text) <= limit else "[...]\n" + text[-limit:]
