"""Use case: put back what a run wrote, also when the run was killed half-way."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from reassert.model.outcomes import Failed
from reassert.workflow.usage import UsageError
from reassert.workspace import journal, writing
from reassert.workspace.reading import explain, read_regular


@dataclass(frozen=True)
class Undone:
    """``restored`` are as they were before the run; ``kept`` were left alone, each with the reason."""

    run_id: str
    restored: tuple[Path, ...]
    kept: tuple[tuple[Path, str], ...]


@dataclass(frozen=True)
class RunInfo:
    """A run for a list: ``started`` is in UTC, ``files`` how many it set out to write."""

    run_id: str
    started: datetime
    command: tuple[str, ...]
    root: Path
    files: int
    undone: bool


def list_runs() -> tuple[RunInfo, ...]:
    """All runs in the journal, the newest first."""
    return tuple(
        RunInfo(run.run_id, _started(run.run_id), run.command, run.root, run.files, run.undone)
        for run in journal.load_runs()
    )


def undo(run_id: str | None = None, near: Path | None = None) -> Undone:
    """Put back what the run wrote, file by file, wherever a file is still as the run left it.

    None means the newest run that is not undone yet: of a project that holds the folder ``near`` or lies in
    it (None: of any project). A run that had to keep
    files is not undone: the next ``undo`` looks at them again. Raises UsageError if there is no such run, if
    it was undone before, if another process is at work on it, or if its journal cannot be read.
    """
    try:
        run = _newest(near) if run_id is None else journal.load_run(run_id)
        if run.undone:
            raise UsageError(f"run {run.run_id} was undone already")
        with journal.locked(run):
            return _undo(run)
    except journal.JournalError as error:
        raise UsageError(str(error)) from error


def _started(run_id: str) -> datetime:
    return datetime.strptime(run_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=timezone.utc)


def _newest(near: Path | None) -> journal.Run:
    elsewhere = None
    for run in journal.each_run():
        if run.undone:
            continue
        if near is None or _is_near(run.root, near):
            return run
        elsewhere = elsewhere or run
    if elsewhere is None:
        raise UsageError("there is no run to undo")
    raise UsageError(
        f"there is no run to undo in this project; the newest elsewhere, in {elsewhere.root}, "
        f"is undone by: reassert undo {elsewhere.run_id}"
    )


def _is_near(root: Path, folder: Path) -> bool:
    root, folder = root.resolve(), folder.resolve()
    return root.is_relative_to(folder) or folder.is_relative_to(root)


def _undo(run: journal.Run) -> Undone:
    restored: list[Path] = []
    kept: list[tuple[Path, str]] = []
    entries = journal.load_entries(run)
    with journal.originals(run) as originals:
        for entry in entries:
            reason = _restore(entry, originals, run.run_id)
            if reason is None:
                restored.append(Path(entry.path))
            else:
                kept.append((Path(entry.path), reason))
    writing.sync_folders(Path(entry.real) for entry in entries)
    if not kept:
        journal.mark_undone(run)
    return Undone(run.run_id, tuple(restored), tuple(kept))


def _restore(entry: journal.Entry, originals: journal.Originals, run_id: str) -> str | None:
    """Put one file back; None when it is as before the run, else why it was left alone."""
    real = Path(entry.real)
    try:
        # What a killed run left behind has a name that follows from the run's.
        with suppress(FileNotFoundError):
            writing.temporary_name(real, run_id).unlink()
        current = _contents(real)
        if isinstance(current, Failed):
            return current.error
        found = None if current is None else journal.digest(current)
        if found == entry.before:
            return None
        if found != entry.after:
            return "was removed since the run" if found is None else "was changed since the run"
        problem = writing.replace(real, current, originals.read(entry), run_id=run_id, mode=entry.mode)
    except OSError as error:
        return explain(error)
    except journal.JournalError as error:
        return str(error)
    return None if problem is None else problem.error


def _contents(real: Path) -> bytes | Failed | None:
    try:
        return read_regular(real, sys.maxsize)
    except FileNotFoundError:
        return None
