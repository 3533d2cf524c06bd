"""The register of temporary copies: what a killed run left behind is found, and removed, by the next one.

A copy is a file in ``copies`` of the state folder that names all that must go, locked as long as any process
that makes or uses the copy lives. It is written before the first folder is made.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from reassert.workspace.cloning import remove_tree
from reassert.workspace.state import state_dir
from reassert.workspace.worktrees import forget

_SUFFIX = ".json"
_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Registered:
    """``home`` is the copy's temporary folder, ``admin`` git's folder about it (None without git)."""

    home: Path
    admin: Path | None


@contextmanager
def registered(entry: Registered) -> Iterator[int]:
    """Keep the copy in the register during the body; then remove it. Yields the lock's file descriptor.

    Raises OSError if the register cannot be written.
    """
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Locked before it gets its name: nobody can take it for a leftover in between.
    unborn = folder / (entry.home.name + ".new")
    with unborn.open("x+b") as stream:
        _lock(stream)
        stream.write(json.dumps([str(entry.home), str(entry.admin or "")]).encode())
        stream.flush()
        os.fsync(stream.fileno())
        record = unborn.with_suffix(_SUFFIX)
        unborn.rename(record)
        try:
            yield stream.fileno()
        finally:
            with suppress(OSError):  # then the next run removes it
                _remove(entry)
                record.unlink()


def clear_leftovers() -> tuple[Path, ...]:
    """Remove the copies of processes that are gone; gives their folders. What cannot be removed stays."""
    cleared = []
    for record in sorted(_folder().glob("reassert-*")):
        with suppress(OSError, ValueError), record.open("r+b") as stream:
            if not _is_abandoned(stream):
                continue
            if record.suffix == _SUFFIX:  # else nothing was made yet
                home, admin = json.loads(stream.read())
                _remove(Registered(Path(home), Path(admin) if admin else None))
                cleared.append(Path(home))
            record.unlink()
    return tuple(cleared)


def _folder() -> Path:
    return state_dir() / "copies"


def _remove(entry: Registered) -> None:
    remove_tree(str(entry.home))
    if entry.admin is not None:
        forget(entry.admin)


def _is_abandoned(stream: IO[bytes]) -> bool:
    try:
        held = _lock(stream)
    except OSError:
        return False
    return held or time.time() - os.fstat(stream.fileno()).st_mtime > _DAY


def _lock(stream: IO[bytes]) -> bool:
    """Lock the file until it is closed; False where there are no locks. Raises OSError if it is taken."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        return False
    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True
