"""Paths on their way between processes: as text, and every path one object wherever it arrives.

``pathlib`` sends a path as its parts, which are put together again at each arrival; and equal paths that are
one object are found in a table without a comparison.
"""

from __future__ import annotations

from multiprocessing.reduction import ForkingPickler
from pathlib import Path

_arrived: dict[str, Path] = {}


def path_at(text: str) -> Path:
    """The one path of this process that is spelled so."""
    found = _arrived.get(text)
    if found is None:
        found = _arrived[text] = Path(text)
    return found


def send_as_text() -> None:
    """From now on paths go as text to other processes, as long as these import this module."""
    ForkingPickler.register(type(Path()), lambda path: (path_at, (str(path),)))
